"""What every similarity index does: subclass `SimilarityIndexContract`, name the adapter, say where an empty index is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from cache_tallies import CacheTallies
from contract_ground import NOON, SettableClock, open_adapter
from hot_store_leases import HotStoreLeases
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError
from lixcore.ports.leases import GrantsLeases
from lixcore.ports.similarity_index import IndexEntry, SimilarityIndex
from lixcore.ports.tallies import KeepsTallies
from similarity_index_concurrency import OpenIndex, SimilarityIndexProcesses, SimilarityIndexThreads
from similarity_index_lifetimes import SimilarityIndexLifetimes
from similarity_index_machine import check_against_model
from similarity_index_scopes import SimilarityIndexScopes
from similarity_index_search import SimilarityIndexSearch
from similarity_oracle import Shelf, cosine, floats

ONE = Scope(SessionKey("one"))
MANY = 2000


class SimilarityIndexContract(
    SimilarityIndexSearch,
    SimilarityIndexScopes,
    SimilarityIndexLifetimes,
    SimilarityIndexThreads,
    SimilarityIndexProcesses,
    HotStoreLeases,
    CacheTallies,
):
    """The suite. A subclass sets ``adapter``, overrides the fixture ``options`` and declares what its index is.

    Attributes:
        adapter: The class behind the entry point.
        persistent: Whether an index that is closed and opened again with the same options holds what it held.
        shared: Whether several processes may open the same options at once.
        own_clock: Whether leases end by a clock of the store's own, which the suite cannot set.
        tolerance: How far a similarity may be from the true one; 0.0 for exact search. Scopes of up to a hundred entries are
            searched wholly by an approximate index as well, and order, thresholds and ties hold for what it gives back.
        recall: Which part of the ten best a search among two thousand finds, on average; 1.0 for exact search.
    """

    adapter: ClassVar[Any]
    persistent: ClassVar[bool] = True
    shared: ClassVar[bool] = True
    own_clock: ClassVar[bool] = False
    tolerance: ClassVar[float] = 0.0
    recall: ClassVar[float] = 1.0

    @pytest.fixture
    def options(self) -> Any:
        """Options of a place where nothing is stored yet; override it."""
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> SettableClock:
        return SettableClock()

    @pytest.fixture
    def open_store(self, options: Any, clock: SettableClock, tmp_path: Path) -> Iterator[OpenIndex]:
        """Opens the same place again and again."""
        opened: list[SimilarityIndex] = []

        def open_one() -> SimilarityIndex:
            opened.append(open_adapter(self.adapter, options, clock, tmp_path / "archive"))
            return opened[-1]

        yield open_one
        for store in opened:
            store.close()

    @pytest.fixture
    def store(self, open_store: OpenIndex) -> SimilarityIndex:
        return open_store()

    def test_what_was_never_added_to_is_empty(self, store: SimilarityIndex) -> None:
        assert list(store.search(ONE, floats([1.0]), k=1, at_least=-1.0)) == []
        assert list(store.search(ONE, None, label=b"a" * 32, k=1, at_least=-1.0)) == []
        assert store.forget(ONE.session) == 0
        assert store.measure().entries == 0
        assert store.measure(ONE.session).entries == 0

    def test_among_many_it_finds_the_best(self, store: SimilarityIndex) -> None:
        random = np.random.default_rng(1)
        rows = random.standard_normal((MANY, 24)).astype(np.float32)
        shelf = Shelf(store, ONE, self.tolerance)
        for row in rows:
            shelf.add(row.tolist(), NOON, capacity=MANY)
        queries = rows[:10] + random.standard_normal((10, 24)).astype(np.float32)
        if not self.tolerance:
            for query in queries[:3]:
                shelf.check(query.tolist(), k=10, at_least=0.2)
            return
        hits = 0
        for query in queries:
            best = sorted(shelf.held, key=lambda each: cosine(each.vector, query), reverse=True)[:10]
            found = store.search(ONE, query, k=10, at_least=-1.0)
            assert len(found) == 10
            hits += len({match.payload for match in found} & {each.payload for each in best})
        assert hits / 100 >= self.recall

    def test_it_is_lists_of_entries_that_end(self, open_store: OpenIndex, clock: SettableClock) -> None:
        check_against_model(open_store, clock, persistent=self.persistent, shared=self.shared, tolerance=self.tolerance)

    def test_a_closed_index_says_so(self, store: SimilarityIndex) -> None:
        store.add(ONE, IndexEntry(floats([1.0]), b"x"), ttl=300, capacity=5)
        store.close()
        store.close()
        uses: list[Callable[[], object]] = [
            lambda: store.add(ONE, IndexEntry(floats([1.0]), b"x"), ttl=300, capacity=5),
            lambda: store.search(ONE, floats([1.0]), k=1, at_least=0.0),
            lambda: store.search(ONE, None, k=1, at_least=0.0),
            lambda: store.forget(ONE.session),
            store.measure,
            lambda: store.measure(ONE.session),
        ]
        if isinstance(store, GrantsLeases):
            uses += [lambda: store.lease("a", holder="b", seconds=1), lambda: store.end_lease("a", holder="b")]
        if isinstance(store, KeepsTallies):
            uses += [lambda: store.tally({"hits": 1}), store.tallies]
        for use in uses:
            with pytest.raises(ClosedError):
                use()
