"""The archive in memory."""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from operator import attrgetter
from threading import Lock
from typing import ClassVar

import attrs

from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError, PositionConflictError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.clock import Clock
from lixcore.ports.cold_archive import ArchiveInfo, Salvage
from lixcore.ports.verification import Verified

_position = attrgetter("position")


@attrs.define
class _History:
    """One session: its entries in order of position, and its marks. The key is kept only while there are entries."""

    session: SessionKey | None = None
    entries: list[Entry] = attrs.Factory(list)
    raw_bytes: int = 0
    first_timestamp: float = 0.0
    last_timestamp: float = 0.0
    context_after: Position = ORIGIN
    forgotten_through: Position = ORIGIN
    updated_at: float = 0.0

    def append(self, entries: Sequence[Entry], where: str = "") -> None:
        """Take those in that are neither held nor forgotten.

        Raises:
            PositionConflictError: Another entry is held at the position of one, or two of them differ so; none was taken.
        """
        new: dict[Position, Entry] = {}
        for entry in entries:
            if entry.position > self.forgotten_through:
                held = self._held_at(entry.position) or new.setdefault(entry.position, entry)
                if not _is_same(held, entry):
                    raise PositionConflictError(where, entry.position)
        for entry in new.values():
            self._count(entry)
            at = bisect_left(self.entries, entry.position, key=_position)
            self.entries.insert(at, Entry(entry.position, entry.timestamp, bytes(entry.payload)))

    def _held_at(self, position: Position) -> Entry | None:
        at = bisect_left(self.entries, position, key=_position)
        return self.entries[at] if at < len(self.entries) and self.entries[at].position == position else None

    def _count(self, entry: Entry) -> None:
        first = not self.entries
        self.first_timestamp = entry.timestamp if first else min(self.first_timestamp, entry.timestamp)
        self.last_timestamp = entry.timestamp if first else max(self.last_timestamp, entry.timestamp)
        self.raw_bytes += len(entry.payload)

    def forget(self, through: Position) -> int:
        """Drop entries up to ``through`` and note that they stay away."""
        kept = self.entries[bisect_right(self.entries, through, key=_position) :]
        removed = len(self.entries) - len(kept)
        self.forgotten_through = max(self.forgotten_through, through)
        self.entries, self.raw_bytes, self.first_timestamp, self.last_timestamp = [], 0, 0.0, 0.0
        self.append(kept)
        if not kept:
            self.session = None
        return removed

    def between(self, last: int | None, after: Position | None, before: Position | None) -> tuple[Entry, ...]:
        """The newest ``last`` of those above ``after`` and below ``before``."""
        start = 0 if after is None else bisect_right(self.entries, after, key=_position)
        end = len(self.entries) if before is None else bisect_left(self.entries, before, key=_position)
        if last is not None:
            start = max(start, end - last)
        return tuple(self.entries[start:end])

    def describe(self, session: SessionKey) -> ArchiveInfo:
        """What is known, about the session that the caller found it by."""
        return ArchiveInfo(
            session=session,
            messages=len(self.entries),
            first_position=self.entries[0].position if self.entries else ORIGIN,
            last_position=self.entries[-1].position if self.entries else ORIGIN,
            first_timestamp=self.first_timestamp,
            last_timestamp=self.last_timestamp,
            raw_bytes=self.raw_bytes,
            stored_bytes=self.raw_bytes,  # nothing is compressed
            context_after=self.context_after,
            forgotten_through=self.forgotten_through,
            updated_at=self.updated_at,
        )


def _is_same(one: Entry, other: Entry) -> bool:
    # Bit for bit: a NaN is unequal to itself, and -0.0 equals 0.0.
    return one.payload == other.payload and struct.pack("<d", one.timestamp) == struct.pack("<d", other.timestamp)


class MemoryArchive:
    """`lixcore.ports.cold_archive.ColdArchive`, `AppendsInBulk`, `Salvages` and `Verifies`, for the threads of one process.

    Durable here means: until `close`, or the end of the process.

    Args:
        clock: For `ArchiveInfo.updated_at`, which is not known without one.
    """

    capabilities: ClassVar[frozenset[Capability]] = frozenset()

    @attrs.frozen
    class Options:
        """It has none."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock
        self._lock = Lock()
        self._histories: dict[bytes, _History] = {}  # by digest: of a forgotten session no text remains
        self._closed = False

    @classmethod
    def open(cls, options: Options, context: AdapterContext) -> MemoryArchive:  # noqa: ARG003  # every adapter is opened alike
        """Make an empty archive."""
        return cls(context.clock)

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        """See the port."""
        self.append_many([(session, entries)])

    def append_many(self, batches: Sequence[tuple[SessionKey, Sequence[Entry]]]) -> None:
        """See `AppendsInBulk`."""
        by_session: dict[SessionKey, list[Entry]] = {}
        for session, entries in batches:
            by_session.setdefault(session, []).extend(entries)
        conflicts: list[PositionConflictError] = []
        with self._lock:
            self._check_open()
            for session, entries in by_session.items():
                if entries:
                    try:
                        self._append(session, entries)
                    except PositionConflictError as conflict:
                        conflicts.append(conflict)
        if conflicts:
            raise conflicts[0]

    def _append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        history = self._histories.get(session.digest, _History())
        history.append(entries, f"session {session} in memory")
        history.session = session if history.entries else None
        self._histories[session.digest] = history
        self._note_update(history)

    def read(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Sequence[Entry]:
        """See the port."""
        with self._lock:
            self._check_open()
            history = self._histories.get(session.digest)
            return () if history is None else history.between(last, after, before)

    def salvage(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Salvage:
        """See `Salvages`; nothing in memory is ever damaged."""
        return Salvage(self.read(session, last=last, after=after, before=before), ())

    def describe(self, session: SessionKey) -> ArchiveInfo | None:
        """See the port."""
        with self._lock:
            self._check_open()
            history = self._histories.get(session.digest)
            return None if history is None else history.describe(session)

    def start_context(self, session: SessionKey, *, after: Position) -> None:
        """See the port."""
        with self._lock:
            self._check_open()
            history = self._made(session)
            history.context_after = max(history.context_after, after)
            self._note_update(history)

    def sessions(self) -> Iterator[ArchiveInfo]:
        """See the port."""
        with self._lock:
            self._check_open()
            found = [history.describe(history.session) for history in self._histories.values() if history.session is not None]
        return iter(found)

    def forget(self, session: SessionKey, *, through: Position) -> int:
        """See the port."""
        with self._lock:
            self._check_open()
            if session.digest not in self._histories and through == ORIGIN:
                return 0
            history = self._made(session)
            self._note_update(history)
            return history.forget(through)

    def verify(self, *, repair: bool = False) -> Iterator[Verified]:  # noqa: ARG002  # nothing in memory is ever damaged
        """See `lixcore.ports.verification.Verifies`: it finds nothing."""
        for info in self.sessions():
            yield Verified("the memory archive", info.session, info.messages)

    def close(self) -> None:
        """Drop everything."""
        with self._lock:
            self._closed = True
            self._histories.clear()

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError("the memory archive")

    def _note_update(self, history: _History) -> None:
        if self._clock is not None:
            history.updated_at = self._clock.now()

    def _made(self, session: SessionKey) -> _History:
        return self._histories.setdefault(session.digest, _History())
