"""Hot stores in memory that are wrong, in one way each."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from typing import ClassVar

from broken.case import broken
from broken.round_trips import round_trip
from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import Appended, HotRemoval, SessionActivity, Ticket
from lixcore.testing import HotStoreContract
from lixcore_memory import MemoryHotStore
from lixcore_memory.hot_store import _Session


class MakesAbsentSessionsHot(MemoryHotStore):
    """Whoever writes to a session that is not there makes it, as with a list of a key-value store."""

    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        self._sessions.setdefault(session, _Session([], ORIGIN, 0.0))
        return super().append(session, timestamp, payload)


class SaysEmptyForAbsent(MemoryHotStore):
    """A list that is not there has no elements."""

    def read(self, session: SessionKey, *, last: int | None = None) -> Sequence[Entry] | None:
        return super().read(session, last=last) or ()


class TrustsTheClock(MemoryHotStore):
    """The next position is made from the clock and what is held, not from what ever was."""

    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        if session in self._sessions:
            held = self._sessions[session].entries
            self._sessions[session].highest = held[-1].position if held else ORIGIN
        return super().append(session, timestamp, payload)


class CountsPositions(MemoryHotStore):
    """Positions are a counter, which starts over when the store was wiped."""

    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        now = self._clock.now
        self._clock.now = lambda: 0.0  # type: ignore[method-assign]
        try:
            return super().append(session, timestamp, payload)
        finally:
            self._clock.now = now  # type: ignore[method-assign]

    def forget(self, session: SessionKey) -> HotRemoval:
        removal = super().forget(session)
        self._bucket(session).highest = ORIGIN
        return removal


class KeepsPositionsAsFloats(MemoryHotStore):
    """Positions are scores of a sorted set, which are doubles."""

    def restore(self, session: SessionKey, entries: Sequence[Entry], *, next_after: Position, ticket: Ticket) -> bool:
        rounded = [Entry(Position(int(float(one.position))), one.timestamp, one.payload) for one in entries]
        return super().restore(session, rounded, next_after=next_after, ticket=ticket)


class DropsTheLastOnTrim(MemoryHotStore):
    """It trims to a range whose end is excluded, and took it for included."""

    def release(self, session: SessionKey, *, through: Position) -> int:
        removed = super().release(session, through=through)
        if removed:
            del self._sessions[session].entries[-1:]
        return removed


class ReleasesByCount(MemoryHotStore):
    """It remembers how many a release removed, and removes as many when it is repeated."""

    last: ClassVar[int] = 0

    def release(self, session: SessionKey, *, through: Position) -> int:
        removed = super().release(session, through=through)
        if not removed and session in self._sessions:
            del self._sessions[session].entries[: self.last]
            return self.last
        type(self).last = removed
        return removed


class ReleasesNewerEntries(MemoryHotStore):
    """It takes positions for milliseconds, and adds some to be sure."""

    def release(self, session: SessionKey, *, through: Position) -> int:
        return super().release(session, through=Position(through + 10))


class EvictsNewerEntries(MemoryHotStore):
    """As it is evicted anyway, the whole session may go."""

    def evict(self, session: SessionKey, *, through: Position) -> bool:
        return super().evict(session, through=Position(2**62) if through else through)


class KeepsNewerButCallsItAbsent(MemoryHotStore):
    """The answer is what was asked for, not what became of it."""

    def evict(self, session: SessionKey, *, through: Position) -> bool:
        super().evict(session, through=through)
        return True


class FailsToEvictTwice(MemoryHotStore):
    """What is not there cannot be removed."""

    def evict(self, session: SessionKey, *, through: Position) -> bool:
        self._sessions[session]
        return super().evict(session, through=through)


class ForgetsByPattern(MemoryHotStore):
    """It removes the keys that match the id, which may be a pattern."""

    def forget(self, session: SessionKey) -> HotRemoval:
        for other in [one for one in self._sessions if one != session and fnmatch.fnmatchcase(one.id, session.id)]:
            super().forget(other)
        return super().forget(session)


class EvictsByPrefix(MemoryHotStore):
    """It removes the keys that begin with the id."""

    def evict(self, session: SessionKey, *, through: Position) -> bool:
        for other in [one for one in self._sessions if one != session and one.id.startswith(session.id)]:
            super().evict(other, through=Position(2**62))
        return super().evict(session, through=through)


class IgnoresTickets(MemoryHotStore):
    """Whether it is absent now is all that it looks at."""

    def restore(self, session: SessionKey, entries: Sequence[Entry], *, next_after: Position, ticket: Ticket) -> bool:
        return super().restore(session, entries, next_after=next_after, ticket=ticket and self.ticket(session))


class RestoresOverNewerEntries(MemoryHotStore):
    """A restore sets the session, whatever is there."""

    def restore(self, session: SessionKey, entries: Sequence[Entry], *, next_after: Position, ticket: Ticket) -> bool:
        self._sessions.pop(session, None)
        return super().restore(session, entries, next_after=next_after, ticket=ticket)


class RefusesEveryTicket(MemoryHotStore):
    """The ticket is compared with one of another form."""

    def restore(self, session: SessionKey, entries: Sequence[Entry], *, next_after: Position, ticket: Ticket) -> bool:
        return super().restore(session, entries, next_after=next_after, ticket=Ticket(ticket + b"x"))


class ForgetsWithoutVoidingTickets(MemoryHotStore):
    """Deleting the key is taken for forgetting."""

    def forget(self, session: SessionKey) -> HotRemoval:
        removal = super().forget(session)
        self._bucket(session).count -= 1
        return removal


class RecordsActivityInOldest(MemoryHotStore):
    """All reading goes through one method, which records activity."""

    def oldest(self, session: SessionKey, *, limit: int) -> Sequence[Entry]:
        return (self.read(session) or ())[:limit]


class ListsTheMostRecentFirst(MemoryHotStore):
    """The order of the list is that of the screens it was made for."""

    def sessions(self, *, inactive_since: float | None = None, limit: int | None = None) -> Sequence[SessionActivity]:
        return list(reversed(super().sessions(inactive_since=inactive_since)))[:limit]


class LosesAppendsOfThreads(MemoryHotStore):
    """It reads the session, adds to it and writes it back, without a lock."""

    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        before = list(self._sessions[session].entries) if session in self._sessions else []
        round_trip()
        answer = super().append(session, timestamp, payload)
        if answer is not None:
            self._sessions[session].entries = [*before, self._sessions[session].entries[-1]]
        return answer


class WorksOnWhenClosed(MemoryHotStore):
    """There is nothing to give back."""

    def close(self) -> None:
        pass


C = HotStoreContract
HISTORY = "it-is-a-list-in-order-for-each-session"
CASES = [
    broken(C, MakesAbsentSessionsHot, "a-session-is-absent-until-it-is-restored", "a-refused-append-stored-nothing"),
    broken(C, SaysEmptyForAbsent, "a-session-is-absent-until-it-is-restored"),
    broken(C, TrustsTheClock, "a-position-is-not-given-again-after-its-release"),
    broken(C, CountsPositions, "positions-do-not-start-over-after-a-wipe"),
    broken(C, KeepsPositionsAsFloats, "neighbouring-positions-are-told-apart"),
    broken(C, DropsTheLastOnTrim, "release-removes-up-to-its-position-and-only-once"),
    broken(C, ReleasesByCount, "release-removes-up-to-its-position-and-only-once", "what-is-repeated-does-nothing-more"),
    broken(C, ReleasesNewerEntries, "release-removes-up-to-its-position-and-only-once"),
    broken(
        C,
        EvictsNewerEntries,
        "evict-leaves-a-session-with-newer-entries-hot",
    ),
    broken(C, KeepsNewerButCallsItAbsent, "evict-leaves-a-session-with-newer-entries-hot"),
    broken(C, FailsToEvictTwice, "evicting-an-absent-session-is-harmless", "what-is-repeated-does-nothing-more"),
    broken(C, ForgetsByPattern, "ids-that-look-alike-never-meet[one4-two4]"),
    broken(C, EvictsByPrefix, "what-leaves-one-session-leaves-no-other"),
    broken(C, IgnoresTickets, "a-ticket-is-void-when-the-session-was-hot-in-between"),
    broken(C, RestoresOverNewerEntries, "a-hot-session-is-not-restored-over"),
    broken(C, RefusesEveryTicket, "hot-and-empty-is-not-absent"),
    broken(C, ForgetsWithoutVoidingTickets, "forget-voids-tickets-also-of-an-absent-session"),
    broken(C, RecordsActivityInOldest, "append-read-and-restore-record-activity-and-nothing-else-does"),
    broken(C, ListsTheMostRecentFirst, "sessions-come-longest-idle-first-within-their-bounds"),
    broken(C, LosesAppendsOfThreads, "appends-of-many-threads-are-all-there-once"),
    broken(C, WorksOnWhenClosed, "a-closed-store-says-so"),
    # Random histories find it too.
    *(
        broken(C, type(f"{one.__name__}InAHistory", (one,), {"__doc__": one.__doc__}), HISTORY, right=MemoryHotStore)
        for one in (SaysEmptyForAbsent, ReleasesNewerEntries)
    ),
]
