"""Stored text as a terminal may show it: what could drive the terminal, or deceive the eye, is written out."""

from __future__ import annotations

import re
from typing import Final

# C0 but tab and line feed, DEL, C1, line and paragraph separators, and the marks that reorder what stands around them
# (Unicode TR 36).
# Joiners stay: emoji and Indic scripts are made of them.
_UNSAFE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSAFE_IN_LINE: Final = re.compile(_UNSAFE.pattern[:-1] + "\t\n]")
_NAMED: Final = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def visible(text: str) -> str:
    r"""The text with control characters written as ``\x1b`` or ``\u202e``; line feeds and tabs stay."""
    return _UNSAFE.sub(_written_out, text)


def visible_line(text: str) -> str:
    r"""As `visible`, with line feeds and tabs written as ``\n`` and ``\t`` as well: for ids and cells of tables."""
    return _UNSAFE_IN_LINE.sub(_written_out, text)


def _written_out(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    return _NAMED.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")  # noqa: PLR2004  # what fits in \xNN
