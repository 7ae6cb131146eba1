"""A text as its words: one form for what can be written in many, and in which order they stand."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

from lixcore_policies.texts.han import stands_alone

# Anything but white space and ASCII punctuation is part of a word; `_Plain` makes the other punctuation ASCII first.
_WORD: Final = r"[^\s!-/:-@\[-`{-~]"
_TOKEN: Final = re.compile(
    rf"(?P<initials>[A-Za-z](?:\.[A-Za-z](?!{_WORD}))+\.?)"  # U.S.A.
    rf"|(?P<number>(?:(?<!\S)-)?\d+(?:[.,]\d+)*)"  # 1,000  3.10  -5; letters that follow are the next word: 5 km, 2 nd
    rf"|(?P<word>{_WORD}(?:{_WORD}|'(?={_WORD}))*(?:\+\+|\#)?)"  # isn't  C++  C#
    r"|(?P<mark>[^\s\w])"
)
_ENDS_SENTENCE: Final = frozenset(".?!:\"'`([")  # a quotation, too, begins with a capital


_MOST_KEPT: Final = 10_000
"""How many characters' readings are kept; there are a million, and texts come from anybody."""


class _Plain(dict[int, str]):
    """What each character beyond ASCII is read as; filled as they are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        plain = character
        if code < 0x80:
            pass
        elif category == "Nd":
            plain = str(unicodedata.decimal(character))
        elif code in _LIKE_ASCII:
            plain = _LIKE_ASCII[code]
        elif category == "Pd" or code == 0x2212:  # the minus sign
            plain = "-"
        elif category in {"Sc", "So", "Sm", "No"} or stands_alone(code):
            plain = f" {character} "
        elif category[0] not in "LMN":
            plain = "" if category == "Cf" else " "
        if len(self) < _MOST_KEPT:
            self[code] = plain
        return plain


_LIKE_ASCII: Final = {
    **dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u00b4"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u00ab\u00bb\u201e"), '"'),
    **dict.fromkeys(map(ord, "\u3001\u060c\uff0c"), ","),
    **dict.fromkeys(map(ord, "\u3002\u0964\u06d4"), "."),
    **dict.fromkeys(map(ord, "\u061f\uff1f\u00bf"), "?"),
    **dict.fromkeys(map(ord, "\uff01\u00a1"), "!"),
    0x00D7: "*",
    0x2044: "/",
    0x2260: " != ",
    0x2264: " <= ",
    0x2265: " >= ",
    0x2030: " \u2030 ",  # per mille, which is punctuation to Unicode
    0x2031: " \u2031 ",
}


_PLAIN: Final = _Plain()


class _Apart(dict[int, str]):
    """What each character is read as before its compatibility form is taken; filled as they are met.

    Fractions, circled and Roman numbers stand apart, as 5\u00bd is not 51/2.
    """

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        apart = character
        if category == "No" and not unicodedata.decomposition(character).startswith("<sub>"):
            apart = f" {character} "
        elif 0x2160 <= code <= 0x2188 and category == "Nl":
            apart = f" {int(unicodedata.numeric(character))} "
        if len(self) < _MOST_KEPT:
            self[code] = apart
        return apart


_APART: Final = _Apart()
_SUPERSCRIPTS: Final = re.compile("[\u00b2\u00b3\u00b9\u2070\u2074-\u207b\u207f]+")
_SUBSCRIPT_OF_NUMBER: Final = re.compile(r"(?<=\d)(?=[\u2080-\u2089])")


def normalised(text: str) -> str:
    """The text with one character, or row of them, for what Unicode has several for; x\u00b2 becomes x^2, not x2.

    What makes a word of its own gets spaces around it.
    """
    if text.isascii():
        return text
    text = _SUBSCRIPT_OF_NUMBER.sub(" ", _SUPERSCRIPTS.sub(_raised, text))
    return unicodedata.normalize("NFKC", text.translate(_APART)).translate(_PLAIN)


def _raised(match: re.Match[str]) -> str:
    return f"^{unicodedata.normalize('NFKC', match.group())} "


class Token(NamedTuple):
    """A word, a number or a mark.

    Attributes:
        text: What it is, in lower case; a number in ASCII digits without the commas between thousands.
        is_number: Whether it is written in digits.
        is_mark: Whether it is punctuation.
        is_name: Whether it is a word with a capital where no sentence begins, or all in capitals.
        is_acronym: Whether it has several letters, all capitals.
        is_tight: Whether nothing stands between it and what precedes it.
        is_sign: Whether it is an operator or another sign that is read; see `lixcore_policies.texts.signs`.
        is_time: Whether it says when; see `lixcore_policies.texts.times`.
    """

    text: str
    is_number: bool = False
    is_mark: bool = False
    is_name: bool = False
    is_acronym: bool = False
    is_tight: bool = False
    is_sign: bool = False
    is_time: bool = False


def tokens_of(text: str) -> list[Token]:
    """The tokens of a normalised text, in order."""
    found: list[Token] = []
    begins, end = True, -1
    for match in _TOKEN.finditer(text):
        kind, written = match.lastgroup, match.group()
        tight, end = match.start() == end, match.end()
        if kind == "mark":
            found.append(Token(written, is_mark=True, is_tight=tight))
            begins = begins or written in _ENDS_SENTENCE
            continue
        if kind == "number":
            found.append(Token(_number(written), is_number=True, is_tight=tight))
        else:
            shown = written.replace(".", "") if kind == "initials" else written
            acronym = len(shown) > 1 and shown.isupper()
            name = acronym or (not begins and shown != shown.lower())
            found.append(Token(shown.casefold(), is_name=name, is_acronym=acronym, is_tight=tight))
        begins = False
    return found


def _number(written: str) -> str:
    """A number without the commas between its thousands."""
    groups = written.partition(".")[0].split(",")
    thousands = len(groups) > 1 and len(groups[-1]) == 3 and all(1 <= len(group) <= 3 for group in groups)
    return written.replace(",", "") if thousands else written
