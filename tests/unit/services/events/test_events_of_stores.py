"""Outages and removals are told of once each, and nothing of what failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from failing_store import FailingStore, unanswered, unreachable
from janitors import DAY, PlainHotStore
from lixcore.domain.message import Message
from lixcore.domain.position import Entry, Position
from lixcore.domain.session import RESERVED_TENANT, SessionKey
from lixcore.errors import (
    NotArchivedError,
    StoreFullError,
    StoreUnavailableError,
)
from lixcore.ports.events import Added, Degraded, Event, Evicted, Recovered, Restored, Retired, Spilled
from lixcore.services.upkeep.retention import Retention, Swept
from lixcore_memory import MemoryArchive, MemoryHotStore
from lixcore_policies import AgeRetention
from outages import SESSION, World
from settable_clock import SettableClock
from stacks import SessionLayer
from watching import Heard


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


def kinds(events: Sequence[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


def said(layer: SessionLayer, count: int, session: SessionKey = SESSION) -> None:
    for _ in range(count):
        layer.window.add(session, Message("user", "x", layer.clock.now()))


def test_an_outage_is_told_of_once_and_so_is_its_end(heard: Heard) -> None:
    process = World().process(events=heard)
    for _ in range(2):
        process.add("before")
        process.lose_hot_store()
        for _ in range(3):
            process.add("meanwhile")
            process.context()
        process.find_hot_store()
        process.context()
    told = [event for event in heard.events if isinstance(event, Degraded | Recovered)]
    assert told == [Degraded("hot store", str(unreachable())), Recovered("hot store")] * 2
    added = [event.stood_in for event in heard.events if isinstance(event, Added)]
    assert added == [False, True, True, True] * 2


def test_what_the_archive_took_is_told_of_with_its_position(heard: Heard) -> None:
    process = World().process(events=heard)
    process.lose_hot_store()
    process.add("m1", "m2")
    positions = [event.position for event in heard.events if isinstance(event, Added)]
    assert positions == [stored.position for stored in process.world.archive.read(SESSION)]


def test_bringing_the_stores_together_is_an_eviction_and_a_restore(heard: Heard) -> None:
    process = World().process(events=heard)
    process.add("m1")
    process.lose_hot_store()
    process.add("m2")
    process.find_hot_store()
    heard.taken()
    assert process.context() == ["m1", "m2"]
    assert heard.taken() == [Recovered("hot store"), Evicted(SESSION), Restored(SESSION, 2)]


def test_an_add_that_fails_or_may_have_failed_is_not_told_of(heard: Heard) -> None:
    process = World().process(events=heard)
    process.add("m1")
    heard.taken()
    process.way.failure, process.way.methods, process.way.after_effect = unanswered, {"append"}, True
    with pytest.raises(StoreUnavailableError):
        process.add("m2")
    assert kinds(heard.taken()) == [Degraded]


def test_a_full_hot_store_is_no_outage(heard: Heard) -> None:
    process = World().process(events=heard)
    process.way.failure = lambda: StoreFullError("redis://full", "no memory left")
    process.way.methods = {"append"}
    process.add("m1", "m2")
    assert [isinstance(event, Added) and event.stood_in for event in heard.events] == [True, True]


def test_without_a_stand_in_the_failure_is_the_callers_and_no_event(heard: Heard) -> None:
    process = World().process(events=heard, stands_in=False)
    process.lose_hot_store()
    with pytest.raises(StoreUnavailableError):
        process.add("m1")
    assert heard.events == []


def test_a_message_that_the_archive_did_not_take_as_it_should_is_stored_and_told_of(heard: Heard, clock: SettableClock) -> None:
    archive: Any = FailingStore(MemoryArchive())
    layer = SessionLayer(MemoryHotStore(clock), archive, clock, through=True, events=heard)
    archive.failure, archive.methods = (lambda: StoreFullError("the disk", "is full")), {"append"}
    with pytest.raises(NotArchivedError):
        said(layer, 1)
    with pytest.raises(StoreFullError):
        said(layer, 1)
    assert kinds(heard.events) == [Added]
    assert [event.position for event in heard.events if isinstance(event, Added)] == [
        each.position for each in layer.window.history(SESSION)
    ]


def test_a_spill_that_fails_is_told_of_when_it_succeeds(heard: Heard, clock: SettableClock) -> None:
    archive: Any = FailingStore(MemoryArchive())
    layer = SessionLayer(MemoryHotStore(clock), archive, clock, window=2, batch=1, events=heard)
    archive.failure, archive.methods = (lambda: StoreFullError("the disk", "is full")), {"append"}
    said(layer, 3)
    assert kinds(heard.taken()) == [Added] * 3
    archive.failure = None
    said(layer, 1)
    assert heard.taken()[0] == Spilled(SESSION, 1), "before the next add"


def test_an_eviction_that_stops_half_way_is_a_spill(heard: Heard, clock: SettableClock) -> None:
    archive: Any = FailingStore(MemoryArchive())
    layer = SessionLayer(MemoryHotStore(clock), archive, clock, window=1000, events=heard)
    said(layer, 600)
    heard.taken()
    calls = iter(range(10))
    archive.methods = {"append"}
    archive.failure = lambda: StoreFullError("the disk", "is full") if next(calls) == 2 else None
    with pytest.raises(StoreFullError):
        layer.tiering.evict(SESSION)
    held = layer.hot.describe(SESSION)
    assert held is not None
    assert heard.taken() == [Spilled(SESSION, 600 - held.held)]
    assert layer.tiering.evict(SESSION)
    assert heard.taken() == [Evicted(SESSION)]


def test_a_long_session_that_leaves_in_pieces_is_one_eviction(heard: Heard, clock: SettableClock) -> None:
    layer = SessionLayer(MemoryHotStore(clock), MemoryArchive(), clock, window=1000, events=heard)
    said(layer, 600)
    heard.taken()
    assert layer.tiering.evict(SESSION)
    assert heard.taken() == [Evicted(SESSION)]


class OthersAreFaster(MemoryHotStore):
    """Another process does the same a moment before."""

    def release(self, session: SessionKey, *, through: Position) -> int:
        super().release(session, through=through)
        return super().release(session, through=through)


def test_what_another_process_spilled_is_for_that_one_to_tell(heard: Heard, clock: SettableClock) -> None:
    layer = SessionLayer(OthersAreFaster(clock), MemoryArchive(), clock, window=2, batch=1, events=heard)
    said(layer, 5)
    assert kinds(heard.events) == [Added] * 5


class OthersForget(MemoryArchive):
    """Another process removes it a moment before."""

    def forget(self, session: SessionKey, *, through: Position) -> int:
        super().forget(session, through=through)
        return super().forget(session, through=through)


def test_what_another_process_retired_is_for_that_one_to_tell(heard: Heard, clock: SettableClock) -> None:
    hot: Any = PlainHotStore(clock)
    archive = OthersForget()
    archive.append(SESSION, [Entry(Position(1), clock.now(), b"")])
    clock.advance(40 * DAY)
    for _ in Retention(hot, archive, AgeRetention(), clock, ttl_days=30.0, events=heard).steps(Swept()):
        pass
    assert (list(archive.read(SESSION)), heard.events) == ([], [])


def test_what_retention_removes_is_told_of_and_nothing_else(heard: Heard, clock: SettableClock) -> None:
    hot: Any = PlainHotStore(clock)
    archive = MemoryArchive()
    old, young, noted = SessionKey("old"), SessionKey("young"), SessionKey("old", RESERVED_TENANT)
    for session in (old, noted):
        archive.append(session, [Entry(Position(number), clock.now(), b"") for number in (1, 2, 3)])
    clock.advance(40 * DAY)
    archive.append(young, [Entry(Position(1), clock.now(), b"")])
    retention = Retention(hot, archive, AgeRetention(), clock, ttl_days=30.0, spared={RESERVED_TENANT}, events=heard)
    for _ in range(2):
        for _ in retention.steps(Swept()):
            pass
    assert heard.events == [Retired(old, 3)]
