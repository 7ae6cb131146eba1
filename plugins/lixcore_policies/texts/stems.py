"""English words without their endings."""

from __future__ import annotations

from typing import Final

_SIBILANTS: Final = ("s", "x", "z", "ch", "sh")
_VOWELS: Final = frozenset("aeiouy")


def stem(word: str) -> str:
    """The word without a plural, -ing, -ed or final e; words of other scripts, and short ones, as they are.

    It makes forms of one word equal more often than it makes different words equal; it does not find dictionary forms.
    """
    if len(word) < 4 or not word.isascii():
        return word
    if word.endswith("s"):
        word = _singular(word)
    for ending in ("ing", "ed"):
        if word.endswith(ending):
            rest = word[: -len(ending)]
            if len(rest) >= 3 and not _VOWELS.isdisjoint(rest):
                word = rest[:-1] if rest[-1] == rest[-2] and rest[-1] not in "lsz" else rest
            break
    if len(word) > 3 and word.endswith("e"):
        return word[:-1]
    return f"{word[:-1]}i" if len(word) > 3 and word.endswith("y") and word[-2] not in _VOWELS else word


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith("es") and word[:-2].endswith(_SIBILANTS):
        return word[:-2]
    if word.endswith(("ss", "us", "is")):
        return word
    return word[:-1]
