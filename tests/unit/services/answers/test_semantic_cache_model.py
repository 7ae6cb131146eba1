"""The semantic cache does what a plain list of what was cached says."""

from __future__ import annotations

import math
from typing import Any

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import InvalidInputError
from semantic_houses import SemanticHouse, vector

TTL, CAPACITY, THRESHOLD = 100.0, 3, 0.9
ONE, TWO = SessionKey("one"), SessionKey("two")
SCOPES = [
    Scope(ONE, "a"),
    Scope(ONE, "a", "another model"),
    Scope(ONE, "b"),
    Scope(TWO, "a"),
    Scope(SessionKey("one", tenant="another"), "a"),
    Scope(ONE, "a", shared=True),
    Scope(TWO, "a", shared=True),  # the same place as the one before
]
# Small whole numbers: parallel ones tie, and no cosine is within rounding of a threshold.
VECTORS = st.tuples(*[st.integers(-3, 3)] * 3).filter(any)
TEXTS = st.none() | st.sampled_from(["how tall?", "how small?", "refused", "", "é\0"])
THRESHOLDS = st.none() | st.sampled_from([-1, 0, 0.55, 0.9, 1.0])


@attrs.frozen
class Cached:
    """An entry as the model has it."""

    place: tuple[object, ...]
    session: SessionKey
    direction: tuple[int, ...]
    text: str | None
    response: int
    seconds: float | None
    added: float


def place_of(scope: Scope) -> tuple[object, ...]:
    owner = scope.session.tenant if scope.shared else scope.session
    return (scope.shared, owner, scope.url, scope.model)


def cosine(one: tuple[int, ...], two: tuple[int, ...]) -> float:
    product = sum(a * b for a, b in zip(one, two, strict=True))
    return round(product / math.sqrt(sum(a * a for a in one) * sum(b * b for b in two)), 9)


def is_refused(query: str | None, cached: str | None) -> bool:
    return "refused" in {query, cached}


class SemanticCacheMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.house = SemanticHouse(threshold=THRESHOLD, ttl=TTL, capacity=CAPACITY, dimension=3)
        self.house.judge.may = lambda query, candidate: not is_refused(query, candidate.query)
        self.house.judge.will = lambda answer: answer.response % 5 != 4  # type: ignore[operator]  # all are numbers here
        self.cached: list[Cached] = []
        self.made = 0
        self.hits = self.misses = self.not_admitted = 0
        self.saved = 0.0

    @initialize(seconds=st.integers(0, 10))
    def begin(self, seconds: int) -> None:
        self.house.clock.advance(seconds)

    def live(self) -> list[Cached]:
        return [each for each in self.cached if self.house.clock.time < each.added + TTL]

    def add(self, scope: Scope, direction: tuple[int, ...], text: str | None, seconds: float | None) -> bool:
        """What the model has of a response that is cached now; its number is the last one that was made."""
        if self.made % 5 == 4:
            self.not_admitted += 1
            return False
        new = Cached(place_of(scope), scope.session, direction, text, self.made, seconds, self.house.clock.time)
        self.cached = [*self.live(), new]
        there = [each for each in self.cached if each.place == new.place]
        for each in there[:-CAPACITY]:
            self.cached.remove(each)
        return True

    def expected(self, scope: Scope, direction: tuple[int, ...] | None, text: str | None, threshold: float) -> Any:
        there = [each for each in self.live() if each.place == place_of(scope)][::-1]
        for each in there:
            if text is not None and each.text == text:
                return each, 1.0 if direction is None else cosine(direction, each.direction), True
        if direction is None:
            return None
        similar = [(cosine(direction, each.direction), each) for each in there]
        for similarity, each in sorted(similar, key=lambda pair: -pair[0]):  # the sort is stable: newer ones first
            if similarity >= threshold and not is_refused(text, each.text):
                return each, similarity, False
        return None

    def count(self, found: Any) -> None:
        if found is None:
            self.misses += 1
        else:
            self.hits += 1
            self.saved += found[0].seconds or 0.0

    @rule(
        scope=st.sampled_from(SCOPES),
        direction=VECTORS,
        text=TEXTS,
        seconds=st.none() | st.integers(0, 9).map(float),
    )
    def set(self, scope: Scope, direction: tuple[int, ...], text: str | None, seconds: float | None) -> None:
        self.made += 1
        expected = self.add(scope, direction, text, seconds)
        got = self.house.cache.set(scope, vector(*direction), self.made, query=text, seconds=seconds)
        assert got == expected

    @rule(scope=st.sampled_from(SCOPES), direction=st.none() | VECTORS, text=TEXTS, threshold=THRESHOLDS)
    def get(self, scope: Scope, direction: tuple[int, ...] | None, text: str | None, threshold: float | None) -> None:
        embedding = None if direction is None else vector(*direction)
        if direction is None and text is None:
            return
        hit = self.house.cache.get(scope, embedding, query=text, threshold=threshold)
        found = self.expected(scope, direction, text, THRESHOLD if threshold is None else threshold)
        self.count(found)
        if found is None:
            assert hit is None
            return
        assert hit is not None
        cached, similarity, is_exact = found
        assert (hit.response, hit.matched_query, hit.is_exact) == (cached.response, cached.text, is_exact)
        assert (hit.age, hit.seconds) == (self.house.clock.time - cached.added, cached.seconds)
        assert abs(hit.similarity - similarity) < 1e-8

    @rule(scope=st.sampled_from(SCOPES), direction=VECTORS, text=TEXTS, takes=st.integers(0, 9), fails=st.booleans())
    def get_or_call(self, scope: Scope, direction: tuple[int, ...], text: str | None, takes: int, fails: bool) -> None:  # noqa: FBT001  # drawn
        found = self.expected(scope, direction, text, THRESHOLD)
        made = self.made

        def make() -> int:
            self.house.clock.advance(takes)
            if fails:
                raise ZeroDivisionError
            self.made += 1
            return self.made

        try:
            response = self.house.cache.get_or_call(scope, vector(*direction), make, query=text)
        except ZeroDivisionError:
            assert fails
            assert found is None
            return
        finally:
            self.count(found)
        if found is not None:
            assert (response, self.made) == (found[0].response, made)
        else:
            assert response == self.made == made + 1
            self.add(scope, direction, text, float(takes))

    @rule(scope=st.sampled_from(SCOPES))
    def refuse_another_dimension(self, scope: Scope) -> None:
        with pytest.raises(InvalidInputError, match=r"^embedding has dimension 2; embedding_dimension is 3$"):
            self.house.cache.get(scope, vector(1, 2))
        with pytest.raises(InvalidInputError, match=r"^embedding has dimension 2; embedding_dimension is 3$"):
            self.house.cache.set(scope, vector(1, 2), 1)

    @rule(session=st.sampled_from([ONE, TWO, SessionKey("three")]))
    def forget(self, session: SessionKey) -> None:
        gone = [each for each in self.live() if each.session == session]
        assert self.house.cache.forget(session) == len(gone)
        self.cached = [each for each in self.live() if each not in gone]

    @rule(seconds=st.sampled_from([1.0, 40.0, TTL]))
    def pass_time(self, seconds: float) -> None:
        self.house.clock.advance(seconds)

    @invariant()
    def everything_is_counted(self) -> None:
        assert self.house.cache.measure().entries == len(self.live())
        own = [each for each in self.live() if each.place[:2] == (False, ONE)]
        assert self.house.cache.measure(ONE).entries == len(own)
        counted = self.house.stats.counted()
        assert (counted.hits, counted.misses, counted.not_admitted) == (self.hits, self.misses, self.not_admitted)
        assert (counted.seconds_saved, counted.failures) == (self.saved, 0)


TestSemanticCache = SemanticCacheMachine.TestCase
TestSemanticCache.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
