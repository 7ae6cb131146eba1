"""The suite finds what it is for: each of these archives is wrong in one way, and fails the test that is named beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from cold_archive_contract import ColdArchiveContract
from cold_archive_machine import check_against_model
from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.cold_archive import ArchiveInfo
from lixcore_memory import MemoryArchive


class TakesRepeatsAgain(MemoryArchive):
    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        with self._lock:
            history = self._made(session)
            history.entries = sorted([*history.entries, *entries], key=lambda one: one.position)
            history.session = session


class OverwritesWhatItHolds(MemoryArchive):
    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        new = {one.position for one in entries}
        with self._lock:
            history = self._made(session)
            history.entries = [one for one in history.entries if one.position not in new]
        super().append(session, entries)


class PutsEverythingAtTheEnd(MemoryArchive):
    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        with self._lock:
            self._made(session).entries.extend(entries)


class IncludesTheEnds(MemoryArchive):
    def read(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Sequence[Entry]:
        return super().read(session, last=last, after=None if after is None else Position(after - 1), before=before)


class GivesTheOldestForTheLast(MemoryArchive):
    def read(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Sequence[Entry]:
        return super().read(session, after=after, before=before)[:last]


class ForgetsWithoutAMark(MemoryArchive):
    def forget(self, session: SessionKey, *, through: Position) -> int:
        removed = super().forget(session, through=through)
        self._made(session).forgotten_through = ORIGIN
        return removed


class TakesTheLatestMark(MemoryArchive):
    def start_context(self, session: SessionKey, *, after: Position) -> None:
        self._made(session).context_after = after


class ListsSessionsWithoutEntries(MemoryArchive):
    def sessions(self) -> Iterator[ArchiveInfo]:
        marked = SessionKey("only a mark")
        return iter([*super().sessions(), *filter(None, [self.describe(marked)])])


class DescribesTheUnknown(MemoryArchive):
    def describe(self, session: SessionKey) -> ArchiveInfo | None:
        return super().describe(session) or ArchiveInfo(session, 0)


class CountsTimesByPosition(MemoryArchive):
    def describe(self, session: SessionKey) -> ArchiveInfo | None:
        info = super().describe(session)
        entries = self.read(session)
        if info is None or not entries:
            return info
        times = entries[0].timestamp, entries[-1].timestamp
        return ArchiveInfo(session, info.messages, info.first_position, info.last_position, *times, info.raw_bytes, 1)


TESTS = ColdArchiveContract
CASES: list[tuple[type[MemoryArchive], Callable[..., None]]] = [
    (TakesRepeatsAgain, TESTS.test_an_append_may_be_repeated),
    (OverwritesWhatItHolds, TESTS.test_an_append_may_be_repeated),
    (PutsEverythingAtTheEnd, TESTS.test_entries_between_and_below_those_held_take_their_place),
    (IncludesTheEnds, TESTS.test_ranges_exclude_their_ends),
    (GivesTheOldestForTheLast, TESTS.test_ranges_exclude_their_ends),
    (ForgetsWithoutAMark, TESTS.test_forgetting_ahead_keeps_a_late_spill_out),
    (TakesTheLatestMark, TESTS.test_the_highest_start_of_the_context_holds),
    (ListsSessionsWithoutEntries, TESTS.test_sessions_are_those_with_entries),
    (DescribesTheUnknown, TESTS.test_an_unknown_session_is_empty_and_not_described),
    (CountsTimesByPosition, TESTS.test_totals_are_described),
]


@pytest.mark.parametrize(("adapter", "test"), CASES, ids=lambda case: case.__name__)
def test_a_wrong_archive_fails(adapter: type[MemoryArchive], test: Callable[..., None]) -> None:
    test(ColdArchiveContract(), archive=MemoryArchive())
    with pytest.raises(AssertionError):
        test(ColdArchiveContract(), archive=adapter())


@pytest.mark.parametrize("adapter", [OverwritesWhatItHolds, ForgetsWithoutAMark, TakesTheLatestMark, IncludesTheEnds])
def test_random_histories_find_it_too(adapter: type[MemoryArchive]) -> None:
    with pytest.raises(AssertionError):
        check_against_model(adapter, persistent=False, examples=500)
