"""Spellings of a URL that mean the same have one normal form, and no others do."""

from __future__ import annotations

import re

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lixcore.domain.web_address import normal_url, shown_url

UNRESERVED = "abcXYZ019-._~"
OTHERS_OF_PATHS = "!$&'()*+,;=:@"


@attrs.frozen
class Address:
    """A URL by what it means: its normal spelling is put together from these, and so is any other.

    Paths and queries are lists of units: a character that stands for itself, or the byte that a percent-encoding stands for.
    """

    scheme: str
    user: str
    labels: list[str]
    port: int | None
    segments: list[list[str | int]]
    query: list[str | int] | None

    def spelled(self, draw: st.DataObject | None) -> str:
        """In the normal way, or as the draws say."""

        def yes() -> bool:
            return draw is not None and draw.draw(st.booleans())

        def any_case(text: str) -> str:
            return "".join(c.upper() if yes() else c for c in text)

        def unit(value: str | int) -> str:
            if isinstance(value, int):
                return any_case(f"%{value:02x}") if yes() else f"%{value:02X}"
            return f"%{ord(value):02X}" if value in UNRESERVED and yes() else value

        def units(values: list[str | int]) -> str:
            return "".join(map(unit, values))

        host = "".join(f"%{ord(c):02x}" if yes() else any_case(c) for c in ".".join(self.labels))
        default = {"http": ":80", "https": ":443"}[self.scheme]
        port = f":{self.port}" if self.port is not None else draw.draw(st.sampled_from(["", ":", default])) if draw else ""
        path = ""
        for segment in self.segments:
            if yes():
                path += draw.draw(st.sampled_from(["/.", "/%2e", "/gone/..", "/a/b/%2E./.."])) if draw else ""
            path += "/" + units(segment)
        if path == "/" and yes():
            path = ""
        query = "" if self.query is None else "?" + units(self.query)
        around = draw.draw(st.sampled_from([("", ""), (" ", "\n"), ("\t", ""), ("", "#a?b/../%zz")])) if draw else ("", "")
        return f"{around[0]}{any_case(self.scheme)}://{self.user}{host}{port}{path}{query}{around[1]}"


OWN = st.sampled_from(UNRESERVED + OTHERS_OF_PATHS)
BYTES = st.integers(0, 255).filter(lambda byte: chr(byte) not in "-._~" and not (chr(byte).isascii() and chr(byte).isalnum()))
SEGMENTS = st.lists(OWN | BYTES, max_size=4).filter(lambda units: units not in (["."], [".", "."]))
ADDRESSES = st.builds(
    Address,
    scheme=st.sampled_from(["http", "https"]),
    user=st.sampled_from(["", "Me@", "me:%7ePw@", "@"]),
    labels=st.lists(st.sampled_from(["example", "a", "xn--bcher-kva", "10", "a_b", "x-y"]), min_size=1, max_size=3),
    port=st.none() | st.sampled_from([8080, 1]),
    segments=st.lists(SEGMENTS, min_size=1, max_size=4),
    query=st.none() | st.lists(OWN | BYTES | st.sampled_from("/?"), max_size=5),
)


@given(ADDRESSES, st.data())
def test_every_spelling_of_an_address_has_its_normal_form(address: Address, data: st.DataObject) -> None:
    """So two addresses that differ in what they mean never have the same one: their normal spellings differ."""
    normal = address.spelled(None)
    assert normal_url(address.spelled(data)) == normal
    assert normal_url(normal) == normal


PIECES = st.lists(
    st.sampled_from(
        [
            *[
                "http",
                "HTTPS",
                "http\u017f",
                "ftp",
                "://",
                ":",
                "/",
                "//",
                "?",
                "#",
                "@",
                ".",
                "..",
                "/.",
                "/..",
                "[::1]",
                "[v1.a]",
            ],
            *["%", "%2", "%2e", "%2E", "%41", "%7e", "%c3%bc", "%2f", "%25", "%%34%31", "%4%31", "a", "B", "é", "É", "ß", "K"],
            *["xn--", "-", "_", " ", "\n", "\t", "\0", "\u2028", "\ud800", "\U0001f600", "\u3002", "80", "443", "080", "\\", "="],
        ]
    ),
    max_size=12,
).map("".join)
ODD_PATHS = st.lists(
    st.sampled_from([".", "..", "", "a", "B", "%2e", "%2E%2e", "%41", "%4%31", "%", "%c3", "a?", "?", " "]), max_size=6
)
ODD_URLS = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["http", "HTTPS"]),
    st.sampled_from(["a", "A.b", "%41%c3", "me@a:80", "me@x@a", "a:443", "[::1]", "[V1.a]", ""]),
    ODD_PATHS.map(lambda segments: "".join(f"/{segment}" for segment in segments)),
)
TEXTS = (
    st.text() | ODD_URLS | PIECES | st.builds("{}://{}".format, st.sampled_from(["http", "https", "HTTP"]), PIECES | st.text())
)


@given(TEXTS)
@example("http://a/b #c")
@example("http://a/%%34%31")
@example("http://a/%zz/../%7e")
@example("http://a/%7e#%")
@example("http\u017f://a/")
def test_any_text_has_one_and_that_of_a_normal_form_is_itself(text: str) -> None:
    normal = normal_url(text)
    assert normal_url(normal) == normal


def without_dot_segments(path: str) -> str:
    """RFC 3986, 5.2.4, step by step as it is written there."""
    given_path, output = path, ""
    while given_path:
        if given_path.startswith(("../", "./")):
            given_path = given_path.partition("/")[2]
        elif given_path.startswith("/./") or given_path == "/.":
            given_path = "/" + given_path[3:]
        elif given_path.startswith("/../") or given_path == "/..":
            given_path = "/" + given_path[4:]
            output = output.rpartition("/")[0]
        elif given_path in {".", ".."}:
            given_path = ""
        else:
            cut = given_path.find("/", 1)
            cut = len(given_path) if cut < 0 else cut
            output, given_path = output + given_path[:cut], given_path[cut:]
    return output


def unreserved_undone(text: str) -> str:
    out, at = "", 0
    while at < len(text):
        digits = text[at + 1 : at + 3]
        if text[at] == "%" and len(digits) == 2 and all(c in "0123456789abcdefABCDEF" for c in digits):
            character = chr(int(digits, 16))
            known = character.isascii() and (character.isalnum() or character in "-._~")
            out, at = out + (character if known else f"%{digits.upper()}"), at + 3
        else:
            out, at = out + text[at], at + 1
    return out


def meaning(text: str) -> object:
    """What RFC 3986 compares: an identity of its own, by the expression of its appendix B; any other text is itself."""
    compared = text.split("#", maxsplit=1)[0].strip(" \t\n\v\f\r")
    parts = re.fullmatch(r"(([^:/?#]+):)?(//([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?", compared, re.DOTALL)
    if parts is None or parts[2] is None or parts[2].lower() not in {"http", "https"} or not parts[2].isascii():
        return text
    user, at, place = (parts[4] or "").rpartition("@")
    host, _, port = place.rpartition(":") if re.search(r":[0-9]*$", place) else (place, "", "")
    if not host:
        return text
    scheme = parts[2].lower()
    path = without_dot_segments(unreserved_undone(parts[5]))
    query = parts[6] and unreserved_undone(parts[6])
    host = re.sub("%[0-9A-F]{2}|[A-Z]+", lambda each: each[0] if each[0][0] == "%" else each[0].lower(), unreserved_undone(host))
    return scheme, user + at, host, port or {"http": "80", "https": "443"}[scheme], path or "/", query


@given(TEXTS.filter(str.isascii))
def test_a_normal_form_means_what_the_text_means(text: str) -> None:
    """So no two that RFC 3986 calls different are taken for the same, however odd they are."""
    assert meaning(normal_url(text)) == meaning(text)


@given(st.from_regex(r"https?://[a-z0-9._-]{1,5}/[ -~]{0,9}", fullmatch=True).filter(lambda text: "#" not in text))
def test_the_fast_way_agrees_with_the_slow_one(text: str) -> None:
    """A fragment takes a URL the slow way."""
    assert normal_url(text + "#") == normal_url(text)


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("http://example.com", "http://example.com/"),
        ("HTTP://EXAMPLE.com:80/A%2fb?Q=%C3%bc#top", "http://example.com/A%2Fb?Q=%C3%BC"),
        ("https://example.com:443", "https://example.com/"),
        ("http://example.com:443", "http://example.com:443/"),
        ("http://example.com:/", "http://example.com/"),
        ("http://example.com?", "http://example.com/?"),
        ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"),
        ("http://Me:P%61ss@EXAMPLE.com/", "http://Me:P%61ss@example.com/"),
        ("http://a/%7Euser/./x/../y/", "http://a/~user/y/"),
        ("http://a/%2E%2e/b", "http://a/b"),
        ("http://a/b/..//c", "http://a//c"),
        ("http://a/../../b", "http://a/b"),
        ("http://a/b/c/..", "http://a/b/"),
        ("http://a/b/.", "http://a/b/"),
        ("http://%C3%bc%41.Example/", "http://%C3%BCa.example/"),
        ("\n http://a/b c ", "http://a/b c"),
        # Labels beyond ASCII: the examples of RFC 3492 and of the test domains that ICANN set up.
        ("http://Bücher.example/ü", "http://xn--bcher-kva.example/ü"),
        ("http://пример.испытание/", "http://xn--e1afmkfd.xn--80akhbyknj4f/"),
        ("http://他们为什么不说中文/", "http://xn--ihqwcrb4cv8a8dqg056pqjye/"),
        ("http://straße.example/", "http://xn--strae-oqa.example/"),
    ],
)
def test_rules_by_example(url: str, normal: str) -> None:
    assert normal_url(url) == normal


@pytest.mark.parametrize(
    "text",
    [
        *["", "about rivers", " a b ", "urn:isbn:1", "ftp://a/%7e", "//a/b", "http:/a", "http://", "http:///a", "http://me@/"],
        *["http://a:b/", "http://a b/", "http://[fe80::1%25eth0]/", "http://%zz/", "http://a@b@c/#x", "http:a/../b"],
        *["http://a/B?b=1&a=2", "http://a/b/", "http://a//b", "http://a./", "http://www.a/", "http://a:080/"],
        *["http://a/a%2Fb", "http://a/%41%4", "http://a/é", "http://a/e\u0301"],
        # Capital letters, other forms of a character, joiners, and labels that are too long are not mapped.
        *["http://bÜcher.example/", "http://bu\u0308cher.example/", "http://a\u200db.example/", f"http://{'ü' * 63}.example/"],
        *["http://\u212a.example/", "http://a\u3002example/", "http://\uff41.example/"],
    ],
)
def test_what_no_rule_names_stays(text: str) -> None:
    assert normal_url(text) == text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://me:secret@a/b", "http://***@a/b"),
        ("http://a/x@y", "http://a/x@y"),
        ("about rivers", "about rivers"),
        ("http://a/" + "b" * 300, "http://a/" + "b" * 191 + "…"),
    ],
)
def test_what_is_shown_has_no_password_and_an_end(url: str, shown: str) -> None:
    assert shown_url(url) == shown
