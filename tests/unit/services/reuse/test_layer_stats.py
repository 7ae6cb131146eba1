"""What a cache was good for, in the process and over all of them."""

from __future__ import annotations

import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failing_store import unanswered, unreachable
from forked import run_in_fork
from lixcore.errors import ClosedError, StoreError
from lixcore.services.reuse.layer_stats import ADDED_EVERY_SECONDS, LayerCounts, LayerStats
from lixcore_memory import MemorySimilarityIndex
from semantic_houses import FailingIndex
from settable_clock import SettableClock


class House:
    def __init__(self) -> None:
        self.clock = SettableClock()
        self.index = MemorySimilarityIndex(self.clock)
        self.store = FailingIndex(self.index)
        self.stats = self.another()

    def another(self, layer: str = "semantic") -> LayerStats:
        return LayerStats(layer, self.clock, self.store)


@pytest.fixture
def house() -> House:
    return House()


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "hits": st.integers(0, 100),
        "misses": st.integers(0, 100),
        "seconds_saved": st.integers(0, 100).map(float),  # whole ones, whose sums are exact
        "not_admitted": st.integers(0, 100),
        "failures": st.integers(0, 100),
    },
)


@given(st.lists(CHANGES, max_size=10))
def test_counts_are_sums(changes: list[dict[str, float]]) -> None:
    stats = LayerStats("semantic", SettableClock())
    for change in changes:
        stats.count(**change)  # type: ignore[arg-type]  # whole numbers where they are due
    names = ("hits", "misses", "seconds_saved", "not_admitted", "failures")
    counted = stats.counted()
    assert [getattr(counted, name) for name in names] == [sum(change.get(name, 0) for change in changes) for name in names]


@pytest.mark.parametrize(("hits", "misses", "rate"), [(0, 0, None), (0, 3, 0.0), (3, 0, 1.0), (1, 3, 0.25)])
def test_the_hit_rate_is_of_all_lookups(hits: int, misses: int, rate: float | None) -> None:
    assert LayerCounts(hits=hits, misses=misses).hit_rate == rate


def test_threads_lose_no_count(house: House) -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def count() -> None:
        for _ in range(2000):
            house.stats.count(hits=1)

    try:
        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert house.stats.counted().hits == 8000


def test_sums_are_added_every_few_seconds_and_by_nobody_else(house: House) -> None:
    for second in range(21):
        assert house.store.calls.count("tally") == second // ADDED_EVERY_SECONDS
        house.stats.count(hits=1, seconds_saved=0.5)
        house.clock.advance(1)
        house.stats.add_when_due()
    assert house.index.tallies() == {"semantic_hits": 20, "semantic_seconds_saved": 10.0}


def test_nothing_new_is_no_round_trip(house: House) -> None:
    house.stats.add_now()
    house.stats.count(misses=1)
    house.stats.add_now()
    house.stats.add_now()
    assert house.store.calls == ["tally"]


def test_totals_are_of_all_processes_and_up_to_now(house: House) -> None:
    others, urls = house.another(), house.another("url")
    others.count(hits=3, failures=1)
    others.add_now()
    urls.count(hits=100)
    urls.add_now()
    house.stats.count(hits=1, misses=1, seconds_saved=2.0)
    house.stats.add_now()
    house.stats.count(hits=1, not_admitted=1)
    assert house.stats.totals() == LayerCounts(hits=5, misses=1, seconds_saved=2.0, not_admitted=1, failures=1)
    assert others.totals() == LayerCounts(hits=4, misses=1, seconds_saved=2.0, failures=1)
    assert house.stats.counted() == LayerCounts(hits=2, misses=1, seconds_saved=2.0, not_admitted=1)


@pytest.mark.parametrize("error", [unreachable(), ClosedError("the index")])
def test_what_could_not_be_added_is_added_later(house: House, error: StoreError) -> None:
    house.store.failure = lambda: error
    house.stats.count(hits=2)
    house.stats.add_now()
    assert house.index.tallies() == {}
    house.store.failure = None
    house.stats.add_when_due()
    assert house.store.calls.count("tally") == 1, "not by the next call already"
    house.clock.advance(ADDED_EVERY_SECONDS)
    house.stats.count(hits=1)
    house.stats.add_when_due()
    assert house.index.tallies() == {"semantic_hits": 3}


def test_what_may_have_been_added_is_not_added_again(house: House) -> None:
    house.store.failure, house.store.after_effect = unanswered, True
    house.stats.count(hits=2)
    house.stats.add_now()
    house.store.failure = None
    house.stats.add_now()
    assert house.index.tallies() == {"semantic_hits": 2}


def test_totals_that_cannot_be_had_are_an_error(house: House) -> None:
    house.store.failure = unreachable
    with pytest.raises(StoreError):
        house.stats.totals()


def test_a_store_that_keeps_no_sums_has_no_totals() -> None:
    stats = LayerStats("semantic", SettableClock(), object())
    stats.count(hits=1)
    stats.add_when_due()
    stats.add_now()
    assert stats.totals() is None
    assert stats.counted().hits == 1


def test_a_child_begins_at_zero(house: House) -> None:
    house.stats.count(hits=5)

    def in_child() -> None:
        assert house.stats.counted() == LayerCounts()
        house.stats.count(hits=1)
        house.stats.add_now()
        assert house.index.tallies() == {"semantic_hits": 1}

    with house.stats._lock:
        assert run_in_fork(in_child) == 0
    assert house.stats.counted().hits == 5
