"""Which language a word is taken for, by the script of its first letter."""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

LATIN: Final = "latin"
"""Stands for the languages written in Latin letters, which a script does not tell apart."""

_RANGES: Final = (
    (0x0041, 0x024F, LATIN),
    (0x0370, 0x03FF, "greek"),
    (0x0400, 0x052F, "russian"),  # Cyrillic
    (0x0531, 0x058F, "armenian"),
    (0x0600, 0x077F, "arabic"),
    (0x0900, 0x097F, "hindi"),  # Devanagari
    (0x0B80, 0x0BFF, "tamil"),
    (0x1E00, 0x1EFF, LATIN),
    (0x1F00, 0x1FFF, "greek"),
)
_STARTS: Final = [start for start, _, _ in _RANGES]


def language_of(word: str) -> str | None:
    """The language whose stemmer is used for a word; `LATIN` for a word in Latin letters, None for one in another script."""
    code = ord(word[0])
    at = bisect_right(_STARTS, code) - 1
    return _RANGES[at][2] if at >= 0 and code <= _RANGES[at][1] else None
