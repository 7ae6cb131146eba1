"""Finding the most similar entries of one scope: exactly among few, with a graph among many.

The graph only proposes. What it proposes is compared exactly, with the vectors as they were added, and what it does not have is
compared exactly beside it. Where it proposes too few that can be used, it is asked for more, and in the end all are
compared.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final

import attrs

from lixcore.domain.similarity import Vectors
from lixcore_usearch.graph import Graph
from lixcore_usearch.room import Room

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Found = tuple[float, int]
"""Similarity and number of an entry."""

_FIRST_COUNT: Final = 48
_GROWTH: Final = 4
_EXACT_SHARE: Final = 8  # to ask the graph for more than this part of it costs more than to compare all
_AT_ONCE: Final = 4096
_DOUBT: Final = {"f32": 0.001, "f16": 0.002, "i8": 0.05}  # by how much the graph's similarities may be wrong


@attrs.frozen
class Query:
    """What is looked for.

    Attributes:
        vector: float32 of shape (dimension,).
        k: At most so many.
        at_least: Of this similarity or more.
        without: Numbers of entries that are not wanted.
    """

    vector: NDArray[np.float32]
    k: int
    at_least: float
    without: AbstractSet[int]


def most_similar(sql: sqlite3.Connection, room: Room, query: Query, live: NDArray[np.bool_]) -> list[Found]:
    """The most similar live entries, best first; of equally similar ones, the one that was added last first.

    Args:
        sql: The connection.
        room: Where to look.
        query: What for.
        live: Which rows of the room's roster are live.
    """
    import numpy as np

    numbers = room.roster.numbers
    usable = live & ~np.isin(numbers, np.fromiter(query.without, dtype=np.int64)) if query.without else live
    if room.is_small:
        found = room.all_vectors(sql).most_similar(query.vector, usable.__getitem__, k=query.k, at_least=query.at_least)
        return [(cosine, int(numbers[row])) for row, cosine in found]
    proposed = None if room.graph is None else _proposed(sql, room, room.graph, query, usable)
    if proposed is None:
        return _compared(sql, room, query, numbers[usable])
    rest = usable[len(numbers) - len(room.unindexed) :]
    return _best(proposed + _compared(sql, room, query, room.unindexed[rest]), query.k)


def similarities(sql: sqlite3.Connection, room: Room, vector: NDArray[np.float32], numbers: Sequence[int]) -> list[Found]:
    """How similar some entries are, in the order that they are given in."""
    import numpy as np

    ascending = sorted(numbers)
    if not ascending:
        return []
    cosines = Vectors(room.vectors(sql, np.array(ascending, dtype=np.int64))).cosines(vector).tolist()
    by_number = dict(zip(ascending, cosines, strict=True))
    return [(by_number[number], number) for number in numbers]


def _proposed(sql: sqlite3.Connection, room: Room, graph: Graph, query: Query, usable: NDArray[np.bool_]) -> list[Found] | None:
    """The best of the graph; None where everything has to be compared."""
    count = max(_FIRST_COUNT, 2 * query.k)
    most = len(graph) // _EXACT_SHARE
    while True:
        numbers, last = graph.candidates(query.vector, count)
        rows = room.roster.rows_of(numbers)
        compared = similarities(sql, room, query.vector, numbers[(rows >= 0) & usable[rows]].tolist())
        found = _best([each for each in compared if each[0] >= query.at_least], query.k)
        if len(numbers) == len(graph):
            return found
        if len(numbers) == min(count, len(graph)):
            if (
                len(found) == query.k and found[-1][0] > min(compared)[0]
            ):  # were they equal, a newer one might be among those not seen
                return found
            if last < query.at_least - _DOUBT[graph.shape.dtype]:
                return found
            if count * _GROWTH <= most:
                count *= _GROWTH
                continue
        return None


def _compared(sql: sqlite3.Connection, room: Room, query: Query, numbers: NDArray[np.int64]) -> list[Found]:
    """The best of some entries, all of which are compared."""
    found: list[Found] = []
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        best = Vectors(room.vectors(sql, some)).most_similar(query.vector, k=query.k, at_least=query.at_least)
        found = _best(found + [(cosine, int(some[row])) for row, cosine in best], query.k)
    return found


def _best(found: list[Found], k: int) -> list[Found]:
    return sorted(found, reverse=True)[:k]
