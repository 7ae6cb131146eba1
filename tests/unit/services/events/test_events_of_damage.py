"""Damage is told of by whoever meets it, with whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from failing_store import FailingStore
from lixcore.domain.message import Message
from lixcore.domain.position import Entry
from lixcore.domain.session import SessionKey
from lixcore.errors import (
    CorruptDataError,
    PositionConflictError,
    StoreError,
    StoreRefusedError,
)
from lixcore.ports.cold_archive import ArchiveInfo, Salvage
from lixcore.ports.events import Damaged, Event, Evicted
from lixcore.services.checks.verification import Verification
from lixcore.services.tiers import tiering as module
from lixcore.services.tiers.archive_reader import ArchiveReader
from lixcore_memory import MemoryArchive, MemoryHotStore
from outages import SESSION
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
