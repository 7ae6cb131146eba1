"""What a janitor, and every process, still does while a store fails or something in the archive cannot be used."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest

from janitors import IDLE, House, PartlyDamagedArchive, three_of_different_age
from lixcore.domain.position import Entry
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, PositionConflictError, StoreError, StoreRefusedError, StoreUnavailableError
from lixcore.ports.cold_archive import ArchiveInfo
from lixcore.services.outage.stand_in_journal import JOURNAL
from lixcore_memory import MemoryArchive

DAMAGED = CorruptDataError("journal.huff", "it does not begin as a .huff file does")


class DamagedJournal(MemoryArchive):
    """An archive that can read everything but the journal."""

    def describe(self, session: SessionKey) -> ArchiveInfo | None:
        if session == JOURNAL:
            raise DAMAGED
        return super().describe(session)


class WrittenByAnother(MemoryArchive):
    """An archive in which the file of a session belongs to another user, and may be read but not written."""

    def append_many(self, batches: Sequence[tuple[SessionKey, Sequence[Entry]]]) -> None:
        if any(session.id == "another's" for session, _ in batches):
            raise StoreRefusedError("another's.huff", "Permission denied")
        super().append_many(batches)


def test_a_damaged_journal_keeps_no_session_in_the_hot_store() -> None:
    house = House(archive=DamagedJournal())
    house.say("old")
    house.clock.advance(IDLE)
    report = house.janitor().round()
    assert (report.evicted_idle, report.failed, report.complete) == (1, 1, True)
    assert report.found_problems
    house.check_nothing_lost()


def test_a_damaged_journal_is_told_once_by_a_process_and_not_at_every_message(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="lixcore.hot_store")
    house = House(archive=DamagedJournal())
    house.say("one", *map(str, range(9)))
    assert len(caplog.records) == 1
    house.check_nothing_lost()


def test_a_session_that_may_not_be_written_keeps_no_other_in_the_hot_store() -> None:
    house = House(archive=WrittenByAnother())
    for name in ["one", "another's", "two"]:
        house.say(name)
    house.clock.advance(IDLE)
    report = house.janitor().round()
    assert (report.evicted_idle, report.damaged, report.complete) == (2, 1, True)
    assert house.hot_names() == ["another's"]
    house.check_nothing_lost()


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
