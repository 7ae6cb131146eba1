"""Two processes ask for the same answer, their calls of the index interleaved in every way that two switches allow."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from interleaving import Actor
from lixcore.services.answers.semantic_cache import SemanticCache
from semantic_houses import SCOPE, FailingIndex, SemanticHouse, vector

CALLS = 6  # of the one who makes it: search, lease, search, add, end_lease
MORE_THAN_ENOUGH = 30
CASES = list(itertools.product(range(CALLS + 1), range(2 * CALLS)))


class Race:
    """Each process has a cache of its own. Nobody pauses: the test says who goes on."""

    def __init__(self, query: str | None) -> None:
        self.house = SemanticHouse(raise_failures=True)
        self.query = query
        self.made = 0
        self.fails_first = False
        self.answers: list[object] = []
        self.errors = 0

    def call(self, actor: Actor) -> Callable[[], None]:
        cache: SemanticCache = self.house.another(FailingIndex(actor.watched(self.house.index)))
        cache._leases.close()  # nobody renews: the clock stands still
        cache._flight._pause = lambda _, __: None

        def work() -> None:
            try:
                self.answers.append(cache.get_or_call(SCOPE, vector(1, 0), self.make, query=self.query))
            except ZeroDivisionError:
                self.errors += 1

        return work

    def make(self) -> int:
        self.made += 1
        if self.fails_first and self.made == 1:
            raise ZeroDivisionError
        return self.made

    def run(self, calls: tuple[int, int]) -> None:
        """The first makes so many calls, the second so many, then each one in its turn: one may wait for the other."""
        actors = [Actor("one"), Actor("two")]
        for actor, count in zip(actors, calls, strict=True):
            actor.begin(self.call(actor))
            for _ in range(count):
                if not actor.done:
                    actor.step()
        for _ in range(MORE_THAN_ENOUGH):
            for actor in actors:
                if not actor.done:
                    actor.step()
        for actor in actors:
            assert actor.done, "it waits for ever"
            actor.finished()


@pytest.mark.parametrize("query", ["how tall?", None])
@pytest.mark.parametrize("calls", CASES)
def test_it_is_made_once(calls: tuple[int, int], query: str | None) -> None:
    race = Race(query)
    race.run(calls)
    assert race.answers == [1, 1]
    assert (race.made, race.house.index.measure().entries) == (1, 1)


@pytest.mark.parametrize("calls", CASES)
def test_when_making_it_fails_the_other_process_makes_it(calls: tuple[int, int]) -> None:
    race = Race("how tall?")
    race.fails_first = True
    race.run(calls)
    assert (race.errors, race.made, race.answers) == (1, 2, [2])


@pytest.mark.parametrize("calls", CASES)
def test_what_is_not_admitted_is_made_by_each_process_and_nobody_waits_for_ever(calls: tuple[int, int]) -> None:
    race = Race("how tall?")
    race.house.judge.will = lambda _: False
    race.run(calls)
    assert sorted(map(str, race.answers)) == ["1", "2"]
