"""Forks, interrupts and threads that are killed: nothing is seen twice, and what comes later is seen."""

from __future__ import annotations

import ctypes
import logging
import threading
from collections.abc import Callable
from functools import partial

import pytest

from forked import run_in_fork
from interrupts import interrupted
from lixcore.services.events.relay import EventCounts, EventRelay
from watching import PATIENCE, Gate, Watcher, added


def numbers(watcher: Watcher) -> list[int]:
    return [event.position for event in watcher.seen]


def test_a_forked_child_has_a_thread_of_its_own_and_shows_nothing_of_its_parent() -> None:
    """The fork does not wait for the observer either, which is looking at something all the time."""
    watcher, gate = Watcher(), Gate()
    watcher.then = gate
    relay = EventRelay([watcher], patience=PATIENCE)
    for number in range(4):
        relay.tell(added(number))
    gate.wait_until_reached()

    def in_child() -> None:
        watcher.seen.clear()
        watcher.then = lambda _: None
        assert relay.counts() == EventCounts(0, 0, 0)
        relay.tell(added(7))
        relay.close()
        assert numbers(watcher) == [7]
        assert relay.counts() == EventCounts(1, 0, 0)

    assert run_in_fork(in_child) == 0
    gate.open()
    relay.close()
    assert numbers(watcher) == [0, 1, 2, 3]


def test_a_child_that_is_forked_while_another_thread_shows_has_its_own_turn() -> None:
    watcher, gate = Watcher(), Gate()
    watcher.then = gate
    relay = EventRelay([watcher], background=False)
    showing = threading.Thread(target=relay.tell, args=(added(0),))
    showing.start()
    gate.wait_until_reached()
    relay.tell(added(1))  # left to the other thread

    def in_child() -> None:
        watcher.seen.clear()
        watcher.then = lambda _: None
        relay.tell(added(7))
        assert numbers(watcher) == [7]

    assert run_in_fork(in_child) == 0
    gate.open()
    showing.join(PATIENCE)
    assert numbers(watcher) == [0, 1]


def test_a_child_that_an_observer_forks_shows_nothing_of_its_parent() -> None:
    watcher = Watcher()
    relay = EventRelay([watcher], background=False)
    statuses: list[int] = []

    def in_child() -> None:
        watcher.then = lambda _: None
        relay.tell(added(7))
        assert numbers(watcher) == [0, 7]

    watcher.then = lambda _: statuses.append(run_in_fork(in_child))
    relay.tell(added(0))
    assert statuses == [0]
    assert numbers(watcher) == [0]


@pytest.mark.parametrize("make", [EventRelay, partial(EventRelay, background=False)], ids=["thread", "no thread"])
def test_wherever_telling_is_interrupted_nothing_is_seen_twice_and_later_events_are_seen(
    make: Callable[..., EventRelay],
) -> None:
    at, was_interrupted = 0, True
    while was_interrupted:
        watcher = Watcher()
        relay = make([watcher])
        relay.tell(added(0))
        was_interrupted = interrupted(lambda: relay.tell(added(1)), at)  # noqa: B023  # done at once
        relay.tell(added(2))
        relay.close()
        seen = numbers(watcher)
        assert seen in ([0, 1, 2], [0, 2]), f"interrupted at {at}"
        assert was_interrupted or seen == [0, 1, 2]
        at += 1
    assert at > 3


def test_without_a_thread_an_interrupt_while_observers_look_reaches_the_caller() -> None:
    """It may be Ctrl-C, which is not the observer's; the others see the event before."""
    interrupted_one, other = Watcher("interrupted"), Watcher("other")

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    interrupted_one.then = interrupt
    relay = EventRelay([interrupted_one, other], background=False)
    with pytest.raises(KeyboardInterrupt):
        relay.tell(added(0))
    assert numbers(other) == [0]
    interrupted_one.then = lambda _: None
    relay.tell(added(1))
    assert numbers(interrupted_one) == numbers(other) == [0, 1]
    assert relay.counts() == EventCounts(told=2, dropped=0, failed=1)


def test_on_its_thread_an_interrupt_is_a_failure_like_any_other(caplog: pytest.LogCaptureFixture) -> None:
    watcher = Watcher("interrupted")

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    watcher.then = interrupt
    relay = EventRelay([watcher])
    with caplog.at_level(logging.WARNING, logger="lixcore.events"):
        relay.tell(added(0))
        relay.tell(added(1))
        relay.close()
    assert numbers(watcher) == [0, 1]
    assert len(caplog.records) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # that it is killed is what is tried
def test_when_its_thread_is_killed_the_next_event_has_another_one_started() -> None:
    watcher = Watcher()
    relay = EventRelay([watcher])
    seen = threading.Event()
    watcher.then = lambda _: seen.set()
    relay.tell(added(0))
    assert seen.wait(PATIENCE)
    [thread] = [each for each in threading.enumerate() if each.name == "lixcore-events"]
    assert thread.ident is not None
    kill = ctypes.pythonapi.PyThreadState_SetAsyncExc
    while thread.is_alive() and numbers(watcher) == [0]:  # it rests, or is about to: the exception comes when it wakes
        kill(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))
        relay.tell(added(1))
        thread.join(PATIENCE)
    seen.clear()
    watcher.then = lambda event: seen.set() if event == added(2) else None
    relay.tell(added(2))
    assert seen.wait(PATIENCE)
    relay.close()
    assert numbers(watcher) == [0, 1, 2]
    assert not thread.is_alive()
