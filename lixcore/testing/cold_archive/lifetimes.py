"""What every archive does when it is closed, when it is opened again, and when its place is damaged."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from lixcore.domain.position import MAX_POSITION, ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError, CorruptDataError, StoreError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.cold_archive import AppendsInBulk, ColdArchive, Compacts, Salvages
from lixcore.testing.cold_archive.archives import ColdArchiveGround, OpenArchive
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.damage import bytes_below, ruin_files, unusable_path
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.ground.places import fresh_options
from lixcore.testing.ground.rules import rule

ONE, TWO = SessionKey("one"), SessionKey("two")


class ColdArchiveLifetimes(ColdArchiveGround):
    """Closed, opened again, damaged."""

    @rule("After close() nothing can be read: an empty answer would be taken for an empty history.")
    def test_a_closed_archive_says_so(self, archive: ColdArchive) -> None:
        archive.append(ONE, [entry(1)])
        archive.close()
        archive.close()
        uses: list[Callable[[], object]] = [
            lambda: archive.append(ONE, [entry(2)]),
            lambda: archive.read(ONE),
            lambda: archive.describe(ONE),
            lambda: archive.start_context(ONE, after=ORIGIN),
            lambda: list(archive.sessions()),
            lambda: archive.forget(ONE, through=ORIGIN),
        ]
        if isinstance(archive, AppendsInBulk):
            uses += [lambda: archive.append_many([(ONE, [entry(2)])])]
        if isinstance(archive, Salvages):
            uses += [lambda: archive.salvage(ONE)]
        if isinstance(archive, Compacts):
            uses += [lambda: archive.compact(ONE)]
        for use in uses:
            with pytest.raises(ClosedError):
                use()

    @rule("Several parts of an application open the same archive: one of them reads what another has just written, or misses it.")
    def test_what_one_wrote_another_reads_at_once(self, open_archive: OpenArchive) -> None:
        self.needs(Capability.PERSISTENT)
        one, other = open_archive(), open_archive()
        for position in range(1, 6):
            one.append(ONE, [entry(position)])
            assert [found.position for found in other.read(ONE)] == list(range(1, position + 1))
        other.forget(ONE, through=Position(2))
        assert [found.position for found in one.read(ONE)] == [3, 4, 5]
        one.close()
        other.append(ONE, [entry(6)])
        assert [found.position for found in other.read(ONE)] == [3, 4, 5, 6]

    @rule("The archive keeps for ever: the hot store has dropped by now what it was told is archived.")
    def test_what_was_stored_is_there_after_a_reopening(self, open_archive: OpenArchive) -> None:
        self.needs(Capability.PERSISTENT)
        first = open_archive()
        entries: list[Entry] = [entry(position, b"%d" % position, NOON + position) for position in range(1, 30)]
        first.append(ONE, entries)
        first.start_context(ONE, after=Position(4))
        first.forget(ONE, through=Position(2))
        first.forget(TWO, through=Position(9))
        info = first.describe(ONE)
        first.close()
        second = open_archive()
        assert facts(second.read(ONE)) == facts(entries[2:])
        assert second.describe(ONE) == info
        second.append(TWO, [entry(9)])
        assert facts(second.read(TWO)) == []

    @rule("Somebody who asked to be forgotten must not be found by whoever reads the disk or a backup that is made from now on.")
    def test_what_is_forgotten_cannot_be_read_back_from_the_files(self, archive: ColdArchive, tmp_path: Path) -> None:
        self.needs(Capability.PERSISTENT)
        secret, kept = (
            secrets.token_bytes(2000),
            secrets.token_bytes(2000),
        )  # no codec makes them smaller: they stand there as they are
        name = SessionKey(f"person-{secrets.token_hex(8)}")
        archive.append(name, [entry(1, secret)])
        archive.append(ONE, [entry(1, secret), entry(2, kept)])
        if not bytes_below(tmp_path):
            pytest.skip("it keeps no files in the test's directory")
        archive.forget(name, through=MAX_POSITION)
        archive.forget(ONE, through=Position(1))
        left = bytes_below(tmp_path)
        assert secret[500:600] not in left, "a forgotten message is still in the files"
        assert name.id.encode() not in left, "the id of a forgotten session is still in the files"
        assert facts(archive.read(ONE)) == facts([entry(2, kept)])

    @rule(
        "Disks fail: damage that is taken for an empty history hides everything that was said, and the next write may replace it."
    )
    def test_damaged_files_are_an_error_and_not_emptiness(self, open_archive: OpenArchive, tmp_path: Path) -> None:
        self.needs(Capability.PERSISTENT)
        first = open_archive()
        first.append(ONE, [entry(1), entry(2)])
        first.close()
        ruin_files(tmp_path)
        with pytest.raises(CorruptDataError):  # when it is opened, or by the call
            open_archive().read(ONE)
        with pytest.raises(CorruptDataError):
            open_archive().append(ONE, [entry(3)])

    @rule("The application catches StoreError and goes on without the archive: any other error ends the request of a user.")
    def test_a_place_that_cannot_be_used_is_an_error_of_the_store(
        self, options: Any, context: AdapterContext, tmp_path: Path
    ) -> None:
        self.needs(Capability.PERSISTENT)
        nowhere = unusable_path(tmp_path)
        elsewhere = attrs.evolve(context, archive_dir=nowhere)
        with pytest.raises(StoreError):  # when it is opened, or by the call
            self.adapter.open(fresh_options(options, nowhere), elsewhere).append(ONE, [entry(1)])
