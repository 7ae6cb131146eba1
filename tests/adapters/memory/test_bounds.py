"""What the caches in memory hold is bounded, whoever stops asking for it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import IndexEntry
from lixcore_memory import MemoryEmbeddingStore, MemorySimilarityIndex, similarity_index
from settable_clock import SettableClock

UP = np.array([1.0, 0.0], dtype=np.float32)
TTL = 300.0


def scope(number: int) -> Scope:
    return Scope(SessionKey(f"session {number}"))


def add(index: MemorySimilarityIndex, number: int, *, ttl: float = TTL, capacity: int = 1000) -> None:
    index.add(scope(number), IndexEntry(UP, b"x"), ttl=ttl, capacity=capacity)


def held(index: MemorySimilarityIndex) -> int:
    """How many entries take memory, live or not."""
    return sum(len(place.held) for place in index._places.values())


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def index(clock: SettableClock) -> MemorySimilarityIndex:
    return MemorySimilarityIndex(clock)


def test_scopes_that_nobody_asks_for_any_more_are_dropped_once_they_expired(
    index: MemorySimilarityIndex, clock: SettableClock
) -> None:
    for number in range(500):
        add(index, number)
        add(index, number, ttl=TTL * (2 if number % 2 else 1))
    clock.advance(TTL)
    for _ in range(500):
        add(index, 1000)
    assert held(index) == 250 + 500
    clock.advance(TTL)
    for _ in range(300):
        add(index, 1001)
    assert set(index._places) == {scope(1001).digest}
    assert len(index._by_owner) == 1
    assert len(index._to_sweep) <= 500


def test_adding_looks_at_few_scopes(index: MemorySimilarityIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a thousand sessions would make every add a thousand times as slow."""
    for number in range(200):
        add(index, number)
    looked: list[bytes] = []
    tidy = MemorySimilarityIndex._tidy

    def counted(self: MemorySimilarityIndex, digest: bytes, now: float) -> None:
        looked.append(digest)
        tidy(self, digest, now)

    monkeypatch.setattr(MemorySimilarityIndex, "_tidy", counted)
    for _ in range(200):
        add(index, 0)
    assert len(looked) <= 600
    assert len(set(looked)) == 200


def test_beyond_the_bound_the_scopes_leave_that_were_longest_not_added_to(
    index: MemorySimilarityIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similarity_index, "MAX_ENTRIES", 10)
    for number in range(4):
        add(index, number)
        add(index, number)
    add(index, 0)  # was the oldest, and is the newest now
    add(index, 4)
    assert index.measure().entries == 10
    add(index, 4)
    assert [index.measure(scope(number).session).entries for number in range(5)] == [3, 0, 2, 2, 2]
    assert index.measure().entries == held(index) == index._entries == 9


def test_beyond_the_bound_a_single_scope_loses_what_was_added_first(
    index: MemorySimilarityIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similarity_index, "MAX_ENTRIES", 3)
    for number in range(6):
        index.add(scope(0), IndexEntry(UP, b"%d" % number), ttl=TTL, capacity=100)
    assert [match.payload for match in index.search(scope(0), UP, k=9, at_least=0.0)] == [b"5", b"4", b"3"]
    add(index, 1)
    assert index.measure().entries == 1


def test_the_count_is_right_whatever_happens(index: MemorySimilarityIndex, clock: SettableClock) -> None:
    random = np.random.default_rng(0)
    for step in range(2000):
        number = int(random.integers(0, 12))
        match int(random.integers(0, 12)):
            case 0:
                index.forget(scope(number).session)
            case 1:
                clock.advance(float(random.choice([1.0, TTL / 3, -TTL])))
            case _:
                add(index, number, ttl=TTL * (1 + step % 3), capacity=1 + step % 7)
        assert index._entries == held(index)
        assert all(place.held for place in index._places.values())
        owners = {digest for digests in index._by_owner.values() for digest in digests}
        assert owners == set(index._places)


def test_a_search_reads_what_an_earlier_one_prepared(index: MemorySimilarityIndex) -> None:
    add(index, 0)
    index.search(scope(0), UP, k=1, at_least=0.0)
    prepared = index._places[scope(0).digest].decoded
    assert prepared is not None
    index.search(scope(0), -UP, k=1, at_least=0.0)
    assert index._places[scope(0).digest].decoded is prepared
    add(index, 0)
    assert index._places[scope(0).digest].decoded is None


def test_an_index_that_is_not_used_does_without_numpy() -> None:
    """It costs a tenth of a second, and most commands need no index."""
    code = "import sys, lixcore_memory; lixcore_memory.MemorySimilarityIndex(None); assert 'numpy' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603  # ours


# Embeddings.


def test_values_that_expired_take_no_memory_after_the_next_put(clock: SettableClock) -> None:
    store = MemoryEmbeddingStore(clock)
    keys = [bytes([number]) * 32 for number in range(200)]
    store.put([(key, b"x" * 100) for key in keys], ttl=TTL, capacity=1000)
    clock.advance(TTL)
    store.put([(keys[0], b"y")], ttl=TTL, capacity=1000)
    assert set(store._held) == {keys[0]}
    assert len(store._ends) == 1


def test_storing_one_key_for_ever_takes_no_more_memory(clock: SettableClock) -> None:
    store = MemoryEmbeddingStore(clock)
    for _ in range(20_000):
        store.put([(b"k" * 32, b"x")], ttl=TTL, capacity=10)
    assert len(store._ends) < 2000
    store.put([(b"l" * 32, b"x")], ttl=2 * TTL, capacity=1)
    assert store.get([b"k" * 32, b"l" * 32]) == [None, b"x"]
