"""The numbers in a text, each in one form, however they are written: 5,000, five thousand, 5k, or digits of another script."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from lixcore_policies.texts.english import listed
from lixcore_policies.texts.han import NUMERALS, ONE, value_of
from lixcore_policies.texts.numerals import BELOW_HUNDRED, ORDINALS, ROMAN, SCALES, SpokenNumber
from lixcore_policies.texts.words import Token

_ORDINAL_ENDINGS: Final = listed("st nd rd th")
_MONTHS: Final = listed(
    "january february march april may june july august september october november december"
    " jan feb mar apr jun jul aug sep sept oct nov dec"
)
_BEFORE_A_SECOND: Final = listed("a per each every one half split")
_FIRST_WORDS: Final = frozenset({*BELOW_HUNDRED, *SCALES, *ORDINALS, *ROMAN})
_LONGEST_SCALED: Final = 30
"""Longer runs of digits are compared as they are written: turning them into numbers would take more than linear time."""


def with_numbers_read(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with each number, in digits or in English words, as one token of one form.

    Cardinals become digits, ordinals digits and ``th``, decades digits and ``s``. "one" stays a word, as it mostly is a pronoun;
    where it has to be a number ("one hundred"), it is read as one.
    """
    read: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        text: str | None = None
        after = at + 1
        if token.is_number:
            text, after = _in_digits(tokens, at, read[-1].text if read else "")
        elif token.text in _FIRST_WORDS:
            text, after = _in_words(tokens, at, read[-1] if read else None)
        elif token.text in NUMERALS:
            text, after = _in_han(tokens, at)
        read.append(token if text is None else Token(text, is_number=True, is_tight=token.is_tight))
        at = after
    return read


def _text_at(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].text if at < len(tokens) else ""


def _in_digits(tokens: Sequence[Token], at: int, before: str) -> tuple[str, int]:
    """The form of a number that begins with digits, and where it ends."""
    text, following = tokens[at].text, _text_at(tokens, at + 1)
    tight = bool(following) and tokens[at + 1].is_tight
    if tight and following in _ORDINAL_ENDINGS:
        named = _text_at(tokens, at + 3) if _text_at(tokens, at + 2) == "of" else _text_at(tokens, at + 2)
        is_day = named in _MONTHS or before in _MONTHS
        return (text if is_day else f"{text}th"), at + 2
    if tight and following == "s":
        return f"{text}s", at + 2
    scale = 1000 if tight and following == "k" else SCALES.get(following)
    if scale is None or "," in text or len(text) > _LONGEST_SCALED:
        return text, at + 1
    value = Fraction(text) * scale if text.count(".") < 2 else None  # 1.2.3 is a version
    if value is None:
        return text, at + 1
    return (str(value.numerator) if value.denominator == 1 else f"{text}*{scale}"), at + 2


def _in_words(tokens: Sequence[Token], at: int, before: Token | None) -> tuple[str | None, int]:
    """The form of a number that begins with a word, and where it ends; None where the word is no number here."""
    first = tokens[at].text
    if first in ROMAN:
        return str(ROMAN[first]), at + 1
    if first in ORDINALS:
        is_time = first == "second" and before is not None and (before.is_number or before.text in _BEFORE_A_SECOND)
        return (None if is_time else f"{ORDINALS[first]}th"), at + 1
    number, after = SpokenNumber(), at
    while True:
        following = after + _is_between(tokens, after, number)
        word = _text_at(tokens, following)
        if number.takes(word):
            after = following + 1
        elif number.ends_with(word):
            return f"{number.value}th", following + 1
        else:
            break
    if not number.words or (number.words == 1 and first == "one"):
        return None, at + 1
    return str(number.value), after


def _in_han(tokens: Sequence[Token], at: int) -> tuple[str | None, int]:
    after = at
    while after < len(tokens) and tokens[after].text in NUMERALS:
        after += 1
    row = [token.text for token in tokens[at:after]]
    return (None if row == [ONE] else value_of(row)), after


def _is_between(tokens: Sequence[Token], at: int, number: SpokenNumber) -> bool:
    """Whether the token is no more than what joins two words of a number: the hyphen of "twenty-five", an "and"."""
    if not number.words or at >= len(tokens):
        return False
    return (tokens[at].text == "-" and tokens[at].is_tight) or (tokens[at].text == "and" and number.takes_and)
