"""The hot store in memory."""

from __future__ import annotations

import secrets
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from operator import attrgetter
from threading import Lock
from typing import ClassVar

import attrs

from lixcore.domain.position import ORIGIN, Entry, Position, next_position
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.clock import Clock
from lixcore.ports.diagnosis import Diagnosis, Severity
from lixcore.ports.hot_store import Appended, HotInfo, HotRemoval, SessionActivity, Ticket

_BUCKETS = 256
_SESSION_BYTES = 512
"""About what a hot session takes beside its entries."""
_ENTRY_BYTES = 160
"""About what an entry takes beside its payload."""
_position = attrgetter("position")


@attrs.define
class _Session:
    """A hot session; ``highest`` is at or above every position it ever had here."""

    entries: list[Entry]
    highest: Position
    last_active: float


@attrs.define
class _Departures:
    """What is remembered of all absent sessions of a bucket: how often one left, and the highest position that did.

    One record for many sessions keeps the memory of sessions that left from growing for ever. The price: a ticket is now and
    then void because of another session, and positions may start above what a session alone would need.
    """

    count: int = 0
    highest: Position = ORIGIN


class MemoryHotStore:
    """`lixcore.ports.hot_store.HotStore` in memory, for the threads of one process. One lock guards everything."""

    capabilities: ClassVar[frozenset[Capability]] = frozenset()

    @attrs.frozen
    class Options:
        """It has none."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._sessions: dict[SessionKey, _Session] = {}
        self._departures = [_Departures() for _ in range(_BUCKETS)]
        self._leases: dict[str, tuple[str, float]] = {}  # holder, and its end by the clock that never steps back
        self._identity = secrets.token_bytes(8)  # another store's tickets are void here
        self._closed = False

    @classmethod
    def open(cls, options: Options, context: AdapterContext) -> MemoryHotStore:  # noqa: ARG003  # every adapter is opened alike
        """Make an empty store."""
        return cls(context.clock)

    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        """See the port."""
        with self._lock:
            hot = self._hot(session)
            if hot is None:
                return None
            now = self._clock.now()
            hot.highest = next_position(after=hot.highest, now=now)
            hot.entries.append(Entry(hot.highest, timestamp, bytes(payload)))
            hot.last_active = now
            return Appended(hot.highest, len(hot.entries))

    def read(self, session: SessionKey, *, last: int | None = None) -> Sequence[Entry] | None:
        """See the port."""
        with self._lock:
            hot = self._hot(session)
            if hot is None:
                return None
            hot.last_active = self._clock.now()
            return tuple(hot.entries if last is None else hot.entries[max(len(hot.entries) - last, 0) :])

    def oldest(self, session: SessionKey, *, limit: int) -> Sequence[Entry]:
        """See the port."""
        with self._lock:
            hot = self._hot(session)
            return () if hot is None else tuple(hot.entries[:limit])

    def ticket(self, session: SessionKey) -> Ticket:
        """See the port."""
        with self._lock:
            self._hot(session)
            return self._ticket(session)

    def restore(self, session: SessionKey, entries: Sequence[Entry], *, next_after: Position, ticket: Ticket) -> bool:
        """See the port."""
        with self._lock:
            if self._hot(session) is not None or ticket != self._ticket(session):
                return False
            held = [Entry(entry.position, entry.timestamp, bytes(entry.payload)) for entry in entries]
            last = held[-1].position if held else ORIGIN
            highest = max(next_after, last, self._bucket(session).highest)
            self._sessions[session] = _Session(held, highest, self._clock.now())
            return True

    def release(self, session: SessionKey, *, through: Position) -> int:
        """See the port."""
        with self._lock:
            hot = self._hot(session)
            return 0 if hot is None else self._release(hot, through)

    def evict(self, session: SessionKey, *, through: Position) -> bool:
        """See the port."""
        with self._lock:
            hot = self._hot(session)
            if hot is not None:
                self._release(hot, through)
                if hot.entries:
                    return False
            self._depart(session)
            return True

    def forget(self, session: SessionKey) -> HotRemoval:
        """See the port."""
        with self._lock:
            hot = self._hot(session)
            self._depart(session)
            if hot is None or not hot.entries:
                return HotRemoval(0, None)
            return HotRemoval(len(hot.entries), hot.entries[-1].position)

    def describe(self, session: SessionKey) -> HotInfo | None:
        """See the port."""
        with self._lock:
            return _info(self._hot(session))

    def describe_many(self, sessions: Sequence[SessionKey]) -> Sequence[HotInfo | None]:
        """See the port."""
        with self._lock:
            self._check_open()
            return [_info(self._sessions.get(session)) for session in sessions]

    def sessions(self, *, inactive_since: float | None = None, limit: int | None = None) -> Sequence[SessionActivity]:
        """See the port."""
        with self._lock:
            self._check_open()
            found = [
                SessionActivity(session, hot.last_active)
                for session, hot in self._sessions.items()
                if inactive_since is None or hot.last_active <= inactive_since
            ]
        found.sort(key=attrgetter("last_active"))
        return found[:limit]

    def sizes(self, sessions: Sequence[SessionKey]) -> Sequence[int]:
        """See the port; payloads are counted, the rest is estimated."""
        with self._lock:
            return [self._size(self._hot(session)) for session in sessions]

    @staticmethod
    def _size(hot: _Session | None) -> int:
        return 0 if hot is None else _SESSION_BYTES + sum(_ENTRY_BYTES + len(entry.payload) for entry in hot.entries)

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        """See the port."""
        with self._lock:
            self._check_open()
            now = self._clock.monotonic()
            current, end = self._leases.get(name, (holder, now))
            if current != holder and now < end:
                return False
            self._leases[name] = (holder, now + seconds)
            return True

    def end_lease(self, name: str, *, holder: str) -> None:
        """See the port."""
        with self._lock:
            self._check_open()
            if self._leases.get(name, ("", 0.0))[0] == holder:
                self._leases.pop(name, None)

    def diagnose(self) -> Iterator[Diagnosis]:
        """See the port."""
        yield Diagnosis(
            "persistence", Severity.OK, "keeps everything in this process, and nothing when that ends, as was asked for"
        )

    def close(self) -> None:
        """Drop everything."""
        with self._lock:
            self._closed = True
            self._sessions.clear()
            self._leases.clear()

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError("the memory hot store")

    def _hot(self, session: SessionKey) -> _Session | None:
        self._check_open()
        return self._sessions.get(session)

    def _bucket(self, session: SessionKey) -> _Departures:
        return self._departures[hash(session) % _BUCKETS]

    def _ticket(self, session: SessionKey) -> Ticket:
        return Ticket(self._identity + self._bucket(session).count.to_bytes(8, "big"))

    @staticmethod
    def _release(hot: _Session, through: Position) -> int:
        count = bisect_right(hot.entries, through, key=_position)
        del hot.entries[:count]
        return count

    def _depart(self, session: SessionKey) -> None:
        bucket = self._bucket(session)
        bucket.count += 1
        hot = self._sessions.pop(session, None)
        if hot is not None:
            bucket.highest = max(bucket.highest, hot.highest)


def _info(hot: _Session | None) -> HotInfo | None:
    if hot is None:
        return None
    if not hot.entries:
        return HotInfo(0, None, None, hot.last_active)
    return HotInfo(len(hot.entries), hot.entries[0].position, hot.entries[-1].position, hot.last_active)
