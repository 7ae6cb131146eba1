"""Words that are each other's contrary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from lixcore_policies.texts.stems import stem

_PAIRS: Final = """
good bad, best worst, better worse, big small, large small, more less, most least, high low, higher lower, highest
lowest, increase decrease, raise lower, gain lose, gain loss, win lose, win loss, profit loss, male female, man woman,
men women, boy girl, husband wife, father mother, brother sister, son daughter, uncle aunt, king queen, buy sell, lend
borrow, give take, send receive, push pull, before after, with without, start stop, start end, begin end, begin
finish, open close, enter leave, enter exit, arrive leave, hot cold, old new, old young, rich poor, cheap expensive,
advantage disadvantage, advantage drawback, pro con, benefit drawback, benefit risk, strength weakness, positive
negative, true false, right wrong, right left, up down, above below, inside outside, internal external, indoor
outdoor, upper lower, top bottom, front back, first last, maximum minimum, max min, most fewest, longest shortest,
import export, upload download, install uninstall, enable disable, lock unlock, encrypt decrypt, encode decode,
connect disconnect, include exclude, add remove, add delete, create delete, accept reject, accept refuse, allow
forbid, love hate, like dislike, alive dead, birth death, born die, fast slow, early late, easy hard, easy difficult,
strong weak, always never, input output, past future, ask answer, question answer, north south, east west, day night,
summer winter, black white, war peace, cause cure, same different, similarity difference, relationship difference,
public private, safe dangerous, success failure, succeed fail, teacher student, employer employee, boyfriend
girlfriend, full empty, long short, tall short, thick thin, fat thin, wide narrow, deep shallow, heavy light, dark
light, hard soft, wet dry, clean dirty, online offline, major minor, majority minority, introvert extrovert, optimist
pessimist, remember forget, debit credit, vertical horizontal, odd even, ascending descending, all none,
last next, few many, earlier later, over under, since until
"""


def _by_word() -> Mapping[str, AbstractSet[str]]:
    found: dict[str, set[str]] = {}
    for pair in _PAIRS.replace("\n", " ").split(","):
        one, other = pair.split()
        for word, contrary in ((one, other), (other, one), (stem(one), stem(other)), (stem(other), stem(one))):
            found.setdefault(word, set()).add(contrary)
    return found


_OPPOSITES: Final = _by_word()
_PREFIXES: Final = {"un": 4, "dis": 4, "non": 3, "anti": 3, "in": 5, "im": 5, "il": 5, "ir": 5, "de": 5}
"""Prefixes that negate, and how long a word must be for them to: "inform" does not negate "form", nor "unit" "it"."""


def has_opposite(words: AbstractSet[str], others: AbstractSet[str]) -> bool:
    """Whether one of some words is the contrary of one of some others: known as such, or the same without un-, in-, dis- ….

    Args:
        words: As `stem` gives them, and so the others.
    """
    for word in words:
        contraries = _OPPOSITES.get(word)
        if contraries is not None and not contraries.isdisjoint(others):
            return True
        if any(rest in others for rest in _without_prefix(word)):
            return True
    return False


def _without_prefix(word: str) -> Iterator[str]:
    """What may be left of a word without a prefix that negates it."""
    for prefix, shortest in _PREFIXES.items():
        if word.startswith(prefix) and len(word) >= len(prefix) + shortest:
            yield word[len(prefix) :]
