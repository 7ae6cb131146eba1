"""Archives in memory that are wrong, in one way each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from broken.case import broken
from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.cold_archive import ArchiveInfo
from lixcore.testing import ColdArchiveContract
from lixcore_memory import MemoryArchive


class TakesRepeatsAgain(MemoryArchive):
    """Every append adds; nobody is expected to repeat one."""

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        with self._lock:
            history = self._made(session)
            history.entries = sorted([*history.entries, *entries], key=lambda one: one.position)
            history.session = session


class OverwritesWhatItHolds(MemoryArchive):
    """The last write wins, as in most stores."""

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        new = {one.position for one in entries}
        with self._lock:
            history = self._made(session)
            history.entries = [one for one in history.entries if one.position not in new]
        super().append(session, entries)


class IgnoresAConflict(MemoryArchive):
    """What is held at the position stays: inserting is skipped where the key exists. It swallows the conflict."""

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        held = {one.position for one in self.read(session)}
        super().append(session, [one for one in entries if one.position not in held])


class TakesWhatIsBesideAConflict(MemoryArchive):
    """Each entry is a write of its own."""

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        for one in entries:
            super().append(session, [one])


class ComparesPayloadsOnly(MemoryArchive):
    """The timestamp is not part of what is compared."""

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        held = {(one.position, one.payload) for one in self.read(session)}
        super().append(session, [one for one in entries if (one.position, one.payload) not in held])


class StopsABulkAppendAtAConflict(MemoryArchive):
    """The first error ends the loop."""

    def append_many(self, batches: Sequence[tuple[SessionKey, Sequence[Entry]]]) -> None:
        for batch in batches:
            super().append_many([batch])


class ForgetsWhenItWasUpdated(MemoryArchive):
    """A time zone is taken off twice."""

    def describe(self, session: SessionKey) -> ArchiveInfo | None:
        info = super().describe(session)
        return info and attrs.evolve(info, updated_at=info.last_timestamp - 1e6)


class PutsEverythingAtTheEnd(MemoryArchive):
    """Entries are said to come in order."""

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        with self._lock:
            self._made(session).entries.extend(entries)


class IncludesTheEnds(MemoryArchive):
    """``after`` is taken for "from"."""

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
    """It limits the query, whose order is that of the positions."""

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
    """Deleting is taken for forgetting."""

    def forget(self, session: SessionKey, *, through: Position) -> int:
        removed = super().forget(session, through=through)
        self._made(session).forgotten_through = ORIGIN
        return removed


class TakesTheLatestMark(MemoryArchive):
    """The mark is set, whatever it was."""

    def start_context(self, session: SessionKey, *, after: Position) -> None:
        self._made(session).context_after = after


class ListsSessionsWithoutEntries(MemoryArchive):
    """Whatever has a row is listed."""

    def sessions(self) -> Iterator[ArchiveInfo]:
        marked = SessionKey("only a mark")
        return iter([*super().sessions(), *filter(None, [self.describe(marked)])])


class DescribesTheUnknown(MemoryArchive):
    """A count of rows that are not there is zero."""

    def describe(self, session: SessionKey) -> ArchiveInfo | None:
        return super().describe(session) or ArchiveInfo(session, 0)


class CountsTimesByPosition(MemoryArchive):
    """The first and the last entry are said to have the first and the last time."""

    def describe(self, session: SessionKey) -> ArchiveInfo | None:
        info = super().describe(session)
        entries = self.read(session)
        if info is None or not entries:
            return info
        times = entries[0].timestamp, entries[-1].timestamp
        return ArchiveInfo(session, info.messages, info.first_position, info.last_position, *times, info.raw_bytes, 1)


C = ColdArchiveContract
HISTORY = "it-is-a-list-in-order-for-each-session"
CONFLICT = "another-entry-at-a-held-position-is-refused-with-all-that-came-with-it[other0]"
CASES = [
    broken(C, TakesRepeatsAgain, "an-append-may-be-repeated"),
    broken(C, OverwritesWhatItHolds, CONFLICT),
    broken(C, IgnoresAConflict, CONFLICT),
    broken(C, TakesWhatIsBesideAConflict, CONFLICT),
    broken(C, ComparesPayloadsOnly, "times-are-compared-bit-for-bit[-0.0]"),
    broken(C, StopsABulkAppendAtAConflict, "a-conflict-in-a-bulk-append-holds-up-no-other-session"),
    broken(C, ForgetsWhenItWasUpdated, "when-it-was-updated-is-known-or-said-not-to-be"),
    broken(C, PutsEverythingAtTheEnd, "entries-between-and-below-those-held-take-their-place"),
    broken(C, IncludesTheEnds, "ranges-exclude-their-ends"),
    broken(C, GivesTheOldestForTheLast, "ranges-exclude-their-ends"),
    broken(C, ForgetsWithoutAMark, "forgetting-ahead-keeps-a-late-spill-out", "forgotten-entries-are-gone-and-never-taken-again"),
    broken(C, TakesTheLatestMark, "the-highest-start-of-the-context-holds"),
    broken(C, ListsSessionsWithoutEntries, "sessions-are-those-with-entries"),
    broken(C, DescribesTheUnknown, "an-unknown-session-is-empty-and-not-described"),
    broken(C, CountsTimesByPosition, "totals-are-described"),
    # Random histories find it too.
    *(
        broken(C, type(f"{one.__name__}InAHistory", (one,), {"__doc__": one.__doc__}), HISTORY, right=MemoryArchive)
        for one in (IgnoresAConflict, TakesTheLatestMark)
    ),
]
