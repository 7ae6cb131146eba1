"""A janitor and the eviction policy: what it asks, which answers it follows, and what it does with bad ones."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from janitors import IDLE, TTL, House, three_of_different_age
from lixcore.domain.session import SessionKey
from lixcore.ports.policy import Candidate, Surplus


class Keeps:
    """A policy that lets nobody go; it notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], Surplus]] = []

    def victims(self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus) -> Sequence[Any]:
        assert idle_seconds == IDLE
        assert all(candidate.last_active <= now for candidate in candidates)
        self.asked.append(([candidate.session.id for candidate in candidates], surplus))
        return []


def test_a_session_leaves_after_its_time_to_live_whatever_the_policy_says(house: House) -> None:
    house.say("older")
    house.clock.advance(TTL - IDLE)
    house.say("old")
    house.clock.advance(IDLE)
    house.say("new")
    policy = Keeps()
    assert house.janitor(policy=policy).round().evicted_idle == 1
    assert house.hot_names() == ["old", "new"]
    assert policy.asked == [(["old"], Surplus())], "what leaves anyway is not asked for, nor what is in use"


def test_a_policy_gets_everything_with_sizes_only_when_something_has_to_leave(house: House) -> None:
    three_of_different_age(house)
    for limit, asked in [(3, ["old"]), (2, ["old", "young", "new"])]:
        policy = Keeps()
        janitor = house.janitor(policy=policy, max_sessions=limit)
        janitor.round()
        janitor.close()
        assert policy.asked == [(asked, Surplus(sessions=3 - limit))]


class Chooses:
    """A policy that answers as the test says."""

    def __init__(self, answer: Callable[[Sequence[Candidate]], Any]) -> None:
        self.answer = answer

    def victims(self, candidates: Sequence[Candidate], **_: object) -> Any:
        return self.answer(candidates)


def all_twice_and_strangers(candidates: Sequence[Candidate]) -> list[SessionKey]:
    own = [candidate.session for candidate in candidates]
    return [SessionKey("nobody"), *own, SessionKey("new"), *reversed(own)]


def test_a_policy_may_name_sessions_twice_and_others_that_it_was_not_asked_about(house: House) -> None:
    three_of_different_age(house)
    report = house.janitor(policy=Chooses(all_twice_and_strangers)).round()
    assert (report.evicted_idle, report.policy_failed) == (1, False)
    assert house.hot_names() == ["young", "new"]
    house.check_nothing_lost()


@pytest.mark.parametrize("answer", [lambda _: 1 / 0, lambda _: None, lambda _: [["unhashable"]]], ids=["raises", "none", "lists"])
def test_a_policy_that_fails_is_told_once_and_keeps_nothing_else_from_being_done(
    house: House, answer: Callable[[Sequence[Candidate]], Any], caplog: pytest.LogCaptureFixture
) -> None:
    house.say("dead")
    house.clock.advance(TTL)
    three_of_different_age(house)
    janitor = house.janitor(policy=Chooses(answer), max_sessions=1)
    with caplog.at_level(logging.WARNING, logger="lixcore.janitor"):
        report = janitor.round()
        assert (report.evicted_idle, report.policy_failed, report.complete) == (1, True, True)
        assert house.hot_names() == ["old", "young", "new"]
        janitor.round()
    assert [record.getMessage()[:27] for record in caplog.records] == ["the eviction policy failed,"]
