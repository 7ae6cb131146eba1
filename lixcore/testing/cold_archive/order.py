"""What every archive does about order, ranges and repeated appends."""

from __future__ import annotations

from lixcore.domain.position import MAX_POSITION, ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.cold_archive import ColdArchive
from lixcore.testing.cold_archive.archives import ColdArchiveGround
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.ground.rules import rule

ONE, TWO = SessionKey("one"), SessionKey("two")


class ColdArchiveOrder(ColdArchiveGround):
    """Entries in order, each once."""

    @rule("A new conversation has no history: an error would stop it, and a description would list a session that is not there.")
    def test_an_unknown_session_is_empty_and_not_described(self, archive: ColdArchive) -> None:
        assert facts(archive.read(ONE)) == []
        assert archive.describe(ONE) is None
        assert list(archive.sessions()) == []
        archive.append(ONE, [])
        assert archive.describe(ONE) is None
        assert archive.forget(ONE, through=ORIGIN) == 0

    @rule("A spill is repeated when its answer was lost: if that doubled the messages, every broken connection would.")
    def test_an_append_may_be_repeated(self, archive: ColdArchive) -> None:
        entries = [entry(position, b"%d" % position) for position in (5, 6, 9)]
        for _ in range(3):
            archive.append(ONE, entries)
        archive.append(ONE, [entry(6, b"6"), entry(12, b"12"), entry(12, b"12")])
        assert facts(archive.read(ONE)) == facts([*entries, entry(12, b"12")])
        info = archive.describe(ONE)
        assert info is not None
        assert info.messages == 4

    @rule("Two hosts may archive out of order: put at the end, a conversation would be read in the wrong order for ever.")
    def test_entries_between_and_below_those_held_take_their_place(self, archive: ColdArchive) -> None:
        for positions in ([50, 60], [55], [1, 2], [40, 58, 70], [2**62]):
            archive.append(ONE, [entry(position, b"%d" % position) for position in positions])
        expected = [1, 2, 40, 50, 55, 58, 60, 70, 2**62]
        assert [(one.position, one.payload) for one in archive.read(ONE)] == [(p, b"%d" % p) for p in expected]
        assert [one.position for one in archive.read(ONE, last=3)] == expected[-3:]

    @rule(
        "Histories are read page by page: with the ends included, every page repeats a message, and with too little, one is lost."
    )
    def test_ranges_exclude_their_ends(self, archive: ColdArchive) -> None:
        for start in range(0, 100, 10):
            archive.append(ONE, [entry(position) for position in range(start + 1, start + 11)])

        def read(last: int | None = None, after: int | None = None, before: int | None = None) -> list[int]:
            bounds = [None if bound is None else Position(bound) for bound in (after, before)]
            return [one.position for one in archive.read(ONE, last=last, after=bounds[0], before=bounds[1])]

        assert read(after=97) == [98, 99, 100]
        assert read(before=4) == [1, 2, 3]
        assert read(after=45, before=53) == [46, 47, 48, 49, 50, 51, 52]
        assert read(after=45, before=53, last=2) == [51, 52]
        assert read(before=53, last=14) == list(range(39, 53))
        assert read(after=45, last=3) == [98, 99, 100]
        assert read(last=1000) == list(range(1, 101))
        assert read(last=0) == read(after=100) == read(before=1) == read(after=5, before=6) == read(after=9, before=3) == []

    @rule("Callers cut and sort what they were given, and use their lists again: neither may change what is archived.")
    def test_what_was_given_and_read_is_the_callers(self, archive: ColdArchive) -> None:
        entries = [entry(1), entry(2)]
        archive.append(ONE, entries)
        entries.clear()
        found = archive.read(ONE)
        archive.append(ONE, [entry(3)])
        assert len(found) == 2
        for given_back in (found, archive.read(ONE)):
            if isinstance(given_back, list):
                given_back.clear()
        assert facts(archive.read(ONE)) == facts([entry(1), entry(2), entry(3)])

    @rule("Positions carry the time and use all 63 bits: kept as floats they are rounded, and two messages become one.")
    def test_neighbouring_positions_are_told_apart(self, archive: ColdArchive) -> None:
        entries = [entry(2**60 + number, b"%d" % number) for number in range(1, 6)]
        archive.append(ONE, entries)
        assert facts(archive.read(ONE, after=entries[0].position, before=entries[4].position)) == facts(entries[1:4])
        assert archive.forget(ONE, through=entries[2].position) == 3
        assert facts(archive.read(ONE)) == facts(entries[3:])

    @rule("Callers ask for all with a large number: one that overflows or allocates room for so many fails them.")
    def test_more_may_be_asked_for_than_there_is(self, archive: ColdArchive) -> None:
        archive.append(ONE, [entry(1), entry(2)])
        assert facts(archive.read(ONE, last=2**31)) == facts([entry(1), entry(2)])
        assert facts(archive.read(ONE, last=2**31, before=MAX_POSITION)) == facts([entry(1), entry(2)])

    @rule("The archive serves everybody: what one session is given or loses must change nothing of another.")
    def test_what_happens_to_one_session_happens_to_no_other(self, archive: ColdArchive) -> None:
        archive.append(ONE, [entry(1, b"one")])
        archive.append(TWO, [entry(1, b"two"), entry(2)])
        archive.start_context(ONE, after=Position(1))
        archive.forget(ONE, through=Position(1))
        assert facts(archive.read(TWO)) == facts([entry(1, b"two"), entry(2)])
        info = archive.describe(TWO)
        assert info is not None
        assert (info.messages, info.context_after, info.forgotten_through) == (2, 0, 0)
