"""A janitor's rounds: who leaves the hot store, when, and who may do it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janitors import IDLE, LEASE, TTL, House, PlainHotStore
from lixcore.domain.position import Entry
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, PositionConflictError, StoreError, StoreUnavailableError
from lixcore.ports.policy import Candidate, Surplus
from lixcore.services.upkeep import eviction
from lixcore_memory import MemoryArchive


@pytest.fixture
def house() -> House:
    return House()


def three_of_different_age(house: House) -> None:
    """Idle for longer than the policy needs, a little less, and not at all."""
    for name, then in [("old", 1.0), ("young", IDLE - 1), ("new", 0.0)]:
        house.say(name, f"1 of {name}", f"2 of {name}")
        house.clock.advance(then)


def test_idle_sessions_leave_and_others_stay(house: House) -> None:
    three_of_different_age(house)
    report = house.janitor().round()
    assert (report.evicted_idle, report.evicted_for_room, report.complete) == (1, 0, True)
    assert house.hot_names() == ["young", "new"]
    house.check_nothing_lost()
    assert not house.janitor().round().did_something


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


def test_more_sessions_than_may_be_hot_make_the_longest_idle_ones_leave(house: House) -> None:
    three_of_different_age(house)
    report = house.janitor(max_sessions=1).round()
    assert (report.evicted_idle, report.evicted_for_room) == (1, 1)
    assert house.hot_names() == ["new"]
    house.check_nothing_lost()


def test_more_bytes_than_may_be_hot_make_the_longest_idle_ones_leave(house: House) -> None:
    for name in "abcd":
        house.say(name, "x" * 1000)
        house.clock.advance(1)
    (size,) = house.hot.sizes([SessionKey("a")])
    report = house.janitor(max_bytes=2 * size + size // 2).round()
    assert (report.evicted_idle, report.evicted_for_room) == (0, 2)
    assert house.hot_names() == ["c", "d"]


def test_a_policy_gets_everything_with_sizes_only_when_something_has_to_leave(house: House) -> None:
    three_of_different_age(house)
    for limit, asked in [(3, ["old"]), (2, ["old", "young", "new"])]:
        policy = Keeps()
        janitor = house.janitor(policy=policy, max_sessions=limit)
        janitor.round()
        janitor.close()
        assert policy.asked == [(asked, Surplus(sessions=3 - limit))]


@pytest.mark.parametrize("limit", ["max_sessions", "max_bytes"])
def test_what_leaves_anyway_makes_room_too(house: House, limit: str) -> None:
    for name in ["dead 1", "dead 2"]:
        house.say(name)
    house.clock.advance(TTL)
    for name in ["a", "b", "c"]:
        house.say(name)
    (size,) = house.hot.sizes([SessionKey("a")])
    report = house.janitor(**{limit: 2 if limit == "max_sessions" else 2 * size}).round()
    assert (report.evicted_idle, report.evicted_for_room) == (2, 1)


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


class PartlyDamagedArchive(MemoryArchive):
    """Refuses some sessions."""

    error: StoreError = CorruptDataError("the file", "is damaged")

    def append_many(self, batches: Sequence[tuple[SessionKey, Sequence[Entry]]]) -> None:
        if any(session.id.startswith("damaged") for session, _ in batches):
            raise self.error
        super().append_many(batches)


@pytest.mark.parametrize("error", [CorruptDataError("the file", "is damaged"), PositionConflictError("the file", 7)])
def test_what_cannot_leave_keeps_nobody_else_and_others_make_room_in_its_place(
    error: StoreError, caplog: pytest.LogCaptureFixture
) -> None:
    archive = PartlyDamagedArchive()
    archive.error = error
    house = House(archive=archive)
    for name in ["damaged 1", "damaged 2", "a", "b", "c"]:
        house.say(name)
        house.clock.advance(1)
    janitor = house.janitor(max_sessions=3)
    with caplog.at_level(logging.INFO, logger="lixcore.janitor"):
        report = janitor.round()
        assert (report.evicted_for_room, report.damaged) == (2, 2)
        assert house.hot_names() == ["damaged 1", "damaged 2", "c"]
        house.check_nothing_lost()
        assert not janitor.round().did_something
        house.clock.advance(IDLE)
        assert janitor.round().evicted_idle == 1
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert [level for level, _ in told] == ["INFO", "WARNING", "INFO"], told
    assert "2 sessions cannot be archived" in told[1][1]
    assert str(error) in told[1][1]


def test_sessions_move_in_steps_and_a_stop_waits_for_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eviction, "AT_ONCE", 3)
    for number in range(10):
        house.say(str(number))
    house.clock.advance(IDLE)
    report = house.janitor().round(stopping=lambda: True)
    assert (report.evicted_idle, report.complete) == (3, False)
    assert len(house.hot_names()) == 7
    house.check_nothing_lost()
    assert house.janitor().round().another_is_janitor, "the lease is given back by `close`"


# The lease.


def test_one_of_two_works_and_the_other_takes_over_when_it_ends(house: House) -> None:
    three_of_different_age(house)
    first, second = house.janitor(), house.janitor()
    assert first.round().evicted_idle == 1
    for _ in range(int(IDLE / LEASE) + 1):
        house.clock.advance(LEASE - 1)
        report = second.round()
        assert (report.another_is_janitor, report.did_something, report.complete) == (True, False, False)
        assert first.round().complete, "it stays the janitor between rounds"
    assert house.hot_names() == []
    first.close()
    assert second.round().complete
    second.close()
    assert "janitor" not in house.hot._leases


def test_a_dead_janitors_lease_ends_by_itself(house: House) -> None:
    house.janitor().round()
    second = house.janitor()
    house.clock.advance(LEASE - 1)
    assert second.round().another_is_janitor
    house.clock.advance(1)
    assert second.round().complete


def test_a_janitor_that_was_held_up_stops_when_another_took_its_place(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is stopped for longer than the lease lasts while it moves the first sessions."""
    monkeypatch.setattr(eviction, "AT_ONCE", 2)
    for number in range(6):
        house.say(str(number))
    house.clock.advance(IDLE)
    first, second = house.janitor(), house.janitor()

    def held_up() -> bool:
        if house.clock.elapsed < IDLE + LEASE:
            house.clock.advance(LEASE)
            assert second.round(stopping=lambda: True).evicted_idle == 2
        return False

    report = first.round(stopping=held_up)
    assert (report.another_is_janitor, report.evicted_idle, report.complete) == (True, 2, False)
    house.check_nothing_lost()
    assert not first.round().complete
    assert second.round().evicted_idle == 2


def test_a_long_round_renews_the_lease(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eviction, "AT_ONCE", 1)
    for number in range(10):
        house.say(str(number))
    house.clock.advance(IDLE)
    others = house.janitor()

    def slow() -> bool:
        house.clock.advance(LEASE / 2)
        return False

    assert house.janitor().round(stopping=slow).evicted_idle == 10
    assert others.round().another_is_janitor


def test_without_leases_everybody_is_the_janitor() -> None:
    house = House(PlainHotStore)
    house.say("a")
    assert house.janitor().round().complete
    assert house.janitor().round().complete


# Stores that fail.


class FailingArchive(MemoryArchive):
    """Raises when it is told to."""

    error: Exception | None = None

    def append_many(self, batches: Sequence[tuple[SessionKey, Sequence[Entry]]]) -> None:
        if self.error is not None:
            raise self.error
        super().append_many(batches)


def test_a_store_that_fails_ends_the_round_is_told_once_and_the_lease_is_for_others(caplog: pytest.LogCaptureFixture) -> None:
    archive = FailingArchive()
    house = House(archive=archive)
    three_of_different_age(house)
    janitor = house.janitor()
    archive.error = StoreUnavailableError("the disk", "is gone")
    with pytest.raises(StoreUnavailableError, match="is gone"):
        janitor.round()
    with caplog.at_level(logging.INFO, logger="lixcore.janitor"):
        for _ in range(3):
            assert janitor.work() == 20.0
            assert "janitor" not in house.hot._leases
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        archive.error = None
        waits = [janitor.work()]
        while waits[-1] == 0.0:
            waits.append(janitor.work())
    assert waits[-1] == 20.0
    assert len(waits) > 1
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "INFO"]
    assert caplog.records[1].getMessage() == "the janitor works again"
    assert house.hot_names() == ["young", "new"]
    house.check_nothing_lost()


def test_a_strangers_error_ends_the_round_and_the_next_one_begins_afresh() -> None:
    archive = FailingArchive()
    house = House(archive=archive)
    three_of_different_age(house)
    janitor = house.janitor()
    archive.error = ZeroDivisionError("a stranger's archive")
    with pytest.raises(ZeroDivisionError):
        janitor.work()
    archive.error = None
    assert janitor.work() == 0.0
    assert house.hot_names() == ["young", "new"]


def test_closing_in_the_middle_leaves_the_rest_to_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eviction, "AT_ONCE", 1)
    for number in range(3):
        house.say(str(number))
    house.clock.advance(IDLE)
    first = house.janitor()
    assert first.work() == 0.0
    first.close()
    assert len(house.hot_names()) == 2
    assert house.janitor().round().evicted_idle == 2


# Whatever is there.

SESSIONS = st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 3), st.booleans()), max_size=12)


@given(
    sessions=SESSIONS,
    max_sessions=st.none() | st.integers(0, 12),
    max_bytes=st.none() | st.integers(0, 2000),
    at_once=st.integers(1, 4),
    stop_after=st.none() | st.integers(0, 4),
)
def test_after_any_round_nothing_is_lost_and_the_limits_hold_where_they_can(
    sessions: list[tuple[int, int, bool]],
    max_sessions: int | None,
    max_bytes: int | None,
    at_once: int,
    stop_after: int | None,
) -> None:
    house = House(archive=PartlyDamagedArchive())
    for index, (pause, count, damaged) in enumerate(sessions):
        house.say(f"{'damaged ' if damaged else ''}{index}", *(f"{number}" for number in range(count)))
        house.clock.advance(pause)
    before = {each.session: each.last_active for each in house.hot.sessions()}
    steps = iter(range(1000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(eviction, "AT_ONCE", at_once)
        janitor = house.janitor(max_sessions=max_sessions, max_bytes=max_bytes)
        report = janitor.round(stopping=lambda: stop_after is not None and next(steps) >= stop_after)
    house.check_nothing_lost()
    hot = [each.session for each in house.hot.sessions()]
    assert report.evicted_idle + report.evicted_for_room == len(before) - len(hot)
    if not report.complete:
        assert stop_after is not None
        return
    sound = [session for session in hot if not session.id.startswith("damaged")]
    assert all(house.clock.now() - before[session] < IDLE for session in sound), "idle for too long"
    if max_sessions is not None:
        assert len(hot) <= max_sessions or not sound
    if max_bytes is not None:
        assert sum(house.hot.sizes(hot)) <= max_bytes or not sound
    if max_sessions is None and max_bytes is None:
        assert report.evicted_for_room == 0
