"""The hot store `toy`: a file of JSON lines for each session, on 256 shelves.

A shelf is a directory with a lock, whose file has a token in it. A ticket is the token;
an eviction writes another one, which voids the tickets of all sessions on that shelf.
That is allowed "now and then", and leaves nothing behind of a session that is gone.

It reads a whole file for each context and takes one lock for each call: to be read, not
to be run under load.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Self

import attrs
from lixcore.domain.position import Entry, Position, next_position
from lixcore.domain.session import SessionKey
from lixcore.errors import (
    ClosedError,
    CorruptDataError,
    StoreError,
    StoreFullError,
    StoreRefusedError,
    StoreUnavailableError,
)
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.clock import Clock
from lixcore.ports.hot_store import (
    Appended,
    HotInfo,
    HotRemoval,
    SessionActivity,
    Ticket,
)
from lixcore.ports.options import option

from lixcore_toy.files import SessionFile

_log = logging.getLogger("lixcore_toy")
_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}
_TOKEN_BYTES = 16


class ToyHotStore:
    """See `lixcore.ports.hot_store.HotStore`; it also `MeasuresSessions`."""

    capabilities: ClassVar[Collection[Capability]] = frozenset(
        {Capability.PERSISTENT, Capability.SHARED}
    )

    @attrs.frozen
    class Options:
        """What a user may set."""

        path: str = option(
            "./data/toy", "The directory that the sessions' files are in.", place="path"
        )

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._closed = False

    @classmethod
    def open(cls, options: Options, context: AdapterContext) -> Self:
        """Make the store; nothing is touched before its first call."""
        return cls(Path(options.path).expanduser(), context.clock)

    def append(
        self, session: SessionKey, timestamp: float, payload: bytes
    ) -> Appended | None:
        """Add one entry; None when the session is absent."""
        with self._session(session) as (file, _):
            head = file.head()
            if head is None:
                return None
            now = self._clock.now()
            position = next_position(after=Position(head.highest), now=now)
            grown = file.add(
                Entry(position, timestamp, bytes(payload)),
                attrs.evolve(head, active=now),
            )
            return Appended(position, grown.held)

    def read(
        self, session: SessionKey, *, last: int | None = None
    ) -> Sequence[Entry] | None:
        """The newest entries, oldest first; None when the session is absent."""
        with self._session(session) as (file, _):
            head = file.head()
            if head is None:
                return None
            entries = file.entries(head)
            file.touch(head, self._clock.now())
        return entries if last is None else entries[max(len(entries) - last, 0) :]

    def oldest(self, session: SessionKey, *, limit: int) -> Sequence[Entry]:
        """The oldest entries, oldest first."""
        with self._session(session) as (file, _):
            head = file.head()
            return [] if head is None else file.entries(head)[:limit]

    def ticket(self, session: SessionKey) -> Ticket:
        """Begin a restore."""
        with self._session(session) as (_, lock):
            return Ticket(_token(lock) or _new_token(lock))

    def restore(
        self,
        session: SessionKey,
        entries: Sequence[Entry],
        *,
        next_after: Position,
        ticket: Ticket,
    ) -> bool:
        """Make an absent session hot; False when it is hot, or was since the ticket."""
        with self._session(session) as (file, lock):
            if file.exists or _token(lock) != ticket:
                return False
            file.write(session, entries, active=self._clock.now(), highest=next_after)
            return True

    def release(self, session: SessionKey, *, through: Position) -> int:
        """Remove the entries up to a position; the session stays hot."""
        with self._session(session) as (file, _):
            return _release(file, session, through)

    def evict(self, session: SessionKey, *, through: Position) -> bool:
        """Release; then make the session absent, if nothing is left."""
        with self._session(session) as (file, lock):
            _release(file, session, through)
            head = file.head()
            if head is not None and head.held:
                return False
            _new_token(lock)
            file.remove()
            return True

    def forget(self, session: SessionKey) -> HotRemoval:
        """Remove every trace of a session."""
        with self._session(session) as (file, lock):
            head = file.head()
            entries = file.entries(head) if head else []
            _new_token(lock)
            file.remove()
        return HotRemoval(len(entries), entries[-1].position if entries else None)

    def describe(self, session: SessionKey) -> HotInfo | None:
        """What is held, without the payloads; None when the session is absent."""
        with self._session(session) as (file, _):
            head = file.head()
            entries = file.entries(head) if head else []
        if head is None:
            return None
        first, last = (
            (entries[0].position, entries[-1].position) if entries else (None, None)
        )
        return HotInfo(len(entries), first, last, head.active)

    def sessions(
        self, *, inactive_since: float | None = None, limit: int | None = None
    ) -> Sequence[SessionActivity]:
        """Hot sessions, longest idle first."""
        found: list[SessionActivity] = []
        for shelf in self._shelves():
            with self._locked(shelf):
                for path in shelf.glob("*.jsonl"):
                    found += self._activity(SessionFile(path), path)
        if inactive_since is not None:
            found = [each for each in found if each.last_active <= inactive_since]
        found.sort(key=lambda each: (each.last_active, each.session.digest))
        return found[:limit]

    def sizes(self, sessions: Sequence[SessionKey]) -> Sequence[int]:
        """What each session takes of the disk, in bytes."""
        sizes: list[int] = []
        for session in sessions:
            with self._session(session) as (file, _):
                sizes.append(file.size())
        return sizes

    def close(self) -> None:
        """There is nothing to give back. May be called twice."""
        self._closed = True

    def _activity(self, file: SessionFile, path: Path) -> list[SessionActivity]:
        """One session's, or none where the file is no session's."""
        try:
            head, owner = file.head(), file.owner()
        except CorruptDataError as error:
            _log.warning("%s; it is left out", error)
            return []
        if head is None or path.stem != owner.digest.hex():
            _log.warning("%s is no session's file; it is left out", path)
            return []
        return [SessionActivity(owner, head.active)]

    def _shelves(self) -> list[Path]:
        """The shelves that there are; a directory that is not there yet has none."""
        with self._told():
            try:
                names = sorted(os.listdir(self._directory))
            except FileNotFoundError:
                return []
            return [
                self._directory / name
                for name in names
                if (self._directory / name / "lock").exists()
            ]

    @contextmanager
    def _session(self, session: SessionKey) -> Iterator[tuple[SessionFile, int]]:
        """A session's file, and the lock of its shelf, which is held meanwhile."""
        name = session.digest.hex()
        with self._locked(self._directory / name[:2]) as lock:
            yield SessionFile(self._directory / name[:2] / f"{name}.jsonl"), lock

    @contextmanager
    def _locked(self, shelf: Path) -> Iterator[int]:
        """One at a time, of all threads and processes; the end of a process ends it."""
        with self._told():
            shelf.mkdir(parents=True, exist_ok=True)
            lock = os.open(shelf / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield lock
            finally:
                # Said, not left to the closing: a child that was forked meanwhile has
                # a copy of the descriptor, and would hold the lock on.
                fcntl.flock(lock, fcntl.LOCK_UN)
                os.close(lock)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of the system become errors of the store."""
        if self._closed:
            raise ClosedError("the hot store toy")
        try:
            yield
        except OSError as error:
            kind: type[StoreError] = StoreUnavailableError
            if error.errno in _FULL | _REFUSED:
                kind = StoreFullError if error.errno in _FULL else StoreRefusedError
            raise kind(str(self._directory), str(error.strerror)) from error


def _release(file: SessionFile, session: SessionKey, through: Position) -> int:
    head = file.head()
    if head is None:
        return 0
    entries = file.entries(head)
    left = [entry for entry in entries if entry.position > through]
    if len(left) < len(entries):
        file.write(session, left, active=head.active, highest=head.highest)
    return len(entries) - len(left)


def _token(lock: int) -> bytes:
    return os.pread(lock, _TOKEN_BYTES, 0)


def _new_token(lock: int) -> bytes:
    token = secrets.token_bytes(_TOKEN_BYTES)
    os.pwrite(lock, token, 0)
    return token
