"""The normal form of a URL: spellings of it that mean the same become one text.

An absolute http or https URL is rewritten by these rules, and by no others. Where no other source is named, the sections are
those of RFC 3986.

* White space around it goes (appendix C): spaces, tabs and line breaks of ASCII.
* The fragment goes (6.1): it never reaches the server.
* Scheme and host are in lower case (6.2.2.1).
* A label of the host that has letters beyond ASCII is written as its A-label, ``xn--…`` (RFC 5890, 2.3.2.1; RFC 3492), if it is
  a U-label as it stands: lower-case or caseless letters, marks, digits and hyphens, in the form NFKC, no longer than DNS takes.
  Any other label stays as it is. Nothing is mapped, so that hosts which one IDNA standard tells apart and another does not,
  such as those with ß, stay apart.
* A port that is the scheme's default, or empty, goes (6.2.3).
* An empty path is ``/`` (6.2.3), and the segments ``.`` and ``..`` are resolved (6.2.2.3 by 5.2.4).
* In host, path and query, percent-encodings of unreserved characters (letters, digits, ``-._~``) are undone (6.2.2.2), and those
  that stay have upper-case digits (6.2.2.1). Where a ``%`` stands that begins no percent-encoding, all of that segment of the
  path or stretch of the query, between ``/`` and ``?``, stays as it is.

All else stays: the query, the order of what is in it and an empty one; a slash at the end, double slashes; user information as
it is spelled; a final dot of the host, ``www.``, http beside https; characters that RFC 3986 does not allow. Whoever wants such
URLs taken for the same asks for them by one spelling.

Text that is no absolute http or https URL, such as another scheme's, one without a host or with a host that RFC 3986 has no form
for, stays as it is, white space and fragment included.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_BLANKS: Final = " \t\n\v\f\r"
_DEFAULT_PORTS: Final = {"http": "80", "https": "443"}
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_LONGEST_SHOWN: Final = 200
_LONGEST_LABEL: Final = 63  # RFC 1035, 2.3.4
_IN_U_LABELS: Final = frozenset({"Ll", "Lo", "Lm", "Mn", "Mc", "Nd"})

# What most URLs look like, and what no rule changes: narrower than it could be, and fast.
_surely_normal = re.compile(r"""https?://[a-z0-9._~-]+/[!-"$&-~]*""").fullmatch
# Cases are spelled out: told to ignore them, a pattern takes the long s and the Kelvin sign for letters of ASCII.
_parts = re.compile(
    r"""
    ([Hh][Tt][Tt][Pp][Ss]?)://
    ([^/?@]*@)?                                                                           # user information
    (\[[0-9A-Fa-f:.]+\] | (?:[A-Za-z0-9\-._~!$&'()*+,;=\x80-\U0010ffff]|%[0-9A-Fa-f]{2})+)  # host
    (?::([0-9]*))?                                                                        # port
    (/[^?]*)?                                                                             # path
    (\?.*)?                                                                               # query
    """,
    re.VERBOSE | re.DOTALL,
).fullmatch
_user = re.compile(r"(?<=://)[^/?#]*@")
_encoded = re.compile("%[0-9A-Fa-f]{2}")
_stray_percent = re.compile("%(?![0-9A-Fa-f]{2})").search
_between_delimiters = re.compile(r"[^/?]+")


def normal_url(text: str) -> str:
    """Return the normal form of a URL, and any other text as it is. The normal form of a normal form is itself.

    It takes time in proportion to the length of the text, and never raises.
    """
    if _surely_normal(text) is not None and "/." not in text:
        return text
    parts = _parts(text.partition("#")[0].strip(_BLANKS))
    if parts is None:
        return text
    scheme, user, host, port, path, query = parts.groups(default="")
    scheme = scheme.lower()
    port = "" if port in {"", _DEFAULT_PORTS[scheme]} else f":{port}"
    return f"{scheme}://{user}{_normal_host(host)}{port}{_resolved(_decoded(path))}{_decoded(query)}"


def shown_url(text: str) -> str:
    """Return a URL as errors and logs may show it: cut to 200 characters, user information, which may be a password, masked."""
    shown = _user.sub("***@", text, count=1)
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"


def _normal_host(host: str) -> str:
    if host.isascii() and "%" not in host:
        return host.lower()
    # Letter by letter: of text beyond ASCII, lower case depends on what stands beside it, and K (Kelvin) becomes a k.
    plain = _in_ascii_lower_case(_encoded.sub(_undone, host))
    labels = (label if label.isascii() else _a_label(label) for label in plain.split("."))
    return _encoded.sub(lambda each: each[0].upper(), ".".join(labels))


def _in_ascii_lower_case(text: str) -> str:
    return re.sub("[A-Z]+", lambda each: each[0].lower(), text)


def _a_label(label: str) -> str:
    # An A-label is longer than its U-label: what is too long already is not worth the encoder's time, which grows quadratically.
    if len(label) > _LONGEST_LABEL or not all(c == "-" or unicodedata.category(c) in _IN_U_LABELS for c in label):
        return label
    if not unicodedata.is_normalized("NFKC", label):
        return label
    encoded = "xn--" + label.encode("punycode").decode("ascii")
    return encoded if len(encoded) <= _LONGEST_LABEL else label


def _decoded(text: str) -> str:
    if "%" not in text:
        return text
    if _stray_percent(text) is None:
        return _encoded.sub(_undone, text)
    # Undoing %31 in "%4%31" would make a percent-encoding that was not there.
    return _between_delimiters.sub(lambda each: each[0] if _stray_percent(each[0]) else _encoded.sub(_undone, each[0]), text)


def _undone(encoded: re.Match[str]) -> str:
    character = chr(int(encoded[0][1:], 16))
    return character if character in _UNRESERVED else encoded[0].upper()


def _resolved(path: str) -> str:
    if "/." not in path:
        return path or "/"
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)
