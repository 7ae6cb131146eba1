"""What the hot store is asked for an eviction policy: only what it wants, in few questions, whatever the store can do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pytest

from janitors import House, PlainHotStore
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import HotInfo
from lixcore.ports.policy import Candidate, CandidateFact, Surplus
from lixcore.services.upkeep import candidate_facts
from lixcore.services.upkeep.candidate_facts import CandidateFacts
from lixcore_memory import MemoryHotStore


class Counting(MemoryHotStore):
    """Notes what it is asked."""

    def __init__(self, clock: Any) -> None:
        super().__init__(clock)
        self.asked: list[tuple[str, int]] = []

    def sizes(self, sessions: Sequence[SessionKey]) -> Sequence[int]:
        self.asked.append(("sizes", len(sessions)))
        return super().sizes(sessions)

    def describe_many(self, sessions: Sequence[SessionKey]) -> Sequence[HotInfo | None]:
        self.asked.append(("describe_many", len(sessions)))
        return super().describe_many(sessions)


class Wants:
    """Keeps everybody, and what it was told."""

    def __init__(self, *wants: CandidateFact) -> None:
        self.wants: Collection[CandidateFact] = wants
        self.told: list[Candidate] = []

    def victims(self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus) -> list[SessionKey]:
        del now, idle_seconds, surplus
        self.told = list(candidates)
        return []


@pytest.mark.parametrize(
    ("wants", "asked"),
    [
        ([], []),
        ([CandidateFact.SIZE], [("sizes", 3)]),
        ([CandidateFact.MESSAGES], [("describe_many", 3)]),
        (list(CandidateFact), [("sizes", 3), ("describe_many", 3)]),
    ],
)
def test_the_store_is_asked_what_is_wanted_and_nothing_else(wants: list[CandidateFact], asked: list[tuple[str, int]]) -> None:
    house = House(Counting)
    began = house.clock.now()
    for name in ("a", "b", "c"):
        house.say(name, "x", "x")
        house.clock.advance(1)
    policy = Wants(*wants)
    house.janitor(policy=policy, max_sessions=2).round()
    assert house.hot.asked == asked
    told = policy.told[0]
    assert (told.size is not None) == (CandidateFact.SIZE in wants)
    expected = (2, pytest.approx(began)) if CandidateFact.MESSAGES in wants else (None, None)
    assert (told.messages, told.oldest) == expected


def test_sizes_that_are_known_for_the_limit_are_not_asked_again() -> None:
    house = House(Counting)
    house.say("a")
    house.janitor(policy=Wants(CandidateFact.SIZE), max_bytes=0).round()
    assert house.hot.asked == [("sizes", 1)]


def test_a_store_without_powers_is_asked_one_by_one_and_tells_no_sizes() -> None:
    house = House(PlainHotStore)
    house.say("a", "x", "x", "x")
    policy = Wants(*CandidateFact)
    house.janitor(policy=policy, max_sessions=0).round()
    assert [(each.size, each.messages) for each in policy.told] == [(None, 3)]


def test_many_are_asked_for_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidate_facts, "ASKED_AT_ONCE", 2)
    house = House(Counting)
    for name in "abcde":
        house.say(name)
    candidates = [Candidate(SessionKey(name), 0.0) for name in "abxde"]
    known = CandidateFacts(house.hot).added(candidates, list(CandidateFact))
    assert [each.messages for each in known] == [1, 1, None, 1, 1], "what left meanwhile is left as it was"
    assert house.hot.asked == [
        ("sizes", 2),
        ("sizes", 2),
        ("sizes", 1),
        ("describe_many", 2),
        ("describe_many", 2),
        ("describe_many", 1),
    ]


def test_when_an_imported_message_was_added_is_not_known() -> None:
    assert candidate_facts._added(Position(3)) is None
    assert candidate_facts._added(None) is None
    assert candidate_facts._added(Position(1_700_000_000_500 << 20)) == 1_700_000_000.5
