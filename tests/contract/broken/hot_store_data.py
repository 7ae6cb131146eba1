"""Hot stores in memory that are wrong about ids, values and what belongs to whom, in one way each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from broken import renamed_sessions as renamed
from broken.case import broken
from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import Appended, HotRemoval, Ticket
from lixcore.testing import HotStoreContract
from lixcore_memory import MemoryHotStore


class GivesAllForTheLastNone(MemoryHotStore):
    """It cuts with ``entries[-last:]``, which is everything when last is 0."""

    def read(self, session: SessionKey, *, last: int | None = None) -> Sequence[Entry] | None:
        found = super().read(session)
        return found if found is None or last is None else found[-last:]


class ReadsStaleAfterAppend(MemoryHotStore):
    """What was read is kept until the session is restored again."""

    def read(self, session: SessionKey, *, last: int | None = None) -> Sequence[Entry] | None:
        found = super().read(session)
        kept: dict[SessionKey, Sequence[Entry]] = self.__dict__.setdefault("kept", {})
        if found is None:
            kept.pop(session, None)
            return None
        found = kept.setdefault(session, found)
        return found if last is None else found[max(len(found) - last, 0) :]


class GivesItsOwnList(MemoryHotStore):
    """A copy costs time; nobody will change it."""

    def read(self, session: SessionKey, *, last: int | None = None) -> Sequence[Entry] | None:
        found = super().read(session, last=last)
        return found if found is None or last is not None else self._sessions[session].entries


class KeepsTheCallersList(MemoryHotStore):
    """The list it was given becomes its own."""

    def restore(self, session: SessionKey, entries: Sequence[Entry], *, next_after: Position, ticket: Ticket) -> bool:
        done = super().restore(session, entries, next_after=next_after, ticket=ticket)
        if done and isinstance(entries, list):
            self._sessions[session].entries = entries
        return done


class RoundsTimestamps(MemoryHotStore):
    """Timestamps are a column with microseconds."""

    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        return super().append(session, round(timestamp, 6), payload)


class CutsPayloadsAtNul(MemoryHotStore):
    """Payloads go through a library in C."""

    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        return super().append(session, timestamp, payload.split(b"\0")[0])


def _mixing(name: str, stored: Callable[[SessionKey], SessionKey]) -> type[MemoryHotStore]:
    """A store that keeps each session as ``stored`` has it."""
    key = staticmethod(stored)

    class Mixing(MemoryHotStore):
        def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
            return super().append(key(session), timestamp, payload)

        def read(self, session: SessionKey, *, last: int | None = None) -> Sequence[Entry] | None:
            return super().read(key(session), last=last)

        def ticket(self, session: SessionKey) -> Ticket:
            return super().ticket(key(session))

        def restore(self, session: SessionKey, entries: Sequence[Entry], *, next_after: Position, ticket: Ticket) -> bool:
            return super().restore(key(session), entries, next_after=next_after, ticket=ticket)

        def forget(self, session: SessionKey) -> HotRemoval:
            return super().forget(key(session))

    Mixing.__name__ = Mixing.__qualname__ = name
    Mixing.__doc__ = stored.__doc__
    return Mixing


C, M = HotStoreContract, MemoryHotStore
ALIKE = "ids-that-look-alike-never-meet"
CASES = [
    broken(C, GivesAllForTheLastNone, "entries-come-back-in-order-of-their-append"),
    broken(C, ReadsStaleAfterAppend, "what-was-appended-is-read-by-all-at-once"),
    broken(C, GivesItsOwnList, "what-was-read-is-the-callers"),
    broken(C, KeepsTheCallersList, "what-was-read-is-the-callers"),
    broken(C, RoundsTimestamps, "payloads-and-timestamps-come-back-bit-for-bit"),
    broken(C, CutsPayloadsAtNul, "payloads-of-any-size[1048576]"),
    broken(C, _mixing("HotStoreThatFoldsCase", renamed.folded), f"{ALIKE}[one0-two0]", right=M),
    broken(C, _mixing("HotStoreThatStrips", renamed.stripped), f"{ALIKE}[one1-two1]", right=M),
    broken(C, _mixing("HotStoreThatCutsAtNul", renamed.cut_at_nul), f"{ALIKE}[one2-two2]", right=M),
    broken(C, _mixing("HotStoreThatNormalises", renamed.normalised), f"{ALIKE}[one6-two6]", right=M),
    broken(C, _mixing("HotStoreThatSplitsOnColons", renamed.joined), f"{ALIKE}[one7-two7]", right=M),
    broken(C, _mixing("HotStoreWithoutTenants", renamed.without_tenant), f"{ALIKE}[one11-two11]", right=M),
    broken(C, _mixing("HotStoreThatBuildsPaths", renamed.as_a_path), f"{ALIKE}[one12-two12]", right=M),
    broken(C, _mixing("HotStoreThatShortens", renamed.shortened), f"{ALIKE}[one15-two15]", right=M),
]
