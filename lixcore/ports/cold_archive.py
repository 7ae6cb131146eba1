"""The cold archive: everything that was ever said, durable and small."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import attrs

from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey


@attrs.frozen
class ArchiveInfo:
    """What the archive knows of a session without reading its entries.

    Attributes:
        session: Whose.
        messages: How many entries it holds; zero when all were forgotten or only marks were ever made.
        first_position: The lowest position it holds; `ORIGIN` when it holds none.
        last_position: The highest position it holds; `ORIGIN` when it holds none.
        first_timestamp: The smallest timestamp, in seconds since the epoch; 0.0 when it holds none.
        last_timestamp: The largest timestamp; 0.0 when it holds none.
        raw_bytes: The size of its records before compression.
        stored_bytes: What they take on the medium, everything counted.
        context_after: The context starts after this position; see `ColdArchive.start_context`.
        forgotten_through: Entries up to here were forgotten and are never taken again; see `ColdArchive.forget`.
        updated_at: When its data was last written, in seconds since the epoch, by any clock of the archive's; rewriting it in
            another form may count. 0.0 when that is not known.
    """

    session: SessionKey
    messages: int
    first_position: Position = ORIGIN
    last_position: Position = ORIGIN
    first_timestamp: float = 0.0
    last_timestamp: float = 0.0
    raw_bytes: int = 0
    stored_bytes: int = 0
    context_after: Position = ORIGIN
    forgotten_through: Position = ORIGIN
    updated_at: float = 0.0


class ColdArchive(Protocol):
    """Keeps whole histories for ever. Nothing but `forget` removes an entry.

    Every write is durable when it returns: it survives the loss of power. A write that raises has changed nothing that
    readers see, or can be repeated without harm. Writers of one session exclude each other; readers wait for nobody.
    """

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        """Store entries. An entry that is already held is ignored, so any append may be repeated.

        Entries come in ascending order and nearly always above everything held, which must cost the same however long the
        history is. Positions between or below those held are legal (two hosts of which one had lost the hot store): they take
        their place in the order. Entries at or below ``forgotten_through`` are ignored.

        Raises:
            PositionConflictError: An entry is held at one of the positions, with another timestamp or payload; or two of those
                given differ so. Nothing of the session's entries was stored.
            StoreFullError: Everything that was held is still held.
            CorruptDataError: The session's data is damaged so that nothing can be added safely.
        """
        ...

    def read(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Sequence[Entry]:
        """Entries in order of position, oldest first; empty for a session it does not know.

        The newest ``last`` cost the same however long the history is.

        Args:
            last: Only the newest so many of those in range.
            after: Only positions above this one.
            before: Only positions below this one.

        Raises:
            CorruptDataError: Entries in the range that was asked for are damaged; the error says where. Ranges that do not touch
                the damage read as ever; `Salvages` reads around it.
        """
        ...

    def describe(self, session: SessionKey) -> ArchiveInfo | None:
        """Counts, times and sizes, at the same cost however long the history is; None for a session it does not know."""
        ...

    def start_context(self, session: SessionKey, *, after: Position) -> None:
        """Note durably that the session's context starts after this position. The highest one ever noted holds; idempotent.

        Legal for a session without entries.
        """
        ...

    def sessions(self) -> Iterator[ArchiveInfo]:
        """All sessions that hold at least one entry, in any order. Sessions that are added or removed meanwhile may be missed.

        Raises:
            CorruptDataError: After all others were given, when some cannot be described; so damage to one hides no other.
        """
        ...

    def forget(self, session: SessionKey, *, through: Position) -> int:
        """Remove every entry at or below ``through``, durably, and never take one of them again.

        A spill that was under way in another process may try to append what it had read before: ``forgotten_through`` keeps
        that out. A mark of `start_context` at or below ``through`` may go with them. Nothing that can be read back from the
        medium remains of the entries or, when none are left, of the id.

        Returns:
            How many entries were removed.
        """
        ...

    def close(self) -> None:
        """Give back handles."""
        ...


@runtime_checkable
class AppendsInBulk(Protocol):
    """An optional power of an archive: many sessions in one durable step, for imports and evictions."""

    def append_many(self, batches: Sequence[tuple[SessionKey, Sequence[Entry]]]) -> None:
        """Do `ColdArchive.append` for each batch; all are durable when it returns, at the cost of few waits for the medium.

        Batches of one session are one append.

        Raises:
            PositionConflictError: As in `ColdArchive.append`, for the first session that has such a conflict; the batches of the
                sessions that have none are stored by then.
        """
        ...


@attrs.frozen
class Salvage:
    """What could be read of a range that is damaged.

    Attributes:
        entries: All that is readable, in order.
        damage: One sentence for each damaged place, with the file and where in it; empty when nothing is damaged.
    """

    entries: Sequence[Entry]
    damage: Sequence[str]


@runtime_checkable
class Salvages(Protocol):
    """An optional power of an archive: reading around damage."""

    def salvage(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Salvage:
        """Like `ColdArchive.read`, but damaged parts are left out and described instead of raised."""
        ...


@runtime_checkable
class Compacts(Protocol):
    """An optional power of an archive: merging what was written in small pieces."""

    def compact(self, session: SessionKey) -> bool:
        """Rewrite the session's data in its smallest form; readers keep what they have open.

        Returns:
            False when there was nothing to gain.
        """
        ...
