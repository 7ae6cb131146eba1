"""`lixcore.ports.hot_store.HotStore` on Redis or Valkey."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any, ClassVar, Self

from redis.exceptions import OutOfMemoryError, ResponseError

from lixcore.domain.position import MAX_POSITION, SEQUENCE_BITS, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, InvalidInputError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.clock import Clock
from lixcore.ports.diagnosis import Diagnosis
from lixcore.ports.hot_store import Appended, HotInfo, HotRemoval, SessionActivity, Ticket
from lixcore.ports.verification import Verified
from lixcore_redis import scripts
from lixcore_redis.checks.diagnosis import diagnose_server
from lixcore_redis.checks.verification import verify_keys
from lixcore_redis.erasing import erase_keys
from lixcore_redis.keys import cached_session_keys, lease_key, log_key, member_of
from lixcore_redis.options import RedisOptions
from lixcore_redis.sessions.adding import CROWDED_SEQUENCE, LAST_MILLISECOND, Adding
from lixcore_redis.sessions.deadlines import Deadlines
from lixcore_redis.sessions.descriptions import described, info_of
from lixcore_redis.sessions.idle_sessions import IdleSessions
from lixcore_redis.sessions.stream_entries import Nonces, entries_of, late_ids, pack_timestamp
from lixcore_redis.transport.failures import store_error
from lixcore_redis.transport.link import Link
from lixcore_redis.transport.server_info import ServerInfo, server_info
from lixcore_redis.transport.wire import command, id_after, number, parts_of, position_of, seconds_of, stream_id

MEASURED_AT_ONCE = 1000
"""Of how many sessions the size is asked for in one request."""

_FULL = (OutOfMemoryError,)


class RedisHotStore:
    """Sessions as Redis streams; see `lixcore_redis.keys` for the layout and `lixcore_redis.scripts` for what is atomic.

    The server's entry id is the position. Connections are made when they are first needed. Methods are documented by the port.
    """

    Options: ClassVar[type[RedisOptions]] = RedisOptions
    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSISTENT, Capability.SHARED, Capability.OWN_CLOCK})

    def __init__(self, options: RedisOptions, clock: Clock) -> None:
        self._link = Link(options, clock, database=options.session_db, what="hot store")
        self._clock = clock
        self._prefix = options.key_prefix
        self._keys = cached_session_keys(options.key_prefix)
        self._nonces = Nonces()
        self._deadlines = Deadlines(self._link.server_clock, options.socket_timeout)
        self._adding = Adding(self._link, clock, self._keys, self._nonces, self._deadlines)
        self._idle = IdleSessions(self._link, options.key_prefix)

    @classmethod
    def open(cls, options: RedisOptions, context: AdapterContext) -> Self:
        """Make the store; the server need not be there yet.

        Raises:
            InvalidConfigError: An option cannot be used.
        """
        return cls(options, context.clock)

    @staticmethod
    def erase(options: RedisOptions, context: AdapterContext) -> None:
        """See `lixcore.ports.adapter.ErasesPlace`."""
        erase_keys(options, context.clock, database=options.session_db)

    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        """One request of three commands: activity, the entry, the length."""
        return self._adding.add(session, timestamp, payload)

    def read(self, session: SessionKey, *, last: int | None = None) -> Sequence[Entry] | None:
        """One request of three commands: activity, the entries, whether the session is hot."""
        keys = self._keys(session)
        # Without a limit, the highest one that the server takes.
        count = b"%d" % (MAX_POSITION if last is None else last)
        score = number(self._clock.now())
        request = b"%b$%d\r\n%b\r\n%b$%d\r\n%b\r\n%b" % (
            keys.touch,
            len(score),
            score,
            keys.newest,
            len(count),
            count,
            keys.exists,
        )
        while True:
            # A server without memory cannot note the activity; that is no reason to keep the conversation from its reader.
            _, rows, hot = self._link.call(request, 3, writes=False, first_may_be=_FULL)
            if not hot:
                return None
            rows = rows or ()  # nil where none were asked for
            entries = self._entries(session, rows[::-1])
            if len(entries) == len(rows) or not self._removes_late(session, rows):
                return entries

    def oldest(self, session: SessionKey, *, limit: int) -> Sequence[Entry]:
        """One XRANGE."""
        request = command(b"XRANGE", self._keys(session).log, b"-", b"+", b"COUNT", b"%d" % limit)
        while True:
            (rows,) = self._link.call(request, 1, writes=False)
            rows = rows or ()
            entries = self._entries(session, rows)
            if len(entries) == len(rows) or not self._removes_late(session, rows):
                return entries

    def _removes_late(self, session: SessionKey, rows: Sequence[Any]) -> bool:
        """Remove late entries, which take the places of others in an answer; whether there were any."""
        late = late_ids(rows)
        if late:
            self._link.call(command(b"XDEL", self._keys(session).log, *late), 1, writes=False)  # again and again, if need be
        return bool(late)

    def _entries(self, session: SessionKey, rows: Sequence[Any]) -> list[Entry]:
        try:
            return entries_of(rows)
        except ValueError as error:
            log = self._keys(session).log.decode()
            raise CorruptDataError(
                self._link.where, f"the stream {log} has an entry that lixcore did not write: {error}"
            ) from error

    def ticket(self, session: SessionKey) -> Ticket:
        """The bucket's epoch, which is made where there is none: "none" would be the same again after the server was wiped."""
        epoch = self._keys(session).epoch
        request = command(b"SET", epoch, secrets.token_hex(16).encode(), b"NX") + command(b"GET", epoch)
        made, found = self._link.call(request, 2, writes=False, first_may_be=_FULL)
        if isinstance(made, OutOfMemoryError) and found is None:
            raise store_error(self._link.where, made)
        return Ticket(found or b"")  # wiped just now, where there is none: such a ticket is void

    def restore(self, session: SessionKey, entries: Sequence[Entry], *, next_after: Position, ticket: Ticket) -> bool:
        """A script; sent twice, the second one finds the session hot and says False."""
        keys = self._keys(session)
        rows: list[bytes] = []
        last = Position(0)
        for index, entry in enumerate(entries):
            if entry.position <= last:  # the server would notice in the middle, when some of them are in
                raise InvalidInputError(f"entries[{index}].position", f"is {entry.position}, not above {last}")
            last = entry.position
            rows += (stream_id(last), self._nonces.draw(), pack_timestamp(entry.timestamp) + entry.payload)
        highest = stream_id(max(last, next_after))
        milliseconds, sequence = parts_of(highest)
        if sequence >= CROWDED_SEQUENCE and milliseconds < LAST_MILLISECOND:
            highest = stream_id(Position(milliseconds + 1 << SEQUENCE_BITS))
        score = number(self._clock.now())
        self._deadlines.learn(session, parts_of(highest)[0])
        arguments = (ticket, keys.member, score, highest, *rows)
        return bool(self._link.run(scripts.RESTORE, (keys.log, keys.activity, keys.epoch), *arguments) == 1)

    def release(self, session: SessionKey, *, through: Position) -> int:
        """One XTRIM; if it had to be sent twice, the entries removed by the first one are not counted."""
        (removed,) = self._link.call(command(b"XTRIM", self._keys(session).log, b"MINID", id_after(through)), 1)
        return int(removed)

    def evict(self, session: SessionKey, *, through: Position) -> bool:
        """A script."""
        keys = self._keys(session)
        arguments = (id_after(through), keys.member, secrets.token_hex(16).encode())
        return bool(self._link.run(scripts.EVICT, (keys.log, keys.activity, keys.epoch), *arguments) == 1)

    def forget(self, session: SessionKey) -> HotRemoval:
        """Two scripts: the first says up to where the second removes, which may be stuck on its way and arrive late."""
        keys = self._keys(session)
        begun, token = secrets.token_hex(16).encode(), secrets.token_hex(16).encode()
        last_id: bytes = self._link.run(scripts.BEGIN_FORGET, (keys.log, keys.epoch), begun)
        epoch: bytes = self._link.run(scripts.FORGET, (keys.log, keys.activity, keys.epoch), keys.member, token, last_id)
        _, count, last = epoch.partition(b"@")[0].split(b":")
        return HotRemoval(int(count), position_of(last) if last else None)

    def describe(self, session: SessionKey) -> HotInfo | None:
        """A script, so that the payloads stay on the server."""
        keys = self._keys(session)
        return info_of(self._link.run(scripts.DESCRIBE, (keys.log, keys.activity), keys.member, writes=False))

    def describe_many(self, sessions: Sequence[SessionKey]) -> Sequence[HotInfo | None]:
        """The same script for each, many in one request."""
        return described(self._link, self._prefix, sessions)

    def sessions(self, *, inactive_since: float | None = None, limit: int | None = None) -> Sequence[SessionActivity]:
        """The buckets' sorted sets in one request, merged; then one more request to see that the sessions are there."""
        return self._idle.find(inactive_since=inactive_since, limit=limit)

    def sizes(self, sessions: Sequence[SessionKey]) -> Sequence[int]:
        """MEMORY USAGE of the streams, many in one request; the server estimates by a sample of each."""
        found: list[int] = []
        for start in range(0, len(sessions), MEASURED_AT_ONCE):
            part = sessions[start : start + MEASURED_AT_ONCE]
            # Not the remembered keys: those are for the sessions in use.
            logs = [log_key(self._prefix, session.digest[0], member_of(session)) for session in part]
            request = b"".join(command(b"MEMORY", b"USAGE", log) for log in logs)
            found.extend(size or 0 for size in self._link.call(request, len(part), writes=False))
        return found

    def time(self) -> float | None:
        """TIME; None for a user who may not send it."""
        (answer,) = self._link.call(command(b"TIME"), 1, writes=False, all_may_be=(ResponseError,))
        return None if isinstance(answer, Exception) else seconds_of(answer)

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        """A script on one key that expires by the server's clock; it may be sent twice."""
        length = b"%d" % max(1, ceil(seconds * 1000))
        holder_bytes = holder.encode(errors="surrogatepass")
        return bool(self._link.run(scripts.LEASE, (lease_key(self._prefix, name),), holder_bytes, length) == 1)

    def end_lease(self, name: str, *, holder: str) -> None:
        """A script; only the holder's own lease is removed."""
        self._link.run(scripts.END_LEASE, (lease_key(self._prefix, name),), holder.encode(errors="surrogatepass"))

    @property
    def lapse(self) -> str | None:
        """See the port, and `lixcore_redis.transport.incarnation`; None as well for a user who may not send INFO."""
        return self._link.incarnation.lapse

    def settle(self, lapse: str) -> None:
        """A script, which notes nothing when the server is another incarnation by now; `lapse` then names that one."""
        key = self._link.incarnation.key
        now, settled = self._link.run(scripts.SETTLE, (key,), lapse.encode())
        self._link.incarnation.settled(lapse, now, settled)

    def diagnose(self) -> Iterator[Diagnosis]:
        """See the port; `lixcore_redis.checks.diagnosis` lists the checks."""
        return diagnose_server(self._link, self._prefix, self._clock)

    def verify(self, *, repair: bool = False) -> Iterator[Verified]:
        """See the port, and `lixcore_redis.checks.verification`. What another program wrote is left where it is."""
        return verify_keys(self._link, self._prefix, self._clock, repair=repair)

    def ping(self) -> ServerInfo:
        """Ask the server what it is, over the same connections that messages use.

        Raises:
            StoreUnavailableError: It does not answer.
            StoreRefusedError: It does not let us in, or is too old.
        """
        (answer,) = self._link.call(command(b"INFO"), 1, writes=False)
        return server_info(self._link.where, answer)

    def close(self) -> None:
        """Close the connections; those in use when their call is done."""
        self._link.close()
