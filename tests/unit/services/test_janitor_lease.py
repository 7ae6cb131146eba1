"""A janitor's lease: one of several works, and another takes over when it ends, dies or is held up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from janitors import IDLE, LEASE, House, PlainHotStore, three_of_different_age
from lixcore.services.upkeep import eviction

if TYPE_CHECKING:
    import pytest


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
