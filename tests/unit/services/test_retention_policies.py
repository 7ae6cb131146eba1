"""The janitor and the retention policy: when it is asked, that it decides, and what becomes of its failure."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from janitors import DAY, House
from lixcore.domain.session import SessionKey
from lixcore.ports.cold_archive import ArchiveInfo
from lixcore_memory import MemoryHotStore


class Retires:
    """A policy that does as it is told, and notes what it was asked."""

    def __init__(self, answer: Callable[[ArchiveInfo], bool]) -> None:
        self.answer = answer
        self.asked: list[tuple[str, float | None]] = []

    def is_over(self, history: ArchiveInfo, *, now: float, ttl_seconds: float | None) -> bool:
        del now
        self.asked.append((history.session.id, ttl_seconds))
        return self.answer(history)


def archived(house: House, *names: str) -> None:
    for name in names:
        house.say(name)
        assert house.layer.tiering.evict(SessionKey(name))


def test_a_policy_of_ones_own_is_asked_without_a_ttl_too_and_again_before_the_removal(house: House) -> None:
    archived(house, "a", "b")
    policy = Retires(lambda history: history.session.id == "a")
    assert house.janitor(retention=policy).round().histories_removed == 1
    assert sorted(policy.asked) == [("a", None), ("a", None), ("b", None)]
    assert (house.history("a"), house.history("b")) == ([], ["x"])


def test_it_is_told_the_configured_time(house: House) -> None:
    archived(house, "a")
    policy = Retires(lambda _: False)
    assert not house.janitor(retention=policy, ttl_days=2).round().did_something
    assert policy.asked == [("a", 2 * DAY)]


def test_what_is_hot_stays_whatever_it_says(house: House) -> None:
    archived(house, "a")
    house.layer.window.context(SessionKey("a"))
    assert house.janitor(retention=Retires(lambda _: True)).round().histories_removed == 0
    house.check_nothing_lost()


def test_where_it_changes_its_mind_the_history_stays(house: House) -> None:
    archived(house, "a")
    answers = iter([True, False])
    assert house.janitor(retention=Retires(lambda _: next(answers))).round().histories_removed == 0
    house.check_nothing_lost()


class AnotherTime(MemoryHotStore):
    """Has a clock that is a day off."""

    def time(self) -> float:
        return self._clock.now() + DAY


def test_it_is_not_asked_while_two_clocks_are_apart() -> None:
    house = House(AnotherTime)
    archived(house, "a")
    policy = Retires(lambda _: True)
    report = house.janitor(retention=policy).round()
    assert (report.histories_removed, report.failed, policy.asked) == (0, 1, [])
    house.check_nothing_lost()


def test_a_policy_that_fails_is_told_and_nothing_is_removed(house: House, caplog: pytest.LogCaptureFixture) -> None:
    archived(house, "a", "b", "c")

    def fails(_: ArchiveInfo) -> bool:
        raise ZeroDivisionError("no idea")

    policy = Retires(fails)
    with caplog.at_level(logging.WARNING, "lixcore.janitor"):
        report = house.janitor(retention=policy, ttl_days=1).round()
    assert (report.histories_removed, report.policy_failed, report.found_problems) == (0, True, True)
    assert len(policy.asked) == 1, "it is not asked again in this hour"
    assert [record.getMessage() for record in caplog.records] == [
        "the retention policy failed, no history is removed: ZeroDivisionError('no idea')"
    ]
    house.check_nothing_lost()
