"""What becomes of damaged entries, and of an index that is away."""

from __future__ import annotations

import logging

import pytest

from failing_store import unreachable
from lixcore.errors import CorruptDataError, InvalidInputError, StoreError, StoreUnavailableError
from lixcore.ports.similarity_index import IndexEntry
from semantic_houses import SCOPE, SemanticHouse, vector

EAST, NORTH = vector(1, 0), vector(0, 1)


@pytest.fixture
def house() -> SemanticHouse:
    return SemanticHouse()


def damaged(house: SemanticHouse) -> None:
    house.cache.set(SCOPE, vector(1, 0.1), "whole")
    house.index.add(SCOPE, IndexEntry(EAST, b"no answer"), ttl=100, capacity=10)


def test_a_damaged_entry_is_passed_over_and_counted(house: SemanticHouse, caplog: pytest.LogCaptureFixture) -> None:
    damaged(house)
    with caplog.at_level(logging.WARNING, logger="lixcore.cache"):
        for _ in range(3):
            hit = house.cache.get(SCOPE, EAST)
            assert hit is not None
            assert hit.response == "whole"
    assert len(caplog.records) == 1
    counted = house.stats.counted()
    assert (counted.hits, counted.misses, counted.failures) == (3, 0, 3)


def test_a_damaged_entry_is_an_error_where_errors_are_raised() -> None:
    house = SemanticHouse(raise_failures=True)
    damaged(house)
    with pytest.raises(CorruptDataError):
        house.cache.get(SCOPE, EAST)
    assert house.stats.counted().failures == 1


def test_while_the_index_is_away_nothing_is_found_or_cached_and_all_is_made(house: SemanticHouse) -> None:
    house.cache.set(SCOPE, EAST, "cached")
    house.store.failure = unreachable
    assert house.cache.get(SCOPE, EAST) is None
    assert house.cache.set(SCOPE, EAST, "response") is False
    assert house.cache.get_or_call(SCOPE, EAST, lambda: "made") == "made"
    assert house.store.calls == ["add", "search"], "it was asked once"
    assert house.stats.counted().misses == 2
    assert house.stats.counted().failures == house.guard.state().failures > 0
    with pytest.raises(InvalidInputError):
        house.cache.get(SCOPE, vector(0, 0))
    house.store.failure = None
    house.clock.advance(1)
    hit = house.cache.get(SCOPE, EAST)
    assert hit is not None
    assert hit.response == "cached"


def test_an_index_that_goes_away_while_an_answer_is_made_costs_only_its_caching(house: SemanticHouse) -> None:
    def make() -> str:
        house.store.failure = unreachable
        return "made"

    assert house.cache.get_or_call(SCOPE, EAST, make) == "made"


def test_where_errors_are_raised_the_callers_get_them() -> None:
    house = SemanticHouse(raise_failures=True)
    house.store.failure = unreachable
    for call in (
        lambda: house.cache.get(SCOPE, EAST),
        lambda: house.cache.set(SCOPE, EAST, "response"),
        lambda: house.cache.get_or_call(SCOPE, EAST, lambda: "made"),
    ):
        with pytest.raises(StoreUnavailableError):
            call()


@pytest.mark.parametrize("raise_failures", [False, True])
def test_forgetting_and_measuring_never_pretend(raise_failures: bool) -> None:  # noqa: FBT001  # pytest gives it
    house = SemanticHouse(raise_failures=raise_failures)
    house.cache.set(SCOPE, EAST, "response")
    house.store.failure = unreachable
    for _ in range(2):
        with pytest.raises(StoreError):
            house.cache.forget(SCOPE.session)
        with pytest.raises(StoreError):
            house.cache.measure()
    house.store.failure = None
    assert house.cache.forget(SCOPE.session) == 1
    assert house.cache.measure().entries == 0
