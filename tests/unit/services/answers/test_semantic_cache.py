"""The semantic cache: whom it answers, what it makes and counts, and that it ends."""

from __future__ import annotations

import math
from typing import Any

import pytest

from failing_store import unreachable
from lixcore.domain.cached_answer import decode_answer
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError, InvalidInputError
from lixcore.services.answers.semantic_cache import CANDIDATES, SemanticCache
from lixcore.services.reuse.layer_stats import ADDED_EVERY_SECONDS, LayerCounts, LayerStats
from semantic_houses import SCOPE, SemanticHouse, vector

EAST, NORTH = vector(1, 0), vector(0, 1)


@pytest.fixture
def house() -> SemanticHouse:
    return SemanticHouse()


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
    assert (house.stats.counted().hits, house.stats.counted().misses) == (0, 1), "nothing that was cached has answered"
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
