"""What every cold archive does: subclass `ColdArchiveContract`, name the adapter, say where an empty archive is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cold_archive_conflicts import ConflictsContract
from cold_archive_machine import check_against_model
from cold_archive_powers import ArchivePowersContract
from contract_ground import KEYS_THAT_COLLIDE, NOON, PAYLOADS, TIMESTAMPS, SettableClock, entry, facts, open_adapter
from hot_store_concurrency import at_once
from lixcore.domain.position import MAX_POSITION, ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError
from lixcore.ports.cold_archive import ColdArchive

ONE, TWO = SessionKey("one"), SessionKey("two")


class ColdArchiveContract(ConflictsContract, ArchivePowersContract):
    """The suite. A subclass sets ``adapter``, overrides the fixture ``options`` and declares what its archive is.

    Optional powers (`AppendsInBulk`, `Salvages`, `Compacts`, `Verifies`) are found by their methods and tested where they are.

    Attributes:
        adapter: The class behind the entry point.
        persistent: Whether an archive that is opened again with the same options and directory holds what it held;
            every archive but one in memory. Such an archive is also opened several times at once here.
    """

    adapter: ClassVar[Any]
    persistent: ClassVar[bool] = True

    @pytest.fixture
    def options(self) -> Any:
        """Options of an archive where nothing is stored yet (the context's ``archive_dir`` is empty); override it."""
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> SettableClock:
        return SettableClock()

    @pytest.fixture
    def open_archive(self, options: Any, tmp_path: Path, clock: SettableClock) -> Iterator[Callable[[], ColdArchive]]:
        """Opens the same place again and again."""
        opened: list[ColdArchive] = []

        def open_one() -> ColdArchive:
            opened.append(open_adapter(self.adapter, options, clock, tmp_path / "archive"))
            return opened[-1]

        yield open_one
        for archive in opened:
            archive.close()

    @pytest.fixture
    def archive(self, open_archive: Callable[[], ColdArchive]) -> ColdArchive:
        return open_archive()

    # Unknown, empty, held.

    def test_an_unknown_session_is_empty_and_not_described(self, archive: ColdArchive) -> None:
        assert facts(archive.read(ONE)) == []
        assert archive.describe(ONE) is None
        assert list(archive.sessions()) == []
        archive.append(ONE, [])
        assert archive.describe(ONE) is None
        assert archive.forget(ONE, through=ORIGIN) == 0

    def test_an_append_may_be_repeated(self, archive: ColdArchive) -> None:
        entries = [entry(position, b"%d" % position) for position in (5, 6, 9)]
        for _ in range(3):
            archive.append(ONE, entries)
        archive.append(ONE, [entry(6, b"6"), entry(12, b"12"), entry(12, b"12")])
        assert facts(archive.read(ONE)) == facts([*entries, entry(12, b"12")])
        info = archive.describe(ONE)
        assert info is not None
        assert info.messages == 4

    def test_entries_between_and_below_those_held_take_their_place(self, archive: ColdArchive) -> None:
        for positions in ([50, 60], [55], [1, 2], [40, 58, 70], [2**62]):
            archive.append(ONE, [entry(position, b"%d" % position) for position in positions])
        expected = [1, 2, 40, 50, 55, 58, 60, 70, 2**62]
        assert [(one.position, one.payload) for one in archive.read(ONE)] == [(p, b"%d" % p) for p in expected]
        assert [one.position for one in archive.read(ONE, last=3)] == expected[-3:]

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

    def test_totals_are_described(self, archive: ColdArchive) -> None:
        archive.append(ONE, [entry(10, b"a" * 7, 500.5), entry(11, b"", 400.0)])
        archive.append(ONE, [entry(4, b"b" * 5, 900.25)])
        info = archive.describe(ONE)
        assert info is not None
        assert (info.session, info.messages, info.first_position, info.last_position) == (ONE, 3, 4, 11)
        assert (info.first_timestamp, info.last_timestamp) == (400.0, 900.25)
        assert (info.context_after, info.forgotten_through) == (0, 0)
        assert info.raw_bytes >= 12
        assert info.stored_bytes > 0

    def test_when_it_was_updated_is_known_or_said_not_to_be(self, archive: ColdArchive, clock: SettableClock) -> None:
        """Retention counts from it: one that were far off would remove what is young, or never remove anything."""
        day = 86_400.0
        before = 0.0
        uses: list[Callable[[], object]] = [
            lambda: archive.append(ONE, [entry(1)]),
            lambda: archive.append(ONE, [entry(2)]),
            lambda: archive.start_context(ONE, after=Position(1)),
            lambda: archive.forget(ONE, through=Position(1)),
        ]
        for use in uses:
            use()
            info = archive.describe(ONE)
            assert info is not None
            assert info.updated_at == 0.0 or min(abs(info.updated_at - now) for now in (clock.now(), time.time())) < day
            assert info.updated_at >= before
            before = info.updated_at
            clock.advance(1.0)

    def test_sessions_are_those_with_entries(self, archive: ColdArchive) -> None:
        keys = {SessionKey(f"s{number}", tenant=tenant) for number in range(20) for tenant in "ab"}
        for key in keys:
            archive.append(key, [entry(1)])
        archive.start_context(SessionKey("only a mark"), after=Position(3))
        archive.append(TWO, [entry(1)])
        archive.forget(TWO, through=Position(1))
        found = list(archive.sessions())
        assert {info.session for info in found} == keys
        assert len(found) == 40
        assert found[0] == archive.describe(found[0].session)

    # Marks.

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

    def test_forgetting_ahead_keeps_a_late_spill_out(self, archive: ColdArchive) -> None:
        assert archive.forget(ONE, through=Position(10)) == 0
        archive.append(ONE, [entry(9), entry(10), entry(11)])
        assert [one.position for one in archive.read(ONE)] == [11]

    # Ids, payloads and times are data.

    @pytest.mark.parametrize(("one", "two"), KEYS_THAT_COLLIDE)
    def test_ids_that_look_alike_never_meet(self, archive: ColdArchive, one: SessionKey, two: SessionKey) -> None:
        archive.append(one, [entry(1, b"of one")])
        assert archive.describe(two) is None
        archive.append(two, [entry(2, b"of two")])
        assert [found.payload for found in archive.read(one)] == [b"of one"]
        assert {info.session for info in archive.sessions()} == {one, two}
        assert archive.forget(one, through=MAX_POSITION) == 1
        assert [found.payload for found in archive.read(two)] == [b"of two"]

    def test_entries_come_back_bit_for_bit(self, archive: ColdArchive) -> None:
        numbers = iter(range(1_000_000))

        @settings(max_examples=40, deadline=None)
        @given(st.lists(st.tuples(st.integers(1, MAX_POSITION), TIMESTAMPS, PAYLOADS), max_size=6, unique_by=lambda one: one[0]))
        def check(rows: list[tuple[int, float, bytes]]) -> None:
            session = SessionKey(f"s{next(numbers)}")
            entries = [
                entry(position, payload, timestamp) for position, timestamp, payload in sorted(rows, key=lambda row: row[0])
            ]
            archive.append(session, entries)
            assert facts(archive.read(session)) == facts(entries)

        check()

    @pytest.mark.parametrize("size", [0, 2**20, 2**24])
    def test_payloads_of_any_size(self, archive: ColdArchive, size: int) -> None:
        payload = bytes(range(256)) * (size // 256)
        archive.append(ONE, [entry(1, payload), entry(2, b"small")])
        archive.append(ONE, [entry(3, payload)])
        assert [one.payload == payload for one in archive.read(ONE)] == [True, False, True]
        assert archive.read(ONE, last=1)[0].payload == payload

    # Powers, concurrency, life and death.

    def test_threads_that_append_to_one_session_lose_nothing(self, archive: ColdArchive) -> None:
        def work(writer: int) -> Callable[[], None]:
            def run() -> None:
                for number in range(15):
                    archive.append(ONE, [entry(1 + number * 4 + writer, b"%d:%d" % (writer, number))])

            return run

        at_once(*(work(writer) for writer in range(4)))
        expected = [(1 + n * 4 + w, b"%d:%d" % (w, n)) for n in range(15) for w in range(4)]
        assert [(one.position, one.payload) for one in archive.read(ONE)] == expected

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
        for use in uses:
            with pytest.raises(ClosedError):
                use()

    def test_what_was_stored_is_there_after_a_reopening(self, open_archive: Callable[[], ColdArchive]) -> None:
        if not self.persistent:
            pytest.skip("this archive declares that it ends with its object")
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

    def test_it_is_a_list_in_order_for_each_session(self, open_archive: Callable[[], ColdArchive]) -> None:
        check_against_model(open_archive, persistent=self.persistent)
