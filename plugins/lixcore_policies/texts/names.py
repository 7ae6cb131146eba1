"""Whether two texts speak of different people, places or things, as far as capitals tell."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator
from typing import Final

from lixcore_policies.texts.english import listed
from lixcore_policies.texts.reading import Reading
from lixcore_policies.texts.stems import stem

_ENDINGS: Final = listed("n an ian ean ese ish i s ic")
_VOWELS_THAT_GO: Final = ("a", "e", "y")
_SHORTEST: Final = 4
"""Shorter names have no other forms: too many words would be one."""


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
    if not missing:
        return missing
    known = two.unique | {_without_accents(word) for word in two.unique if not word.isascii()}
    return {name for name in missing if known.isdisjoint(_forms(_without_accents(name)))}


def _without_accents(name: str) -> str:
    if name.isascii():
        return name
    return stem("".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter)))


def _forms(name: str) -> Iterator[str]:
    """The name, and what it may be with another ending, before which a vowel may go: Iran, Iranian; Turkey, Turkish."""
    yield name
    for ending in _ENDINGS:
        if len(name) >= _SHORTEST:
            yield name + ending
            if name.endswith(_VOWELS_THAT_GO):
                yield name[:-1] + ending
        rest = name.removesuffix(ending)
        if rest != name and len(rest) >= _SHORTEST - 1:
            yield from (rest + vowel for vowel in _VOWELS_THAT_GO)
            if len(rest) >= _SHORTEST:
                yield rest


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
