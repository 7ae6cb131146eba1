"""Events go to whoever watches: in order, each once, without those who tell of them ever waiting."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from lixcore.errors import InvalidInputError
from lixcore.ports.events import KINDS, Added, Event, Evicted, Hit, Miss
from lixcore.services.events import relay as module
from lixcore.services.events.relay import EventCounts, EventRelay
from lixcore.services.events.telling import SILENT, teller
from watching import PATIENCE, Gate, Watcher, added

NAME = "lixcore-events"
Told = Callable[[], list[logging.LogRecord]]
MakeRelay = Callable[..., EventRelay]
without_thread = partial(EventRelay, background=False)
both = pytest.mark.parametrize("make", [EventRelay, without_thread], ids=["thread", "no thread"])


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == NAME]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    for thread in threads():
        thread.join(PATIENCE)
    assert threads() == []


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Told:
    caplog.set_level(logging.INFO, logger="lixcore.events")
    return lambda: caplog.records


@both
def test_everybody_sees_what_he_wants_to_once_and_in_order(make: MakeRelay) -> None:
    one, other, nothing = Watcher("one"), Watcher("other", [Hit, Evicted, Hit]), Watcher("nothing", [])
    relay = make([one, other, nothing])
    events: list[Event] = [added(1), Hit("semantic"), added(2), Hit("semantic"), Miss("semantic"), added(3)]
    for event in events:
        relay.tell(event)
    relay.close()
    assert one.seen == events
    assert other.seen == [Hit("semantic"), Hit("semantic")]
    assert nothing.seen == []
    assert relay.counts() == EventCounts(told=6, dropped=0, failed=0)


def test_what_is_wanted_is_what_any_observer_wants() -> None:
    relay = EventRelay([Watcher("one", [Hit]), Watcher("other", (Added, Hit))])
    assert {kind for kind in KINDS if relay.wants(kind)} == {Hit, Added}
    assert teller(relay, Hit) == relay.tell
    assert teller(relay, Miss) is None
    assert [teller(SILENT, kind) for kind in KINDS] == [None] * len(KINDS)


def test_what_nobody_wants_is_not_counted_and_starts_no_thread() -> None:
    relay = EventRelay([Watcher("one", [Hit])])
    relay.tell(added(1))
    assert threads() == []
    assert relay.counts() == EventCounts(0, 0, 0)
    relay.close()


@pytest.mark.parametrize("kind", [int, "added", object])
def test_an_observer_that_wants_what_is_no_event_is_refused(kind: Any) -> None:
    """It would wait for ever."""
    with pytest.raises(InvalidInputError, match=r"'mistaken', that wants .* there are Added, Spilled"):
        EventRelay([Watcher("mistaken", [Hit, kind])])


def test_without_a_thread_it_is_seen_when_telling_returns() -> None:
    watcher = Watcher()
    relay = EventRelay([watcher], background=False)
    relay.tell(added(1))
    assert watcher.seen == [added(1)]
    assert threads() == []


@both
@pytest.mark.parametrize("error", [ValueError, SystemExit, GeneratorExit, AssertionError])
def test_who_fails_keeps_nobody_from_anything_and_is_told_of_once_for_each_kind(
    make: MakeRelay, error: type[BaseException], told: Told
) -> None:
    before, failing, after = Watcher("before"), Watcher("failing"), Watcher("after")

    def fail(_: object) -> None:
        raise error("by mistake")

    failing.then = fail
    relay = make([before, failing, after])
    events: list[Event] = [added(1), added(2), Hit("semantic"), added(3), Hit("semantic")]
    for event in events:
        relay.tell(event)
    relay.close()
    assert before.seen == failing.seen == after.seen == events
    assert [(record.levelname, record.exc_info is not None) for record in told()] == [("WARNING", True)] * 2
    first, second = (record.getMessage() for record in told())
    assert "'failing' failed at an event Added" in first
    assert "'failing' failed at an event Hit" in second
    assert relay.counts() == EventCounts(told=5, dropped=0, failed=5)


def test_each_failing_observer_is_told_of(told: Told) -> None:
    watchers = [Watcher("one"), Watcher("one"), Watcher("other")]
    for watcher in watchers:
        watcher.then = lambda _: 1 / 0
    relay = EventRelay(watchers, background=False)
    relay.tell(added(1))
    relay.tell(added(2))
    assert len(told()) == 3
    assert relay.counts().failed == 6


def test_while_an_observer_looks_telling_goes_on_until_the_queue_is_full() -> None:
    watcher, gate = Watcher(), Gate()
    watcher.then = gate
    relay = EventRelay([watcher], most_waiting=5)
    relay.tell(added(0))
    gate.wait_until_reached()
    for number in range(1, 9):
        relay.tell(added(number))
    assert relay.counts() == EventCounts(told=0, dropped=3, failed=0)
    gate.open()
    relay.close()
    assert watcher.seen == [added(number) for number in range(6)]
    assert relay.counts() == EventCounts(told=6, dropped=3, failed=0)


def test_ten_thousand_may_wait() -> None:
    watcher, gate = Watcher(), Gate()
    watcher.then = gate
    relay = EventRelay([watcher])
    relay.tell(added(0))
    gate.wait_until_reached()
    for number in range(10_001):
        relay.tell(added(number))
    assert relay.counts().dropped == 1
    gate.open()
    relay.close()
    assert len(watcher.seen) == 10_001


@both
def test_closing_shows_what_waits_and_later_events_are_dropped(make: MakeRelay) -> None:
    watcher = Watcher()
    relay = make([watcher])
    for number in range(100):
        relay.tell(added(number))
    relay.close()
    assert len(watcher.seen) == 100
    relay.tell(added(100))
    relay.close()
    assert len(watcher.seen) == 100
    assert relay.counts() == EventCounts(told=100, dropped=1, failed=0)


def test_who_hangs_is_not_waited_for_when_it_is_closed(told: Told) -> None:
    hanging, other, gate = Watcher("hanging"), Watcher("other"), Gate()
    hanging.then = gate
    relay = EventRelay([hanging, other], patience=0.01)
    for number in range(4):
        relay.tell(added(number))
    gate.wait_until_reached()
    relay.close()
    relay.close()
    assert [record.getMessage() for record in told()] == [
        "4 events were not shown to all observers when the stack was closed: the observer 'hanging' has not returned after 0.01 s"
    ]
    assert relay.counts() == EventCounts(told=0, dropped=3, failed=0)
    [thread] = threads()
    gate.open()
    thread.join(PATIENCE)
    assert hanging.seen == other.seen == [added(0)], "the rest was given up"
    assert module.CLOSE_SECONDS == 2.0


def test_two_that_close_it_both_wait_for_the_rest() -> None:
    watcher, gate = Watcher(), Gate()
    watcher.then = gate
    relay = EventRelay([watcher], patience=PATIENCE)
    for number in range(3):
        relay.tell(added(number))
    gate.wait_until_reached()
    closers = [threading.Thread(target=relay.close) for _ in range(2)]
    for closer in closers:
        closer.start()
    gate.open()
    for closer in closers:
        closer.join(PATIENCE)
        assert not closer.is_alive()
    assert len(watcher.seen) == 3


@both
def test_an_observer_may_close_what_it_watches_and_the_rest_is_shown(make: MakeRelay) -> None:
    watcher, gate = Watcher(), Gate()
    relay = make([watcher])

    def close(event: object) -> None:
        if event == added(0):
            if make is EventRelay:
                gate(added(0))
            relay.close()

    watcher.then = close
    relay.tell(added(0))
    if make is EventRelay:
        gate.wait_until_reached()
        relay.tell(added(1))
        relay.tell(added(2))
        gate.open()
        for thread in threads():
            thread.join(PATIENCE)
    assert watcher.seen == [added(number) for number in range(3 if make is EventRelay else 1)]


@both
def test_of_many_threads_that_tell_at_once_nothing_is_lost_and_each_keeps_its_order(make: MakeRelay) -> None:
    tellers, each = 32, 200
    watcher = Watcher()
    looking = threading.Lock()

    def look_alone(_: object) -> None:
        assert looking.acquire(blocking=False), "one event at a time"
        looking.release()

    watcher.then = look_alone
    relay = make([watcher])
    start = threading.Barrier(tellers)

    def tell(name: str) -> None:
        start.wait()
        for number in range(each):
            relay.tell(added(number, name))

    running = [threading.Thread(target=tell, args=(f"teller {number}",)) for number in range(tellers)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    relay.close()
    assert relay.counts() == EventCounts(told=tellers * each, dropped=0, failed=0)
    by_teller: dict[str, list[int]] = {}
    for event in watcher.seen:
        by_teller.setdefault(event.session.id, []).append(event.position)
    assert list(by_teller.values()) == [list(range(each))] * tellers


@both
def test_what_an_observer_causes_is_seen_after_what_it_looks_at(make: MakeRelay) -> None:
    first, second = Watcher("first"), Watcher("second")
    relay = make([first, second])
    caused: list[int] = []

    def cause(event: object) -> None:
        if isinstance(event, Added) and event.position < 3:
            caused.append(event.position + 1)
            relay.tell(added(event.position + 1))
            if make is without_thread:
                assert first.seen[-1] == event, "not seen in the middle of another"

    first.then = cause
    all_seen = threading.Event()
    second.then = lambda event: all_seen.set() if event == added(3) else None
    relay.tell(added(0))
    assert all_seen.wait(PATIENCE)
    relay.close()
    assert first.seen == second.seen == [added(number) for number in range(4)]


def test_without_a_thread_an_observer_that_causes_what_it_watches_comes_to_an_end() -> None:
    """The caller would never be free."""
    watcher = Watcher()
    relay = EventRelay([watcher], background=False)
    watcher.then = lambda _: relay.tell(added(1))
    for _ in range(3):
        relay.tell(added(0))
        assert len(watcher.seen) == 1 + module.MOST_CAUSED
        watcher.seen.clear()
    assert relay.counts().dropped == 3
