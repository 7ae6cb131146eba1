"""Whether two texts of nearly the same words put them in another order that says something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from lixcore_policies.texts.english import FUNCTION_WORDS, LIST_JOINTS, MERE_VERBS, NEGATORS, PREPOSITIONS
from lixcore_policies.texts.reading import Reading

_SHARE_THAT_DIFFERS: Final = 0.1
"""Texts count as the same words in another order while no more than this share of them differs.

Beyond it they are worded differently, and then the order changes with the wording: "Do you neutralize acid?", "Is acid
neutralized?".
"""

_UNMOVABLE: Final = NEGATORS - {"non"}
"""What makes the order of a list matter: "apples and not pears"; "non" belongs to the word after it."""

_SHARED_ENDS: Final = 4
"""How many words a list of several things may have in common at its ends: "taxable income and gross income"."""


def order_differs(one: Reading, other: Reading) -> bool:
    """Whether they have nearly the same words, of which some that matter stand in another order, and not just in a list."""
    total = len(one.words) + len(other.words)
    unshared = one.unique ^ other.unique
    if len(unshared) > _SHARE_THAT_DIFFERS * total:  # spares most pairs the counting
        return False
    if not unshared.isdisjoint(PREPOSITIONS):  # "a physics project", "a project in physics"
        return False
    if one.words == other.words:
        return False
    ones, others = Counter(one.words), Counter(other.words)
    common = ones & others
    differing = total - 2 * common.total()
    if differing > _SHARE_THAT_DIFFERS * total:
        return False
    free = MERE_VERBS if not differing else FUNCTION_WORDS - one.names - other.names
    return _moved(one.line, other.line, common, free)


def names_swapped(one: Reading, other: Reading) -> bool:
    """Whether names that both have stand in another order, however the rest is worded, and not just in a list."""
    shared = (one.names | other.names) & one.unique & other.unique
    if len(shared) < 2:  # one alone has no order
        return False
    ours, theirs = [[word for word in each.words if word in shared] for each in (one, other)]
    common = Counter(ours) & Counter(theirs)
    if _only(ours, common) == _only(theirs, common):
        return False
    return not _is_list_reordered(*(_only(each.line, Counter(one.words) & Counter(other.words)) for each in (one, other)))


def _moved(line: Sequence[str], other: Sequence[str], common: Counter[str], free: AbstractSet[str]) -> bool:
    ours, theirs = _only(line, common), _only(other, common)
    free = free | LIST_JOINTS
    if [word for word in ours if word not in free] == [word for word in theirs if word not in free]:
        return False
    return not _is_list_reordered(ours, theirs)


def _only(line: Iterable[str], counts: Counter[str]) -> list[str]:
    """The joints of a line, and of its words those that are counted, each so often."""
    left = dict(counts)
    kept = []
    for word in line:
        if word in LIST_JOINTS:
            kept.append(word)
        elif left.get(word, 0) > 0:
            left[word] -= 1
            kept.append(word)
    return kept


def _is_list_reordered(line: Sequence[str], other: Sequence[str]) -> bool:
    """Whether all that differs is the order of the things in one list, none of which is negated."""
    shorter = min(len(line), len(other))
    start = 0
    while start < shorter and line[start] == other[start]:
        start += 1
    end = 0
    while end < shorter - start and line[-1 - end] == other[-1 - end]:
        end += 1
    for before in range(min(_SHARED_ENDS, start) + 1):
        for after in range(min(_SHARED_ENDS, end) + 1):
            ours = _things(line[start - before : len(line) - end + after])
            if len(ours) > 1 and ours == _things(other[start - before : len(other) - end + after]):
                return _UNMOVABLE.isdisjoint(word for thing in ours for word in thing)
    return False


def _things(line: Sequence[str]) -> list[tuple[str, ...]]:
    """What stands between the joints of a list, sorted."""
    things: list[tuple[str, ...]] = []
    thing: list[str] = []
    for word in (*line, ","):
        if word not in LIST_JOINTS:
            thing.append(word)
        elif thing:
            things.append(tuple(thing))
            thing = []
    return sorted(things)
