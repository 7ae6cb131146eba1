"""What every archive does about the start of the context, and about what was forgotten."""

from __future__ import annotations

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.cold_archive import ColdArchive
from lixcore.testing.cold_archive.archives import ColdArchiveGround
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.ground.rules import rule

ONE, TWO = SessionKey("one"), SessionKey("two")


class ColdArchiveMarks(ColdArchiveGround):
    """Marks that only rise."""

    @rule("The mark says where the context was cleared: an older one that came late would bring back what the user cleared.")
    def test_the_highest_start_of_the_context_holds(self, archive: ColdArchive) -> None:
        for after, highest in ((5, 5), (3, 5), (9, 9), (9, 9)):
            archive.start_context(ONE, after=Position(after))
            info = archive.describe(ONE)
            assert info is not None
            assert (info.messages, info.context_after) == (0, highest)
        archive.append(ONE, [entry(7), entry(12)])
        info = archive.describe(ONE)
        assert info is not None
        assert (info.messages, info.context_after) == (2, 9)
        assert [one.position for one in archive.read(ONE)] == [7, 12]

    @rule("People have the right to be forgotten: a spill that was under way would bring the messages back.")
    def test_forgotten_entries_are_gone_and_never_taken_again(self, archive: ColdArchive) -> None:
        entries = [entry(position, b"%d" % position, float(position)) for position in (1, 2, 3, 4, 5)]
        archive.append(ONE, entries)
        assert archive.forget(ONE, through=Position(3)) == 3
        archive.append(ONE, entries)
        assert facts(archive.read(ONE)) == facts(entries[3:])
        assert archive.forget(ONE, through=Position(2)) == 0
        info = archive.describe(ONE)
        assert info is not None
        assert (info.messages, info.first_position, info.last_position, info.forgotten_through) == (2, 4, 5, 3)
        assert (info.first_timestamp, info.last_timestamp) == (4.0, 5.0)

    @rule("Without the mark, a late spill brings back what was forgotten; with anything else, it was not forgotten.")
    def test_after_all_is_forgotten_only_the_mark_remains(self, archive: ColdArchive) -> None:
        archive.append(ONE, [entry(1), entry(5)])
        assert archive.forget(ONE, through=Position(8)) == 2
        assert archive.forget(ONE, through=Position(8)) == 0
        assert facts(archive.read(ONE)) == []
        archive.append(ONE, [entry(5), entry(8)])
        info = archive.describe(ONE)
        assert info is not None
        assert (info.messages, info.first_position, info.last_position, info.forgotten_through) == (0, 0, 0, 8)
        assert (info.first_timestamp, info.last_timestamp) == (0.0, 0.0)
        archive.append(ONE, [entry(8), entry(9)])
        assert [one.position for one in archive.read(ONE)] == [9]
        assert [found.session for found in archive.sessions()] == [ONE]

    @rule("What is being forgotten may still be on its way from the hot store to the archive.")
    def test_forgetting_ahead_keeps_a_late_spill_out(self, archive: ColdArchive) -> None:
        assert archive.forget(ONE, through=Position(10)) == 0
        archive.append(ONE, [entry(9), entry(10), entry(11)])
        assert [one.position for one in archive.read(ONE)] == [11]
