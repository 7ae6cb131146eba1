"""The hot store: recent messages of live sessions, in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NewType, Protocol

import attrs
import msgspec

from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey

Ticket = NewType("Ticket", bytes)
"""Proof that a session was absent when a restore began; see `HotStore.ticket`. Opaque to everyone but the store."""


# msgspec builds it in C; one is made on every add.
class Appended(msgspec.Struct, frozen=True, gc=False):
    """The answer to an append.

    Attributes:
        position: Where the entry now stands.
        held: How many entries of the session are hot, this one included; what decides about overflow.
    """

    position: Position
    held: int


@attrs.frozen
class SessionActivity:
    """When a hot session was last used.

    Attributes:
        session: Whose.
        last_active: Seconds since the epoch, by the clock of the process that used it.
    """

    session: SessionKey
    last_active: float


@attrs.frozen
class HotInfo:
    """What the hot store holds of one session.

    Attributes:
        held: The number of entries; zero for a session that is hot and empty.
        first_position: Of the oldest entry; None where there is none.
        last_position: Of the newest entry; None where there is none.
        last_active: Seconds since the epoch.
    """

    held: int
    first_position: Position | None
    last_position: Position | None
    last_active: float


@attrs.frozen
class HotRemoval:
    """What `HotStore.forget` removed.

    Attributes:
        entries: How many.
        last_position: The highest position among them; None where there were none.
    """

    entries: int
    last_position: Position | None


class HotStore(Protocol):
    """Keeps the newest entries of live sessions, shared by all processes that serve them.

    A session is *hot* or *absent*. Absent sessions become hot by `restore` only, and absent again by `evict` or `forget` only:
    nothing expires by itself, because an entry may not be archived yet. Hot sessions may be empty.

    Between them, the calls on one session happen one at a time, as if in some order; a reader sees every append that had
    returned before it began. What `append` and `restore` acknowledged survives the death of any process of the application.

    The kind of an error decides what happens next, in any method:

    * `StoreUnavailableError`: this process cannot reach the store. The archive may stand in, until `describe` answers again.
    * `StoreBusyError`, a kind of it: the store is there, and others kept it busy. The archive must not stand in.
    * `StoreFullError`: it took nothing, and still gives what it holds. The archive may take what it does not.
    * `StoreRefusedError`, `CorruptDataError`: the caller's matter; nothing stands in.
    """

    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        """Add one entry after all others of a hot session; also records activity.

        The position is above every one that this session had here since its last restore, and above the ``next_after`` of that
        restore, which covers all before; also when the clock stepped back. It carries the time, as `next_position` does, so that
        a session that begins anew in a store that was wiped gets no old position again. This is the hot path: one round trip.

        Returns:
            None when the session is absent; nothing was stored, and the caller restores it first.

        Raises:
            StoreUnavailableError: With ``outcome_unknown`` when the entry may have been stored all the same, or may still be:
                a request may be under way for as long as the network likes. Such a store gives the error ``at_most``: above that
                position it never stores the entry, and what the archive takes in its stead gets its place there.
        """
        ...

    def read(self, session: SessionKey, *, last: int | None = None) -> Sequence[Entry] | None:
        """The newest ``last`` entries (all, when None), oldest first; also records activity. One round trip.

        Returns:
            None when the session is absent, an empty sequence when it is hot and empty.
        """
        ...

    def oldest(self, session: SessionKey, *, limit: int) -> Sequence[Entry]:
        """The oldest ``limit`` entries, oldest first; records no activity. Empty when there are none or the session is absent."""
        ...

    def ticket(self, session: SessionKey) -> Ticket:
        """Begin a restore, before the archive is read: `restore` can then tell whether the session was hot in between."""
        ...

    def restore(self, session: SessionKey, entries: Sequence[Entry], *, next_after: Position, ticket: Ticket) -> bool:
        """Make an absent session hot with these entries, at their own positions; also records activity. Atomic.

        Args:
            entries: In order; may be empty, for a session that has no history.
            next_after: At least the last entry's position; later appends get positions above it.
            ticket: From `ticket`, taken before ``entries`` were read from the archive.

        Returns:
            False, with nothing changed, when the session is hot, or was hot at any time since the ticket was given: the entries
            may then be out of date. The store may also say so without need, now and then; callers begin again.
        """
        ...

    def release(self, session: SessionKey, *, through: Position) -> int:
        """Remove the entries up to and including ``through``; newer ones always survive. Idempotent; the session stays hot.

        Called only for entries that the archive holds durably.

        Returns:
            How many entries were removed; zero also for an absent session.
        """
        ...

    def evict(self, session: SessionKey, *, through: Position) -> bool:
        """Like `release`; then, if no entry is left, make the session absent, activity and all. Atomic.

        Where it returns True, tickets that were given out before are void, also when the session was absent already.

        Returns:
            True when the session is absent now; False when newer entries keep it hot.
        """
        ...

    def forget(self, session: SessionKey) -> HotRemoval:
        """Remove every trace of the session, and make outstanding tickets of it void. Atomic.

        A store whose requests may be under way for as long as the network likes removes nothing by one that comes late but what
        was there when this was called.
        """
        ...

    def describe(self, session: SessionKey) -> HotInfo | None:
        """What is held, without the payloads; None when the session is absent. Records no activity."""
        ...

    def sessions(self, *, inactive_since: float | None = None, limit: int | None = None) -> Sequence[SessionActivity]:
        """Hot sessions, longest idle first. What another program left in the store and is no session is left out, with a warning.

        Args:
            inactive_since: Only those that were not used after this instant (seconds since the epoch).
            limit: At most so many.
        """
        ...

    def close(self) -> None:
        """Give back connections and handles. What was acknowledged stays stored."""
        ...
