"""A share of what takes long is tried for every change, all of it by ``tox -e thorough``.

A test, a class or a module that is marked ``share(n)`` has about each n-th of its cases tried; the others are deselected, which
pytest counts. The same ones are chosen every time: a failure comes back when it is looked for.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pytest

THOROUGH: Final = "LIXCORE_THOROUGH"


def is_thorough() -> bool:
    """Whether everything is tried."""
    return bool(os.environ.get(THOROUGH))


def without_the_rest(items: Sequence[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """What is tried, and what is left to a thorough run, each in its order."""
    seen: Counter[str] = Counter()
    chosen: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        (chosen if all(_is_in(seen, owner, parts) for owner, parts in _shares_of(item)) else left).append(item)
    return chosen, left


def _shares_of(item: pytest.Item) -> list[tuple[str, int]]:
    """Each mark's place, and how many parts the cases there are dealt into."""
    marks = item.iter_markers_with_node("share")
    return [(item.nodeid.partition("[")[0] if node is item else node.nodeid, int(mark.args[0])) for node, mark in marks]


def _is_in(seen: Counter[str], owner: str, parts: int) -> bool:
    number = seen[owner]
    seen[owner] += 1
    # Not each n-th: of cases that alternate, such as those of two stores, all would be of one kind.
    return (number + number // parts) % parts == 0
