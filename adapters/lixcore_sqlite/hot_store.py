"""The hot store in SQLite."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from lixcore.domain.position import ORIGIN, Entry, Position, next_position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, InvalidInputError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.clock import Clock
from lixcore.ports.diagnosis import Diagnosis
from lixcore.ports.hot_store import Appended, HotInfo, HotRemoval, SessionActivity, Ticket
from lixcore.ports.verification import Verified
from lixcore_sqlite.database import Database
from lixcore_sqlite.diagnosis import diagnose_file
from lixcore_sqlite.leases import drop_lease, take_lease
from lixcore_sqlite.options import SqliteOptions
from lixcore_sqlite.verification import verify_file

__all__ = ["SqliteHotStore", "SqliteOptions"]

_FIND: Final = "SELECT number, held, highest FROM sessions WHERE tenant = ? AND id = ?"
_OLDEST: Final = (
    "SELECT position, timestamp, payload FROM entries WHERE session = (SELECT number FROM sessions WHERE tenant = ? AND id = ?)"
    " ORDER BY position LIMIT ?"
)
_NEWEST: Final = "SELECT position, timestamp, payload FROM entries WHERE session = ? ORDER BY position DESC LIMIT ?"
_INSERT: Final = "INSERT INTO entries VALUES (?, ?, ?, ?)"
_DESCRIBE: Final = (
    "SELECT held, (SELECT min(position) FROM entries WHERE session = number),"
    " (SELECT max(position) FROM entries WHERE session = number), last_active FROM sessions WHERE tenant = ? AND id = ?"
)
_TICKET: Final = "SELECT identity, count, highest FROM meta, departures WHERE bucket = ?"
_DEPART: Final = "UPDATE departures SET count = count + 1, highest = max(highest, ?) WHERE bucket = ?"
_COUNT_REMOVAL: Final = "UPDATE meta SET removals = removals + 1"
_IDLE: Final = "SELECT tenant, id, last_active FROM sessions WHERE last_active <= ? ORDER BY last_active LIMIT ?"
_SIZE: Final = (
    "SELECT held, (SELECT ifnull(sum(length(payload)), 0) FROM entries WHERE session = number) FROM sessions"
    " WHERE tenant = ? AND id = ?"
)
_SESSION_BYTES: Final = 128
"""About what a session takes of the file beside its entries."""
_ENTRY_BYTES: Final = 32
"""About what an entry takes of the file beside its payload."""
_ALL: Final = -1  # SQLite's LIMIT for none

_float64 = struct.Struct("<d")


class SqliteHotStore:
    """`lixcore.ports.hot_store.HotStore` in one file, for the threads and processes of one machine.

    Every answer is durable as its option says. Payloads are blobs, ids are bytes; nothing is ever interpreted.
    """

    Options = SqliteOptions
    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSISTENT, Capability.SHARED})

    def __init__(self, options: SqliteOptions, clock: Clock) -> None:
        self._clock = clock
        self._options = options
        self._database = Database(options.path, synchronous=options.synchronous, busy_timeout=options.busy_timeout)

    @classmethod
    def open(cls, options: SqliteOptions, context: AdapterContext) -> SqliteHotStore:
        """Open the file, or make it.

        Raises:
            StoreRefusedError: It or its directory cannot be written, or it is not lixcore's.
            CorruptDataError: It is damaged, or no database.
            StoreBusyError: Another process locked it for longer than ``busy_timeout``.
        """
        store = cls(options, context.clock)
        store.sessions(limit=0)  # so that what is wrong shows here
        return store

    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        """See the port."""
        with self._database.writing(durable=True) as sql:
            row = sql.execute(_FIND, _key(session)).fetchone()
            if row is None:
                return None
            number, held, highest = row
            now = self._clock.now()
            position = next_position(after=highest, now=now)
            sql.execute(
                "UPDATE sessions SET held = ?, highest = ?, last_active = ? WHERE number = ?", (held + 1, position, now, number)
            )
            sql.execute(_INSERT, (number, position, _column(timestamp), payload))
        return Appended(position, held + 1)

    def read(self, session: SessionKey, *, last: int | None = None) -> Sequence[Entry] | None:
        """See the port."""
        with self._database.writing(durable=False) as sql:
            row = sql.execute(_FIND, _key(session)).fetchone()
            if row is None:
                return None
            sql.execute("UPDATE sessions SET last_active = ? WHERE number = ?", (self._clock.now(), row[0]))
            rows = sql.execute(_NEWEST, (row[0], _ALL if last is None else last)).fetchall()
        rows.reverse()
        return self._entries(rows)

    def oldest(self, session: SessionKey, *, limit: int) -> Sequence[Entry]:
        """See the port."""
        return self._entries(self._database.rows(_OLDEST, (*_key(session), limit)))

    def ticket(self, session: SessionKey) -> Ticket:
        """See the port."""
        [row] = self._database.rows(_TICKET, (_bucket(session),))
        return _ticket(*row)[0]

    def restore(self, session: SessionKey, entries: Sequence[Entry], *, next_after: Position, ticket: Ticket) -> bool:
        """See the port."""
        with self._database.writing(durable=True) as sql:
            valid, departed = _ticket(*sql.execute(_TICKET, (_bucket(session),)).fetchone())
            if ticket != valid or sql.execute(_FIND, _key(session)).fetchone() is not None:
                return False
            highest = max(next_after, departed, entries[-1].position if entries else ORIGIN)
            row = (*_key(session), len(entries), highest, self._clock.now())
            number = sql.execute("INSERT INTO sessions VALUES (NULL, ?, ?, ?, ?, ?)", row).lastrowid
            sql.executemany(_INSERT, ((number, one.position, _column(one.timestamp), one.payload) for one in entries))
        return True

    def release(self, session: SessionKey, *, through: Position) -> int:
        """See the port."""
        return self._remove(session, through, leave=False)[0]

    def evict(self, session: SessionKey, *, through: Position) -> bool:
        """See the port."""
        return self._remove(session, through, leave=True)[1] == 0

    def forget(self, session: SessionKey) -> HotRemoval:
        """See the port.

        Raises:
            StoreError: Where it says that removed text may still stand in the file: the session is forgotten, and forgetting it
                again wipes the file.
        """
        with self._database.writing(durable=True) as sql:
            row = sql.execute(_FIND, _key(session)).fetchone()
            removal = HotRemoval(0, None)
            if row is not None:
                number, held, _ = row
                (last,) = sql.execute("SELECT max(position) FROM entries WHERE session = ?", (number,)).fetchone()
                removal = HotRemoval(held, last)
                sql.execute("DELETE FROM entries WHERE session = ?", (number,))
                sql.execute("DELETE FROM sessions WHERE number = ?", (number,))
                sql.execute(_COUNT_REMOVAL)
            sql.execute(_DEPART, (ORIGIN if row is None else row[2], _bucket(session)))
        self._database.wipe()
        return removal

    def describe(self, session: SessionKey) -> HotInfo | None:
        """See the port."""
        rows = self._database.rows(_DESCRIBE, _key(session))
        return HotInfo(*rows[0]) if rows else None

    def describe_many(self, sessions: Sequence[SessionKey]) -> Sequence[HotInfo | None]:
        """See the port; in one read transaction."""
        with self._database.reading() as rows:
            found = [rows(_DESCRIBE, _key(session)) for session in sessions]
        return [HotInfo(*each[0]) if each else None for each in found]

    def sessions(self, *, inactive_since: float | None = None, limit: int | None = None) -> Sequence[SessionActivity]:
        """See the port."""
        bound = float("inf") if inactive_since is None else inactive_since
        rows = self._database.rows(_IDLE, (bound, _ALL if limit is None else limit))
        try:
            return [SessionActivity(SessionKey(id.decode(), tenant=tenant.decode()), active) for tenant, id, active in rows]  # noqa: A001  # its name
        except (UnicodeDecodeError, InvalidInputError) as error:
            raise CorruptDataError(self._database.where, "holds a session id that is not text") from error

    def sizes(self, sessions: Sequence[SessionKey]) -> Sequence[int]:
        """See the port; payloads are counted, the rest is estimated."""
        found = [self._database.rows(_SIZE, _key(session)) for session in sessions]
        return [_SESSION_BYTES + rows[0][0] * _ENTRY_BYTES + rows[0][1] if rows else 0 for rows in found]

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        """See the port; by this machine's clock, and for no longer than ``seconds`` again when that stepped back."""
        with self._database.writing(durable=False) as sql:
            return take_lease(sql, name, holder=holder, seconds=seconds, now=self._clock.now())

    def end_lease(self, name: str, *, holder: str) -> None:
        """See the port."""
        with self._database.writing(durable=False) as sql:
            drop_lease(sql, name, holder=holder)

    def diagnose(self) -> Iterator[Diagnosis]:
        """See the port."""
        return diagnose_file(self._options, self._clock)

    def verify(self, *, repair: bool = False) -> Iterator[Verified]:  # noqa: ARG002  # nothing here can be repaired
        """SQLite's own check of the file, then every column of every row. Nothing is repaired: what to do stands in the findings.

        It has a connection of its own, so that others are not kept waiting.

        Raises:
            StoreError: The file cannot be opened.
        """
        return verify_file(self._options)

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._database.close()

    def _remove(self, session: SessionKey, through: Position, *, leave: bool) -> tuple[int, int]:
        """Remove entries, and the session if it is to leave and none are left; return how many were removed and are left.

        Losing power may undo a release, which does no harm: the archive holds the entries, and they can be removed again. An
        eviction is durable: the session may begin anew in the archive alone (a cleared context, an import), and must not come
        back as it was before that.
        """
        with self._database.writing(durable=leave) as sql:
            row = sql.execute(_FIND, _key(session)).fetchone()
            if row is None:
                if leave:  # a restore under way may have read the archive before what the caller changed there
                    sql.execute(_DEPART, (ORIGIN, _bucket(session)))
                return 0, 0
            number, held, highest = row
            removed = sql.execute("DELETE FROM entries WHERE session = ? AND position <= ?", (number, through)).rowcount
            if leave or removed:
                sql.execute(_COUNT_REMOVAL)
            if leave and removed == held:
                sql.execute("DELETE FROM sessions WHERE number = ?", (number,))
                sql.execute(_DEPART, (highest, _bucket(session)))
            elif removed:
                sql.execute("UPDATE sessions SET held = ? WHERE number = ?", (held - removed, number))
        return removed, held - removed

    def _entries(self, rows: Sequence[tuple[Position, float | bytes, bytes]]) -> Sequence[Entry]:
        try:
            return [
                Entry(position, timestamp if type(timestamp) is float else _float64.unpack(timestamp)[0], payload)  # type: ignore[arg-type]  # a blob else
                for position, timestamp, payload in rows
            ]
        except (TypeError, struct.error) as error:
            raise CorruptDataError(self._database.where, "holds a timestamp that is no number") from error


def _key(session: SessionKey) -> tuple[bytes, bytes]:
    return session.tenant.encode(), session.id.encode()


def _bucket(session: SessionKey) -> int:
    return session.digest[0]


def _ticket(identity: bytes, count: int, highest: Position) -> tuple[Ticket, Position]:
    """The ticket that is valid now, and the highest position that ever left; the identity keeps those of other files apart."""
    return Ticket(identity + count.to_bytes(8, "big")), highest


def _column(timestamp: float) -> float | bytes:
    """What keeps a timestamp bit for bit: SQLite stores the REAL -0.0 as the integer 0."""
    return timestamp if timestamp > 0 or timestamp < 0 else _float64.pack(timestamp)
