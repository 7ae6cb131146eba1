"""Two messages at one position: part of the suite of `ColdArchiveContract`."""

from __future__ import annotations

import pytest

from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import PositionConflictError
from lixcore.ports.cold_archive import AppendsInBulk, ColdArchive
from lixcore.testing.cold_archive.archives import ColdArchiveGround
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.ground.rules import rule

ONE, TWO = SessionKey("one"), SessionKey("two")


class ColdArchiveConflicts(ColdArchiveGround):
    """What an archive does with them."""

    @pytest.mark.parametrize("other", [entry(6, b"another"), entry(6, b"6", NOON + 1), entry(6, b"6", -NOON)])
    @rule("Ignoring it would lose a message in silence, and so would taking it.")
    def test_another_entry_at_a_held_position_is_refused_with_all_that_came_with_it(
        self, archive: ColdArchive, other: Entry
    ) -> None:
        held = [entry(position, b"%d" % position) for position in (5, 6, 9)]
        archive.append(ONE, held)
        for entries in ([other], [entry(2), other], [other, entry(12)], [entry(5, b"5"), other, entry(9, b"9"), entry(12)]):
            with pytest.raises(PositionConflictError) as caught:
                archive.append(ONE, entries)
            assert caught.value.position == 6
            assert facts(archive.read(ONE)) == facts(held)
        archive.append(ONE, [*held, entry(12)])
        assert facts(archive.read(ONE)) == facts([*held, entry(12)])

    @pytest.mark.parametrize("other", [-0.0, 5e-324])
    @rule("Two messages whose times differ in the last bit are two messages: taken for one, the second is lost in silence.")
    def test_times_are_compared_bit_for_bit(self, archive: ColdArchive, other: float) -> None:
        archive.append(ONE, [entry(1, b"", 0.0)])
        with pytest.raises(PositionConflictError):
            archive.append(ONE, [entry(1, b"", other)])
        archive.append(ONE, [entry(1, b"", 0.0)])
        assert facts(archive.read(ONE)) == facts([entry(1, b"", 0.0)])

    @rule("Of two messages at one position, whichever is stored, the other is lost in silence.")
    def test_two_entries_of_one_append_conflict_as_well(self, archive: ColdArchive) -> None:
        for _ in range(2):
            with pytest.raises(PositionConflictError) as caught:
                archive.append(ONE, [entry(1), entry(3, b"one"), entry(3, b"other"), entry(4)])
            assert caught.value.position == 3
            assert facts(archive.read(ONE)) == []

    @rule("A conflict with what was forgotten would stop every later spill of the session, and tell that it was there.")
    def test_what_is_forgotten_conflicts_with_nothing(self, archive: ColdArchive) -> None:
        archive.append(ONE, [entry(1), entry(5)])
        archive.forget(ONE, through=Position(3))
        archive.append(ONE, [entry(1, b"other"), entry(2, b"one"), entry(2, b"other"), entry(5)])
        assert facts(archive.read(ONE)) == facts([entry(5)])

    @rule("One damaged session must not keep all others from being archived: the hot store would fill up.")
    def test_a_conflict_in_a_bulk_append_holds_up_no_other_session(self, archive: ColdArchive) -> None:
        if not isinstance(archive, AppendsInBulk):
            pytest.skip("this archive has no bulk appends")
        others = [SessionKey(f"other {number}") for number in range(9)]
        archive.append(ONE, [entry(1, b"held")])
        batches = [(other, [entry(1)]) for other in others]
        for conflict in ([(ONE, [entry(1, b"other"), entry(2)])], [(ONE, [entry(3)]), (ONE, [entry(2), entry(3, b"other")])]):
            with pytest.raises(PositionConflictError):
                archive.append_many([*batches[:4], *conflict, *batches[4:]])
            assert facts(archive.read(ONE)) == facts([entry(1, b"held")])
            assert all(facts(archive.read(other)) == facts([entry(1)]) for other in others)
