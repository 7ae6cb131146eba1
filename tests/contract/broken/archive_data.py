"""Archives in memory that are wrong about ids, values and what belongs to whom, in one way each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from broken import renamed_sessions as renamed
from broken.case import broken
from broken.round_trips import round_trip
from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.cold_archive import ArchiveInfo, Salvage
from lixcore.testing import ColdArchiveContract
from lixcore_memory import MemoryArchive


class ArchivesPositionsAsFloats(MemoryArchive):
    """Positions go through JSON and a reader that has doubles only."""

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        super().append(session, [_rounded(one) for one in entries])


class ArchiveThatGivesItsOwnList(MemoryArchive):
    """A copy costs time; nobody will change it."""

    def read(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Sequence[Entry]:
        found = super().read(session, last=last, after=after, before=before)
        is_all = last is None and after is None and before is None and found
        return self._histories[session.digest].entries if is_all else found


class ArchiveThatRoundsTimes(MemoryArchive):
    """Timestamps are a column with microseconds."""

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        super().append(session, [Entry(one.position, round(one.timestamp, 6), one.payload) for one in entries])


class ArchiveThatLosesAppendsOfThreads(MemoryArchive):
    """It reads the file, adds to it and writes it back, without a lock."""

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        held = self._histories.get(session.digest)
        before = [] if held is None else list(held.entries)
        round_trip()
        super().append(session, entries)
        if entries:
            history = self._histories[session.digest]
            history.entries = sorted({one.position: one for one in [*before, *entries]}.values(), key=lambda one: one.position)


class ArchiveThatWorksOnWhenClosed(MemoryArchive):
    """There is nothing to give back."""

    def close(self) -> None:
        pass


class SalvagesNothing(MemoryArchive):
    """What cannot be damaged needs no salvage."""

    def salvage(
        self,
        session: SessionKey,
        *,
        last: int | None = None,  # noqa: ARG002  # of the port
        after: Position | None = None,  # noqa: ARG002  # as above
        before: Position | None = None,  # noqa: ARG002  # as above
    ) -> Salvage:
        return super().salvage(session, last=0)


def _rounded(one: Entry) -> Entry:
    """An entry whose position was a double for a while."""
    return Entry(Position(int(float(one.position))), one.timestamp, one.payload)


def _mixing(name: str, stored: Callable[[SessionKey], SessionKey]) -> type[MemoryArchive]:
    """An archive that keeps each session as ``stored`` has it."""
    key = staticmethod(stored)

    class Mixing(MemoryArchive):
        def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
            super().append(key(session), entries)

        def describe(self, session: SessionKey) -> ArchiveInfo | None:
            return super().describe(key(session))

    Mixing.__name__ = Mixing.__qualname__ = name
    Mixing.__doc__ = stored.__doc__
    return Mixing


C, M = ColdArchiveContract, MemoryArchive
ALIKE = "ids-that-look-alike-never-meet"
CASES = [
    broken(C, ArchivesPositionsAsFloats, "neighbouring-positions-are-told-apart"),
    broken(C, ArchiveThatGivesItsOwnList, "what-was-given-and-read-is-the-callers"),
    broken(C, ArchiveThatRoundsTimes, "entries-come-back-bit-for-bit"),
    broken(C, ArchiveThatLosesAppendsOfThreads, "threads-that-append-to-one-session-lose-nothing"),
    broken(C, ArchiveThatWorksOnWhenClosed, "a-closed-archive-says-so"),
    broken(C, SalvagesNothing, "salvage-of-what-is-whole-is-a-read"),
    broken(C, _mixing("ArchiveThatFoldsCase", renamed.folded), f"{ALIKE}[one0-two0]", right=M),
    broken(C, _mixing("ArchiveThatStrips", renamed.stripped), f"{ALIKE}[one1-two1]", right=M),
    broken(C, _mixing("ArchiveThatSplitsOnColons", renamed.joined), f"{ALIKE}[one7-two7]", right=M),
    broken(C, _mixing("ArchiveWithoutTenants", renamed.without_tenant), f"{ALIKE}[one11-two11]", right=M),
    broken(C, _mixing("ArchiveThatBuildsPaths", renamed.as_a_path), f"{ALIKE}[one12-two12]", right=M),
]
