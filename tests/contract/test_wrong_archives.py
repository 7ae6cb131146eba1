"""The suite finds what it is for: each of these archives is wrong in one way, and fails the test that is named beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import attrs
import pytest
from cold_archive_contract import ColdArchiveContract
from cold_archive_machine import check_against_model

from contract_ground import SettableClock, entry
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


class IgnoresAConflict(MemoryArchive):
    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        held = {one.position for one in self.read(session)}
        super().append(session, [one for one in entries if one.position not in held])


class TakesWhatIsBesideAConflict(MemoryArchive):
    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        for one in entries:
            super().append(session, [one])


class ComparesPayloadsOnly(MemoryArchive):
    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        held = {(one.position, one.payload) for one in self.read(session)}
        super().append(session, [one for one in entries if (one.position, one.payload) not in held])


class StopsABulkAppendAtAConflict(MemoryArchive):
    def append_many(self, batches: Sequence[tuple[SessionKey, Sequence[Entry]]]) -> None:
        for batch in batches:
            super().append_many([batch])


class ForgetsWhenItWasUpdated(MemoryArchive):
    def describe(self, session: SessionKey) -> ArchiveInfo | None:
        info = super().describe(session)
        return info and attrs.evolve(info, updated_at=info.last_timestamp - 1e6)


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
CONFLICT = partial(TESTS.test_another_entry_at_a_held_position_is_refused_with_all_that_came_with_it, other=entry(6, b"another"))
CASES: list[tuple[type[MemoryArchive], Callable[..., None]]] = [
    (TakesRepeatsAgain, TESTS.test_an_append_may_be_repeated),
    (OverwritesWhatItHolds, CONFLICT),
    (IgnoresAConflict, CONFLICT),
    (TakesWhatIsBesideAConflict, CONFLICT),
    (ComparesPayloadsOnly, partial(TESTS.test_times_are_compared_bit_for_bit, other=-0.0)),
    (StopsABulkAppendAtAConflict, TESTS.test_a_conflict_in_a_bulk_append_holds_up_no_other_session),
    (ForgetsWhenItWasUpdated, partial(TESTS.test_when_it_was_updated_is_known_or_said_not_to_be, clock=SettableClock())),
    (PutsEverythingAtTheEnd, TESTS.test_entries_between_and_below_those_held_take_their_place),
    (IncludesTheEnds, TESTS.test_ranges_exclude_their_ends),
    (GivesTheOldestForTheLast, TESTS.test_ranges_exclude_their_ends),
    (ForgetsWithoutAMark, TESTS.test_forgetting_ahead_keeps_a_late_spill_out),
    (TakesTheLatestMark, TESTS.test_the_highest_start_of_the_context_holds),
    (ListsSessionsWithoutEntries, TESTS.test_sessions_are_those_with_entries),
    (DescribesTheUnknown, TESTS.test_an_unknown_session_is_empty_and_not_described),
    (CountsTimesByPosition, TESTS.test_totals_are_described),
]


@pytest.mark.parametrize(("adapter", "test"), CASES, ids=lambda case: getattr(case, "func", case).__name__)
def test_a_wrong_archive_fails(adapter: type[MemoryArchive], test: Callable[..., None]) -> None:
    test(ColdArchiveContract(), archive=MemoryArchive())
    with pytest.raises((AssertionError, pytest.fail.Exception)):  # the latter from `pytest.raises`
        test(ColdArchiveContract(), archive=adapter())


@pytest.mark.parametrize(
    "adapter", [OverwritesWhatItHolds, IgnoresAConflict, ForgetsWithoutAMark, TakesTheLatestMark, IncludesTheEnds]
)
def test_random_histories_find_it_too(adapter: type[MemoryArchive]) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check_against_model(adapter, persistent=False, examples=500)
