"""The semantic cache: what it refuses, whom it answers, and what becomes of damage and failures."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from failing_store import unreachable
from lixcore.domain.cached_answer import MAX_ANSWER_BYTES, decode_answer
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError, CorruptDataError, InvalidInputError, StoreError, StoreUnavailableError
from lixcore.ports.similarity_index import IndexEntry
from lixcore.services.reuse.layer_stats import ADDED_EVERY_SECONDS, LayerCounts, LayerStats
from lixcore.services.reuse.semantic_cache import CANDIDATES, SemanticCache
from semantic_houses import SCOPE, SemanticHouse, vector

EAST, NORTH = vector(1, 0), vector(0, 1)


@pytest.fixture
def house() -> SemanticHouse:
    return SemanticHouse()


@pytest.mark.parametrize(
    ("embedding", "reason"),
    [
        (vector(1, 2, 3), "has dimension 3; embedding_dimension is 2"),
        (vector(1, math.nan), "has a value at index 1 that is not finite in float32: nan"),
        (vector(math.inf, 1), "has a value at index 0 that is not finite in float32: inf"),
        (vector(0, 0), "is all zeros"),
        (np.ones((2, 2)), "must have one dimension"),
        ("1, 2", "must have one dimension"),
        ({"a": 1}, "must have one dimension"),
        ([], "has dimension 0"),
        (["1", "2"], "must hold numbers"),
    ],
)
def test_an_embedding_that_is_none_is_refused_by_every_call(embedding: Any, reason: str) -> None:
    house = SemanticHouse(dimension=2)
    calls: list[Callable[[], object]] = [
        lambda: house.cache.get(SCOPE, embedding),
        lambda: house.cache.get(SCOPE, embedding, query="text"),
        lambda: house.cache.set(SCOPE, embedding, "response"),
        lambda: house.cache.get_or_call(SCOPE, embedding, lambda: "response"),
    ]
    for call in calls:
        with pytest.raises(InvalidInputError) as caught:
            call()
        assert caught.value.field == "embedding"
        assert caught.value.reason.startswith(reason)
    assert house.store.calls == []
    assert house.stats.counted() == LayerCounts()


@pytest.mark.parametrize(
    ("arguments", "field", "reason"),
    [
        ({"query": 5}, "query", "must be text, not int"),
        ({"query": "\ud800"}, "query", "has a lone surrogate"),
        ({"query": "x" * (MAX_ANSWER_BYTES + 1)}, "query", "is 16,777,217 bytes long"),
        ({"threshold": 1.01}, "threshold", "is outside of -1 to 1"),
        ({"threshold": -math.inf}, "threshold", "is outside of -1 to 1"),
        ({"threshold": 10**400}, "threshold", "is outside of -1 to 1"),
        ({"threshold": math.nan}, "threshold", "is NaN"),
        ({"threshold": np.float32("nan")}, "threshold", "is NaN"),
        ({"threshold": "0.9"}, "threshold", "must be a number, not str"),
        ({"threshold": True}, "threshold", "must be a number, not bool"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(
    house: SemanticHouse, arguments: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        house.cache.get(SCOPE, EAST, **arguments)
    assert caught.value.field == field
    assert caught.value.reason.startswith(reason)
    if field == "threshold":
        with pytest.raises(InvalidInputError):
            SemanticHouse(**arguments)


def test_a_question_needs_an_embedding_or_a_text(house: SemanticHouse) -> None:
    with pytest.raises(InvalidInputError, match=r"^embedding is missing, and so is query"):
        house.cache.get(SCOPE)
    none: Any = None
    calls: list[Callable[[], object]] = [
        lambda: house.cache.set(SCOPE, none, "response", query="text"),
        lambda: house.cache.get_or_call(SCOPE, none, lambda: "response", query="text"),
    ]
    for call in calls:
        with pytest.raises(InvalidInputError, match=r"^embedding is missing"):
            call()


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (None, "response is None"),
        (b"bytes", "response is a bytes, which is not a JSON value"),
        ({"a": [1, math.nan]}, "response.a[1] is nan"),
        ({1: 2}, "a key of response must be text"),
        ("\udfff", "response has a lone surrogate"),
        ("x" * MAX_ANSWER_BYTES, "response takes 16,777,218 bytes as JSON"),
    ],
)
def test_a_response_that_is_not_json_is_refused(house: SemanticHouse, response: Any, reason: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: house.cache.set(SCOPE, EAST, response),
        lambda: house.cache.get_or_call(SCOPE, EAST, lambda: response),
    ]
    for call in calls:
        with pytest.raises(InvalidInputError) as caught:
            call()
        assert str(caught.value).startswith(reason)
    assert "add" not in house.store.calls
    assert house.judge.answers == []


@pytest.mark.parametrize("seconds", [-0.1, math.nan, math.inf, 10**400, "1", True])
def test_a_duration_that_cannot_be_is_refused(house: SemanticHouse, seconds: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"^seconds must be "):
        house.cache.set(SCOPE, EAST, "response", seconds=seconds)


def test_numbers_of_numpy_are_numbers(house: SemanticHouse) -> None:
    assert house.cache.set(SCOPE, EAST, "response", seconds=np.float32(0.5))  # type: ignore[arg-type]  # as callers do
    hit = house.cache.get(SCOPE, EAST, threshold=np.float32(0.5))  # type: ignore[arg-type]  # as callers do
    assert hit is not None
    assert (hit.seconds, type(hit.seconds)) == (0.5, float)


def test_another_dimension_than_that_of_what_is_cached_is_refused(house: SemanticHouse) -> None:
    house.cache.set(SCOPE, EAST, "response")
    with pytest.raises(InvalidInputError, match=r"^embedding has dimension 3"):
        house.cache.get(SCOPE, vector(1, 2, 3))
    with pytest.raises(InvalidInputError, match=r"^embedding has dimension 3"):
        house.cache.set(SCOPE, vector(1, 2, 3), "response")
    assert house.stats.counted().failures == 0


def test_a_hit_says_why_it_matched(house: SemanticHouse) -> None:
    house.cache.set(SCOPE, vector(3, 4), {"text": ("a", 1)}, query="how tall?", seconds=2.5)
    house.clock.advance(7)
    hit = house.cache.get(SCOPE, EAST, query="how high?", threshold=0.5)
    assert hit is not None
    assert (hit.response, hit.matched_query, hit.is_exact) == ({"text": ["a", 1]}, "how tall?", False)
    assert hit.similarity == pytest.approx(0.6, abs=1e-12)
    assert (hit.age, hit.seconds) == (7.0, 2.5)


def test_the_same_text_answers_first_however_similar_and_is_not_judged(house: SemanticHouse) -> None:
    house.judge.may = lambda _, __: False
    house.cache.set(SCOPE, NORTH, "the same text", query="how tall?")
    house.cache.set(SCOPE, EAST, "the same embedding", query="how high?")
    hit = house.cache.get(SCOPE, EAST, query="how tall?")
    assert hit is not None
    assert (hit.response, hit.is_exact, hit.similarity) == ("the same text", True, 0.0)
    hit = house.cache.get(SCOPE, query="how tall?")
    assert hit is not None
    assert (hit.response, hit.is_exact, hit.similarity) == ("the same text", True, 1.0)
    assert house.judge.offered == []


def test_the_policy_is_offered_the_best_ones_first_until_one_may_answer(house: SemanticHouse) -> None:
    for number in range(20):
        house.cache.set(SCOPE, vector(100, number), number, query=f"query {number}")
    house.clock.advance(3)
    house.judge.may = lambda _, candidate: candidate.query == "query 4"
    hit = house.cache.get(SCOPE, EAST, query="mine", threshold=0.0)
    assert hit is not None
    assert hit.response == 4
    assert [query for query, _ in house.judge.offered] == ["mine"] * 5
    candidates = [candidate for _, candidate in house.judge.offered]
    assert [candidate.query for candidate in candidates] == [f"query {number}" for number in range(5)]
    assert [candidate.similarity for candidate in candidates] == [
        pytest.approx(100 / math.hypot(100, number), abs=1e-12) for number in range(5)
    ]
    assert {(candidate.age, candidate.scope) for candidate in candidates} == {(3.0, SCOPE)}


def test_no_more_than_sixteen_are_looked_at(house: SemanticHouse) -> None:
    for number in range(2 * CANDIDATES):
        house.cache.set(SCOPE, EAST, number)
    house.judge.may = lambda _, __: False
    assert house.cache.get(SCOPE, EAST) is None
    assert len(house.judge.offered) == CANDIDATES == 16


def test_each_caller_gets_a_response_of_his_own(house: SemanticHouse) -> None:
    response: Any = {"choices": [{"text": "a"}]}
    house.cache.set(SCOPE, EAST, response)
    response["choices"].clear()
    for _ in range(2):
        hit = house.cache.get(SCOPE, EAST)
        assert hit is not None
        response = hit.response
        assert response == {"choices": [{"text": "a"}]}
        response["choices"].clear()
    made: Any = house.cache.get_or_call(SCOPE, NORTH, lambda: {"choices": [1]})
    made["choices"].clear()
    assert house.cache.get_or_call(SCOPE, NORTH, lambda: None) == {"choices": [1]}


def test_the_embedding_is_the_callers_to_change(house: SemanticHouse) -> None:
    embedding = vector(1, 0)
    house.cache.set(SCOPE, embedding, "response")
    embedding[:] = 0, 1
    assert house.cache.get(SCOPE, EAST) is not None


def test_the_admission_policy_is_told_of_the_whole_answer_and_what_it_refuses_is_counted(house: SemanticHouse) -> None:
    house.judge.will = lambda answer: answer.size < 1000
    assert house.cache.set(SCOPE, EAST, ["short"], query="how tall?", seconds=2.0)
    assert not house.cache.set(SCOPE, EAST, "x" * 1000)
    short, long = house.judge.answers
    assert (short.scope, short.query, short.response, short.seconds) == (SCOPE, "how tall?", ["short"], 2.0)
    assert 5 <= short.size < 1000 < long.size
    assert house.stats.counted().not_admitted == 1
    assert house.cache.measure().entries == 1


def test_what_a_policy_raises_is_the_callers_and_nothing_is_cached(house: SemanticHouse) -> None:
    def odd(*_: object) -> bool:
        raise ZeroDivisionError

    house.judge.will = odd
    with pytest.raises(ZeroDivisionError):
        house.cache.set(SCOPE, EAST, "response")
    assert house.cache.measure().entries == 0
    house.judge.will = lambda _: True
    house.cache.set(SCOPE, EAST, "response")
    house.judge.may = odd
    with pytest.raises(ZeroDivisionError):
        house.cache.get(SCOPE, EAST)


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


def test_forgetting_covers_what_the_tenant_shares(house: SemanticHouse) -> None:
    other = SessionKey("other")
    house.cache.set(Scope(SCOPE.session, shared=True), EAST, "mine")
    house.cache.set(Scope(other, shared=True), NORTH, "another's")
    assert house.cache.forget(SCOPE.session) == 1
    assert house.cache.get(Scope(other, shared=True), EAST) is None
    assert house.cache.get(Scope(SCOPE.session, shared=True), NORTH) is not None


def test_an_entry_of_a_clock_that_is_ahead_has_no_negative_age(house: SemanticHouse) -> None:
    house.cache.set(SCOPE, EAST, "response")
    house.clock.time -= 30
    hit = house.cache.get(SCOPE, EAST)
    assert hit is not None
    assert hit.age == 0.0


def test_what_is_made_is_cached_with_the_time_it_took(house: SemanticHouse) -> None:
    def make() -> str:
        house.clock.advance(2.5)
        return "made"

    assert house.cache.get_or_call(SCOPE, EAST, make, query="how tall?") == "made"
    [match] = house.index.search(SCOPE, EAST, k=5, at_least=0.9)
    assert decode_answer(match.payload).seconds == 2.5
    assert house.cache.get_or_call(SCOPE, NORTH, make, query="how tall?") == "made"
    counted = house.stats.counted()
    assert (counted.hits, counted.misses, counted.seconds_saved) == (1, 1, 2.5)


def test_what_is_not_admitted_is_made_for_each_caller(house: SemanticHouse) -> None:
    house.judge.will = lambda _: False
    assert [house.cache.get_or_call(SCOPE, EAST, lambda number=number: number) for number in (1, 2)] == [1, 2]  # type: ignore[misc]
    assert house.stats.counted().not_admitted == 2


def test_what_making_it_raises_goes_to_the_caller_and_nothing_is_cached(house: SemanticHouse) -> None:
    def odd() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        house.cache.get_or_call(SCOPE, EAST, odd)
    assert house.cache.get_or_call(SCOPE, EAST, lambda: 1) == 1


def test_asking_within_the_making_does_not_wait_for_itself(house: SemanticHouse) -> None:
    assert house.cache.get_or_call(SCOPE, EAST, lambda: [house.cache.get_or_call(SCOPE, EAST, lambda: "inner")]) == ["inner"]


def test_without_an_index_nothing_is_cached_or_counted_and_bad_input_is_refused_all_the_same() -> None:
    house = SemanticHouse()
    cache = SemanticCache(None, clock=house.clock, guard=house.guard, stats=house.stats, match=house.judge, admission=house.judge)
    assert cache.set(SCOPE, EAST, "response") is False
    assert cache.get(SCOPE, EAST) is None
    assert cache.get_or_call(SCOPE, EAST, lambda: "made") == "made"
    assert (cache.forget(SCOPE.session), cache.measure().entries) == (0, 0)
    assert (house.judge.answers, house.stats.counted()) == ([], LayerCounts())
    with pytest.raises(InvalidInputError):
        cache.get(SCOPE, vector(0, 0))
    cache.close()


def test_after_closing_every_call_says_so(house: SemanticHouse) -> None:
    house.cache.close()
    house.cache.close()
    for call in (
        lambda: house.cache.get(SCOPE, EAST),
        lambda: house.cache.set(SCOPE, EAST, 1),
        lambda: house.cache.get_or_call(SCOPE, EAST, lambda: 1),
        lambda: house.cache.forget(SCOPE.session),
        house.cache.measure,
    ):
        with pytest.raises(ClosedError):
            call()
    assert house.index.measure().entries == 0, "the index is still open"


def test_sums_are_kept_in_the_index_by_the_way_and_when_it_is_closed(house: SemanticHouse) -> None:
    stats = LayerStats("semantic", house.clock, house.store)
    cache = SemanticCache(
        house.store, clock=house.clock, guard=house.guard, stats=stats, match=house.judge, admission=house.judge
    )
    for _ in range(3):
        cache.get(SCOPE, EAST)
    assert house.index.tallies() == {}
    house.clock.advance(ADDED_EVERY_SECONDS)
    cache.get(SCOPE, EAST)
    assert house.index.tallies() == {"semantic_misses": 4}
    house.store.calls.clear()
    cache.get(SCOPE, EAST)
    assert house.store.calls == ["search"], "one round trip"
    cache.close()
    assert house.index.tallies() == {"semantic_misses": 5}


def test_an_index_that_is_away_is_not_asked_for_sums(house: SemanticHouse) -> None:
    stats = LayerStats("semantic", house.clock, house.store)
    cache = SemanticCache(
        house.store, clock=house.clock, guard=house.guard, stats=stats, match=house.judge, admission=house.judge
    )
    house.store.failure = unreachable
    house.clock.advance(ADDED_EVERY_SECONDS)
    cache.get(SCOPE, EAST)
    cache.close()
    assert house.store.calls == ["search"]
