"""What a janitor, and every process, still does while something in the archive cannot be used."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from janitors import IDLE, House
from lixcore.domain.position import Entry
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, StoreRefusedError
from lixcore.ports.cold_archive import ArchiveInfo
from lixcore.services.outage.stand_in_journal import JOURNAL
from lixcore_memory import MemoryArchive

if TYPE_CHECKING:
    import pytest

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
