"""A janitor's rounds: who leaves the hot store, when, and who may do it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janitors import IDLE, TTL, House, PartlyDamagedArchive, three_of_different_age
from lixcore.domain.session import SessionKey
from lixcore.services.upkeep import eviction


def test_idle_sessions_leave_and_others_stay(house: House) -> None:
    three_of_different_age(house)
    report = house.janitor().round()
    assert (report.evicted_idle, report.evicted_for_room, report.complete) == (1, 0, True)
    assert house.hot_names() == ["young", "new"]
    house.check_nothing_lost()
    assert not house.janitor().round().did_something


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
