"""Outages, damage and removals are told of once each, and nothing of what failed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from failing_store import FailingStore, unanswered, unreachable
from janitors import DAY, PlainHotStore
from lixcore.domain.message import Message
from lixcore.domain.position import Entry, Position
from lixcore.domain.session import RESERVED_TENANT, SessionKey
from lixcore.errors import (
    CorruptDataError,
    NotArchivedError,
    PositionConflictError,
    StoreError,
    StoreFullError,
    StoreRefusedError,
    StoreUnavailableError,
)
from lixcore.ports.cold_archive import ArchiveInfo, Salvage
from lixcore.ports.events import Added, Damaged, Degraded, Event, Evicted, Recovered, Restored, Retired, Spilled
from lixcore.services.checks.verification import Verification
from lixcore.services.tiers import tiering as module
from lixcore.services.tiers.archive_reader import ArchiveReader
from lixcore.services.upkeep.retention import Retention, Swept
from lixcore_memory import MemoryArchive, MemoryHotStore
from lixcore_policies import AgeRetention
from outages import SESSION, World
from settable_clock import SettableClock
from stacks import SessionLayer
from two_tiers import PLACES, entry, findings, make_hot
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


# The hot store.


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


# Damage.


class DamagedArchive(MemoryArchive):
    """Two places of every session are damaged."""

    def read(self, session: SessionKey, **_: Any) -> Sequence[Entry]:
        del session
        raise CorruptDataError("the file", "is damaged")

    def describe(self, session: SessionKey) -> ArchiveInfo | None:
        del session
        raise CorruptDataError("the file", "says nothing of itself")

    def sessions(self) -> Iterator[ArchiveInfo]:
        yield from super().sessions()
        raise CorruptDataError("the folder", "is damaged")

    def salvage(self, session: SessionKey, **_: Any) -> Salvage:
        del session
        return Salvage((), ("frame 1", "frame 3"))


READINGS: list[Callable[[ArchiveReader], object]] = [
    lambda reader: reader.read(SESSION),
    lambda reader: reader.describe(SESSION),
    lambda reader: list(reader.sessions()),
]


RAISED = [
    Damaged("archive", "the file: is damaged", SESSION),
    Damaged("archive", "the file: says nothing of itself", SESSION),
    Damaged("archive", "the folder: is damaged"),
]


@pytest.mark.parametrize(("reading", "event"), list(zip(READINGS, RAISED, strict=True)))
def test_reading_what_is_damaged_raises_and_is_told_of(
    reading: Callable[[ArchiveReader], object], event: Event, heard: Heard
) -> None:
    with pytest.raises(CorruptDataError):
        reading(ArchiveReader(DamagedArchive(), skip_damage=False, events=heard))
    assert heard.events == [event]


def test_what_reading_leaves_out_is_told_of(heard: Heard) -> None:
    reader = ArchiveReader(DamagedArchive(), skip_damage=True, events=heard)
    for reading in READINGS:
        reading(reader)
    assert heard.events == [
        Damaged("archive", "frame 1", SESSION),
        Damaged("archive", "frame 3", SESSION),
        Damaged("archive", "the file: says nothing of itself", SESSION),
        Damaged("archive", "the folder: is damaged"),
    ]
    assert reader.damage_found == 4


class SickArchive(MemoryArchive):
    """Takes nothing of the session that is called damaged, while a test says why."""

    error: StoreError | None = None

    def append_many(self, batches: Sequence[tuple[SessionKey, Sequence[Entry]]]) -> None:  # which a single append uses as well
        if self.error is not None and any(session.id == "damaged" for session, _ in batches):
            raise self.error
        super().append_many(batches)


@pytest.mark.parametrize("error", [CorruptDataError("the file", "is damaged"), PositionConflictError("the file", 7)])
def test_a_session_that_cannot_leave_is_told_of_once_until_it_can(error: StoreError, heard: Heard, clock: SettableClock) -> None:
    archive = SickArchive()
    layer = SessionLayer(MemoryHotStore(clock), archive, clock, events=heard)
    damaged, well = SessionKey("damaged"), SessionKey("well")
    for _ in range(2):
        for session in (damaged, well):
            said(layer, 1, session)
        heard.taken()
        archive.error = error
        for _ in range(3):
            layer.tiering.evict_many([damaged, well])
        assert heard.taken() == [Damaged("archive", str(error), damaged), Evicted(well)]
        archive.error = None
        layer.tiering.evict_many([damaged])
        assert heard.taken() == [Evicted(damaged)]


def test_what_may_not_be_written_is_not_damaged(heard: Heard, clock: SettableClock) -> None:
    archive: Any = FailingStore(MemoryArchive())
    layer = SessionLayer(MemoryHotStore(clock), archive, clock, events=heard)
    said(layer, 1)
    heard.taken()
    archive.failure, archive.methods = (lambda: StoreRefusedError("the file", "is read-only")), {"append", "append_many"}
    assert layer.tiering.evict_many([SESSION]).damaged
    assert heard.events == []


def test_damage_in_the_hot_store_is_told_of_as_such(heard: Heard, clock: SettableClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number of sessions the memory begins anew, at the price of an event."""
    monkeypatch.setattr(module, "_MOST_REMEMBERED", 2)
    hot: Any = FailingStore(MemoryHotStore(clock))
    layer = SessionLayer(hot, MemoryArchive(), clock, events=heard)
    error = CorruptDataError("the key", "holds a list")
    hot.failure, hot.methods = (lambda: error), {"oldest"}
    keys = [SessionKey(name) for name in "abc"]
    for _ in range(2):
        layer.tiering.evict_many(keys)
    told = [Damaged("hot store", str(error), key) for key in keys]
    assert heard.events == [*told, *told]


def test_findings_of_a_verification_are_told_of_and_what_it_evicts(heard: Heard, clock: SettableClock) -> None:
    archive, hot = MemoryArchive(), MemoryHotStore(clock)
    archive.append(SESSION, [entry(1), entry(2, "archived")])
    make_hot(hot, [entry(1), entry(2, "hot")], SESSION)
    verification = Verification(archive, hot, places=PLACES, events=heard)
    [finding] = findings(verification.run())
    told = Damaged("hot store", f"{finding.where}: {finding.reason}", SESSION)
    assert heard.taken() == [told]
    assert findings(verification.run(repair=True))[0].is_repaired
    assert heard.taken() == [Evicted(SESSION), told]
    assert findings(verification.run()) == []
    assert heard.taken() == []


# The archive.


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
