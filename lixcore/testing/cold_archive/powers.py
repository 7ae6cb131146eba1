"""The optional powers of an archive: part of the suite of `ColdArchiveContract`."""

from __future__ import annotations

import pytest

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.cold_archive import AppendsInBulk, ColdArchive, Compacts, Salvages
from lixcore.ports.verification import Verifies
from lixcore.testing.cold_archive.archives import ColdArchiveGround
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.ground.rules import rule

ONE, TWO = SessionKey("one"), SessionKey("two")


class ColdArchivePowers(ColdArchiveGround):
    """Each is tested where it is."""

    @rule("Imports and evictions go this way: what it leaves out or stores twice is lost or doubled for many sessions at once.")
    def test_bulk_appends_are_appends(self, archive: ColdArchive) -> None:
        if not isinstance(archive, AppendsInBulk):
            pytest.skip("this archive has no bulk appends")
        archive.forget(TWO, through=Position(1))
        archive.append(ONE, [entry(1, b"held")])
        archive.append_many([(ONE, [entry(1, b"held"), entry(2)]), (TWO, [entry(1), entry(3)]), (ONE, [entry(3)])])
        archive.append_many([])
        assert [(one.position, one.payload) for one in archive.read(ONE)] == [(1, b"held"), (2, b"payload"), (3, b"payload")]
        assert [one.position for one in archive.read(TWO)] == [3]

    @rule("A false alarm teaches people to ignore real ones, and a repair of what is whole can only do harm.")
    def test_verifying_what_is_whole_finds_nothing_and_counts(self, archive: ColdArchive) -> None:
        if not isinstance(archive, Verifies):
            pytest.skip("this archive cannot be verified")
        archive.append(ONE, [entry(position) for position in range(1, 9)])
        archive.append(ONE, [entry(4), entry(20), entry(30)])
        archive.append(ONE, [entry(25)])
        archive.start_context(TWO, after=Position(3))
        archive.forget(SessionKey("gone"), through=Position(3))
        for repair in (False, True):
            found = list(archive.verify(repair=repair))
            assert [finding for one in found for finding in one.findings] == []
            counts = {one.session: one.messages for one in found if one.messages}
            assert counts == {ONE: 11}
        assert [one.position for one in archive.read(ONE)] == [*range(1, 9), 20, 25, 30]

    @rule("It is read in an emergency: what it leaves out without naming it as damage is given up for lost.")
    def test_salvage_of_what_is_whole_is_a_read(self, archive: ColdArchive) -> None:
        if not isinstance(archive, Salvages):
            pytest.skip("this archive has no salvage")
        archive.append(ONE, [entry(position) for position in range(1, 9)])
        found = archive.salvage(ONE, last=2, after=Position(1), before=Position(7))
        assert facts(found.entries) == facts([entry(5), entry(6)])
        assert list(found.damage) == []
        assert list(archive.salvage(TWO).entries) == []

    @rule("It runs unseen in the background: a message or a mark that it loses is never missed until it is needed.")
    def test_compaction_changes_nothing_that_is_read(self, archive: ColdArchive) -> None:
        if not isinstance(archive, Compacts):
            pytest.skip("this archive has no compaction")
        for position in range(1, 60):
            archive.append(ONE, [entry(position, b"%d" % position)])
        archive.start_context(ONE, after=Position(7))
        archive.forget(ONE, through=Position(3))
        before = facts(archive.read(ONE))
        archive.compact(ONE)
        assert facts(archive.read(ONE)) == before
        info = archive.describe(ONE)
        assert info is not None
        assert (info.messages, info.context_after, info.forgotten_through) == (56, 7, 3)
        assert archive.compact(ONE) is False
