"""Whether two texts speak of different people, places or things, as far as capitals tell."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Final

from lixcore_policies.texts.english import listed
from lixcore_policies.texts.reading import Reading
from lixcore_policies.texts.stems import stem

_ENDINGS: Final = listed("n an ian ean ese ish i s ic")
_VOWELS_THAT_GO: Final = ("a", "e", "y")


def names_differ(one: Reading, two: Reading) -> bool:
    """Whether both have a name that the other has not, or one has one that does not belong to a name they share.

    "Trump" and "Donald Trump" are the same; "hotels" and "hotels in Rome" are not, nor are "in Paris" and "in Rome". A name is
    shared when the other text has the word, with or without a capital.
    """
    left, added = _unknown(one, two), _unknown(two, one)
    if left and added:
        return True
    return bool(left and not _belong(left, one, two)) or bool(added and not _belong(added, two, one))


def _unknown(one: Reading, two: Reading) -> Collection[str]:
    """The names of one that the other has in no form."""
    missing = one.names - two.unique
    return missing and {name for name in missing if not _has_form_of(name, two)}


def _has_form_of(name: str, other: Reading) -> bool:
    """Whether the other text has the name with another ending (India, Indian) or without its accents."""
    plain = _without_accents(name)
    for word in other.unique:
        if plain == word or (not word.isascii() and _without_accents(word) == name):
            return True
        if word[:3] == name[:3] and _is_form(*sorted((name, word), key=len)):
            return True
    return False


def _without_accents(name: str) -> str:
    if name.isascii():
        return name
    return stem("".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter)))


def _is_form(shorter: str, longer: str) -> bool:
    """Whether the longer word is the shorter with an ending, before which a vowel may go: Iran, Iranian; Turkey, Turkish."""
    if len(shorter) < 4:
        return False
    if longer.startswith(shorter):
        return longer[len(shorter) :] in _ENDINGS
    stemmed = shorter[:-1]
    return shorter.endswith(_VOWELS_THAT_GO) and longer.startswith(stemmed) and longer[len(stemmed) :] in _ENDINGS


def _belong(names: Collection[str], one: Reading, two: Reading) -> bool:
    """Whether each of the names stands in a row of names of which the other text has one."""
    row: list[str] = []
    for word in (*one.words, ""):
        if word in one.names:
            row.append(word)
            continue
        if row and not two.unique.isdisjoint(row):
            row = []
        if any(name in names for name in row):
            return False
        row = []
    return True
