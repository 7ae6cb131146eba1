"""The archive in the hot store's stead: what goes there, what is read from there, and how the two become one again."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from lixcore import CacheConfig, Stack
from lixcore.errors import InvalidInputError, StoreUnavailableError
from outages import BATCH, SESSION, WINDOW, World, texts
from settable_clock import SettableClock


@pytest.mark.parametrize("before", [0, 1, WINDOW, WINDOW + BATCH, 30])
@pytest.mark.parametrize("meanwhile", [1, WINDOW, 3 * WINDOW])
def test_what_was_said_before_meanwhile_and_after_is_one_conversation(before: int, meanwhile: int) -> None:
    process = World().process()
    process.add(*texts(before))
    process.lose_hot_store()
    process.add(*texts(meanwhile, before + 1))
    assert process.context()[-meanwhile:] == texts(meanwhile, before + 1)[-WINDOW:]
    process.find_hot_store()
    said = texts(before + meanwhile)
    assert process.context() == said[-WINDOW:]
    process.add("after")
    assert process.context() == [*said, "after"][-WINDOW:]
    assert process.history() == [*said, "after"]


def test_reads_come_from_the_archive() -> None:
    process = World().process()
    process.add(*texts(12))
    process.layer.window.flush(SESSION)
    process.lose_hot_store()
    assert process.context() == texts(12)[-WINDOW:]
    assert process.history() == texts(12)
    assert process.layer.window.stats(SESSION).messages == 12


def test_the_first_look_after_the_return_is_an_add() -> None:
    process = World().process()
    process.add(*texts(5))
    process.lose_hot_store()
    process.add("m6")
    process.find_hot_store()
    process.add("m7")
    assert process.context() == ["m4", "m5", "m6", "m7"]


def test_the_process_dies_before_the_hot_store_is_back() -> None:
    """What it left in the archive is brought together by whoever comes next."""
    world = World()
    dying = world.process()
    dying.add(*texts(5))
    dying.lose_hot_store()
    dying.add("m6", "m7")
    other = world.process()
    assert other.context() == texts(7)[-WINDOW:]
    other.add("m8")
    assert other.history() == texts(8)


@pytest.mark.parametrize("sweeps", [False, True])
def test_a_process_that_never_lost_it_sees_what_another_one_archived(sweeps: bool) -> None:  # noqa: FBT001  # a parameter
    """At the latest when it, or anyone's janitor, looks for such sessions."""
    world = World()
    cut_off, connected = world.process(), world.process()
    connected.add(*texts(3))
    assert connected.context() == texts(3)
    cut_off.lose_hot_store()
    cut_off.add("m4")
    connected.add("m5")
    if sweeps:
        assert connected.layer.reconciler.sweep() == 1
        assert connected.context() == texts(5)[-WINDOW:]
    cut_off.find_hot_store()
    assert cut_off.context() == texts(5)[-WINDOW:]
    assert connected.history() == texts(5)
    assert connected.context() == texts(5)[-WINDOW:]


def test_a_clock_that_is_behind_the_hot_stores_keeps_the_order() -> None:
    world = World()
    process = world.process(clock=SettableClock(world.clock.time - 3600))
    process.add(*texts(3))
    process.lose_hot_store()
    process.add(*texts(3, 4))
    process.find_hot_store()
    process.add("m7")
    assert process.history() == texts(7)
    assert process.context() == texts(7)[-WINDOW:]


def test_what_others_add_meanwhile_comes_in_the_order_of_time_although_a_clock_is_behind() -> None:
    """The hot store's time goes on for a process that does not see it, by what the process saw last."""
    world = World()
    connected, cut_off = world.process(), world.process(clock=SettableClock(world.clock.time - 3600))
    connected.add("m1")
    assert cut_off.context() == ["m1"]
    cut_off.lose_hot_store()
    for number in range(2, 8, 2):
        world.clock.advance(10)
        cut_off.clock.advance(10)
        connected.add(f"m{number}")
        cut_off.clock.advance(0.001)
        cut_off.add(f"m{number + 1}")
    assert connected.history() == texts(7)


def test_two_processes_without_a_hot_store_lose_nothing_to_each_other() -> None:
    world = World()
    first, second = world.process(), world.process()
    for each in (first, second):
        each.lose_hot_store()
    for number in range(20):
        first.add(f"a{number:02}")
        world.clock.advance(-0.001)  # at the same instant
        second.add(f"b{number:02}")
    said = first.history()
    assert said == second.history()
    assert sorted(said) == [f"{name}{number:02}" for name in "ab" for number in range(20)]
    for name in "ab":
        own = [text for text in said if text[0] == name]
        assert own == sorted(own)


def test_a_context_cleared_meanwhile_stays_cleared() -> None:
    process = World().process()
    process.add(*texts(5))
    process.lose_hot_store()
    process.add("m6")
    process.layer.window.clear(SESSION)
    assert process.context() == []
    process.add("m7")
    assert process.context() == ["m7"]
    process.find_hot_store()
    assert process.context() == ["m7"]
    assert process.history() == texts(7)


@pytest.mark.parametrize("operation", ["flush", "forget"])
def test_what_cannot_be_done_without_it_raises(operation: str) -> None:
    process = World().process()
    process.add(*texts(5))
    process.lose_hot_store()
    process.add("m6")
    with pytest.raises(StoreUnavailableError, match="connection refused"):
        getattr(process.layer.window, operation)(SESSION)
    process.find_hot_store()
    assert process.history() == texts(6)


def test_it_is_told_once_each_way(caplog: pytest.LogCaptureFixture) -> None:
    process = World().process()
    process.add(*texts(WINDOW + BATCH))
    with caplog.at_level(logging.INFO, logger="lixcore"):
        process.lose_hot_store()
        process.add(*texts(50, 100))
        process.context()
        assert [record.message for record in caplog.records] == [
            "the hot store is away, sessions are served from the archive until it is back: redis://nowhere: connection refused"
        ]
        process.find_hot_store()
        process.add("after")
        process.context()
    assert len(caplog.records) == 2
    assert caplog.records[1].message.startswith("the hot store is back after ")


def test_a_store_that_is_away_is_asked_once_a_second() -> None:
    process = World().process()
    process.lose_hot_store()
    process.add("m1")
    process.way.calls.clear()
    for _ in range(100):
        process.clock.elapsed += 0.05
        process.clock.elapsed -= 0.001  # what `add` lets pass
        process.add("more")
    assert 4 <= len(process.way.calls) <= 5
    assert set(process.way.calls) == {"describe"}


def test_where_failures_are_the_callers_they_are_raised() -> None:
    process = World().process(stands_in=False)
    process.add("m1")
    process.lose_hot_store()
    for ask in (lambda: process.add("m2"), process.context, process.history):
        with pytest.raises(StoreUnavailableError):
            ask()
    process.find_hot_store()
    assert process.context() == ["m1"]


def test_the_tenant_of_the_journal_is_nobodys(tmp_path: Path) -> None:
    config = CacheConfig(hot_store="memory", archive_dir=str(tmp_path))
    with pytest.raises(InvalidInputError, match="reserved"), Stack(config) as stack:
        stack.session("s", tenant="\x00lixcore")
