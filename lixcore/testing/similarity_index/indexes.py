"""What all parts of the similarity index's contract use: an index to open, scopes to fill, and what an index may declare."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import ClassVar, TypeAlias

import pytest

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import IndexEntry, SimilarityIndex
from lixcore.testing.ground.contract import Contract
from lixcore.testing.similarity_index.oracle import ALL, Shelf, floats

OpenIndex: TypeAlias = Callable[[], SimilarityIndex]
"""Opens the same place again and again."""

NewShelf: TypeAlias = Callable[[], Shelf]
"""Makes empty scopes, each another one."""

ONE = Scope(SessionKey("one"))
UP = [1.0, 0.0]
LABEL = b"q" * 32
TTL = 300.0
"""What a real user sets; a store's own expiry goes by real time, of which tests take little."""
HOUR = 3600.0

_examples = count()


class IndexGround(Contract):
    """Gives the parts of the contract their indexes.

    Attributes:
        tolerance: How far a similarity may be from the true one; 0.0 for exact numbers. Scopes of up to a hundred entries are
            searched wholly by an approximate index as well, and order, thresholds and ties hold for what it gives back.
        recall: Which part of the ten best a search among two thousand finds, on average; 1.0 for exact search.
    """

    prefix: ClassVar[str] = "similarity-index"
    tolerance: ClassVar[float] = 0.0
    recall: ClassVar[float] = 1.0

    @pytest.fixture
    def open_store(self, open_adapter: OpenIndex) -> OpenIndex:
        """Opens the same place again and again."""
        return open_adapter

    @pytest.fixture
    def store(self, open_store: OpenIndex) -> SimilarityIndex:
        """An empty index."""
        return open_store()

    @pytest.fixture
    def new_shelf(self, store: SimilarityIndex) -> NewShelf:
        """Makes empty scopes, each another one."""
        return lambda: Shelf(store, Scope(SessionKey(f"example {next(_examples)}")), self.tolerance)

    @pytest.fixture
    def shelf(self, new_shelf: NewShelf) -> Shelf:
        """An empty scope."""
        return new_shelf()


def put(
    store: SimilarityIndex,
    payload: bytes,
    *,
    scope: Scope = ONE,
    ttl: float = TTL,
    capacity: int = 1000,
    label: bytes = b"",
) -> None:
    """Add an entry that points up."""
    store.add(scope, IndexEntry(floats(UP), payload, label), ttl=ttl, capacity=capacity)


def put_in(store: SimilarityIndex, scope: Scope, payload: bytes, *, ttl: float = HOUR) -> None:
    """Add an entry that points up to a scope."""
    put(store, payload, scope=scope, ttl=ttl)


def held(store: SimilarityIndex, scope: Scope = ONE) -> list[bytes]:
    """What is live there, oldest first."""
    return [match.payload for match in reversed(store.search(scope, floats(UP), k=ALL, at_least=-1.0))]
