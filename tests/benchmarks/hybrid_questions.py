"""Searches by words and meaning together, as the core makes them over an index, without reading what was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from lixcore.ports.archive_index import IndexFilter
from lixcore.services.searching.findings import ranked
from lixcore.services.searching.looking import WholeIndex
from lixcore.services.searching.query import Query
from lixcore_policies import HybridRanking

DIMENSION: Final = 384
TENANT: Final = IndexFilter(tenant="default")
_DIRECTIONS: Final = 300


def hybrid_question(index: Any, queries: Sequence[str], where: IndexFilter = TENANT) -> Callable[[int], object]:
    """A search by number: three words and a random direction, ranked with neighbours; the best ten."""
    policy = HybridRanking()
    directions = np.random.default_rng(11).standard_normal((_DIRECTIONS, DIMENSION), dtype=np.float32)

    def ask(number: int) -> object:
        query = Query(queries[number % len(queries)], directions[number % _DIRECTIONS])
        hits = WholeIndex(index).search(query, where, k=10, reach=policy.reach)
        return ranked(hits.text, hits.vector, hits.beside, policy=policy, now=0.0, k=10)

    return ask


def vector_question(index: Any, where: IndexFilter = TENANT) -> Callable[[int], object]:
    """A search by number: a random direction; the best ten."""
    directions = np.random.default_rng(11).standard_normal((_DIRECTIONS, DIMENSION), dtype=np.float32)
    return lambda number: index.search_vector(directions[number % _DIRECTIONS], k=10, where=where)
