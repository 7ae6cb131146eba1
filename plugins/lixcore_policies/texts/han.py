"""Scripts that write words without spaces between, and have no capitals: their numerals, and what in them is mere grammar."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

_DIGITS: Final = {
    character: value
    for value, characters in enumerate(["〇零", "一壹", "二两兩贰貳", "三叁參", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"])
    for character in characters
}
_SCALES: Final = {
    character: scale
    for scale, characters in ((10, "十拾"), (100, "百佰"), (1000, "千仟"), (10**4, "万萬"), (10**8, "亿億"))
    for character in characters
}
NUMERALS: Final = frozenset({*_DIGITS, *_SCALES})
ONE: Final = "一"
"""Alone, it mostly is an article or part of a word, like the English "one"."""

_PARTICLES: Final = frozenset(
    "的地得了着吗嗎呢吧啊呀嘛么麼是请請问問个個怎样樣如何之与與和及跟可以能会會我在把很一"  # Chinese
    "はがをのにでへともかねよます"  # Japanese
)
"""Characters of Chinese and Japanese that hold a sentence together, and the "I" that a question may do without."""


def stands_alone(code: int) -> bool:
    """Whether a character's script has no spaces between words: then each counts as a word, which keeps at least their order."""
    return (
        0x0E00 <= code <= 0x0EFF  # Thai, Lao
        or 0x1000 <= code <= 0x109F  # Burmese
        or 0x1780 <= code <= 0x17FF  # Khmer
        or 0x3040 <= code <= 0x30FF  # Hiragana, Katakana
        or 0x3400 <= code <= 0x9FFF  # Han
        or 0x20000 <= code <= 0x3FFFF
    )


def value_of(numerals: Sequence[str]) -> str:
    """What a row of Han numerals is worth, in digits; one that is too long to be a number, as written."""
    if len(numerals) > 20:
        return "".join(numerals)
    if not any(numeral in _SCALES for numeral in numerals):
        return str(int("".join(str(_DIGITS[numeral]) for numeral in numerals)))
    total = group = digit = 0
    for numeral in numerals:
        scale = _SCALES.get(numeral)
        if scale is None:
            digit = digit * 10 + _DIGITS[numeral]
        elif scale < 10**4:
            group, digit = group + (digit or 1) * scale, 0
        elif scale > total:
            total, group, digit = (total + group + digit or 1) * scale, 0, 0
        else:
            total, group, digit = total + (group + digit) * scale, 0, 0
    return str(total + group + digit)


def content_of(words: AbstractSet[str]) -> frozenset[str]:
    """Of some words, the characters of these scripts that are no particles."""
    return frozenset(word for word in words if not word.isascii() and len(word) == 1 and stands_alone(ord(word))) - _PARTICLES
