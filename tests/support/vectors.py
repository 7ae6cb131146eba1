"""Scopes filled with vectors that tests know, for indexes of similar vectors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import IndexEntry, SimilarityIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

ONE = Scope(SessionKey("one"))
SHARED = Scope(SessionKey("one"), url="shared", shared=True)
HOUR = 3600.0
DIMENSION = 16


def vector(number: int) -> NDArray[np.float32]:
    """The vector of an entry: another direction for each number."""
    return np.random.default_rng(number).standard_normal(DIMENSION).astype(np.float32)


def fill(
    index: SimilarityIndex, numbers: Iterable[int], *, scope: Scope = ONE, ttl: float = HOUR, capacity: int = 1_000_000
) -> None:
    """Add entries, with their numbers as payloads."""
    for number in numbers:
        index.add(scope, IndexEntry(vector(number), b"%d" % number), ttl=ttl, capacity=capacity)


def held(index: SimilarityIndex, scope: Scope = ONE) -> set[int]:
    """The numbers of the entries that are found in a scope."""
    return {int(match.payload) for match in index.search(scope, vector(0), k=1_000_000, at_least=-1.0)}


def ranking(index: SimilarityIndex, number: int, *, k: int, scope: Scope = ONE) -> list[int]:
    """The numbers of the entries that are most like a vector, best first."""
    return [int(match.payload) for match in index.search(scope, vector(number), k=k, at_least=-1.0)]


def true_ranking(numbers: Iterable[int], number: int, *, k: int) -> list[int]:
    """What `ranking` should be among entries with these numbers."""
    query = vector(number).astype(np.float64)

    def cosine(each: int) -> float:
        one = vector(each).astype(np.float64)
        return float(one @ query / np.sqrt((one @ one) * (query @ query)))

    return sorted(numbers, key=cosine, reverse=True)[:k]
