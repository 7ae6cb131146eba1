"""The similarity index in SQLite."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from lixcore.domain.freshness import CLOCK_SKEW_SECONDS
from lixcore.domain.scope import Scope, session_owner
from lixcore.domain.session import SessionKey
from lixcore.errors import InvalidInputError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.cache_size import CacheSize
from lixcore.ports.clock import Clock
from lixcore.ports.similarity_index import IndexEntry, Match
from lixcore_sqlite.cache_schema import LIVE, RESPONSES, cache_database, live_at
from lixcore_sqlite.decoded_scopes import DecodedScope, DecodedScopes
from lixcore_sqlite.leases import drop_lease, take_lease
from lixcore_sqlite.options import SqliteSimilarityOptions
from lixcore_sqlite.tallies import add_to_tallies, read_tallies

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_VERSION: Final = "SELECT number, version, dimension FROM scopes WHERE digest = ?"
_LOAD: Final = "SELECT number, added, expires, label, vector FROM entries WHERE scope = ? ORDER BY number"
_PAYLOAD: Final = "SELECT payload FROM entries WHERE number = ?"
_FIND: Final = "SELECT number, dimension, held, latest FROM scopes WHERE digest = ?"
_MAKE: Final = "INSERT INTO scopes VALUES (NULL, ?, ?, 0, ?, 0, 9e999, -9e999)"
_INSERT: Final = "INSERT INTO entries VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)"
_EXPIRED: Final = "DELETE FROM entries WHERE scope = ? AND expires <= ?"
_AHEAD: Final = "DELETE FROM entries WHERE scope = ? AND added > ?"
_OLDEST: Final = (
    "DELETE FROM entries WHERE number IN"
    " (SELECT number FROM entries INDEXED BY entries_by_scope WHERE scope = ? ORDER BY number LIMIT ?)"
)
_ADDED: Final = (
    "UPDATE scopes SET version = ?, dimension = ?, held = ?, latest = ?,"
    " soonest = (SELECT min(expires) FROM entries WHERE scope = ?) WHERE number = ?"
)
_LATEST: Final = "SELECT ifnull(max(added), -9e999) FROM entries WHERE scope = ?"
_STALE: Final = "SELECT number FROM scopes WHERE soonest <= ? ORDER BY soonest LIMIT ?"
_SOME_EXPIRED: Final = (
    "DELETE FROM entries WHERE number IN (SELECT number FROM entries WHERE scope = ? AND expires <= ? ORDER BY expires LIMIT ?)"
)
_REMOVED: Final = (
    "UPDATE scopes SET version = ?, held = held - ?,"
    " soonest = ifnull((SELECT min(expires) FROM entries WHERE scope = ?), 9e999) WHERE number = ?"
)
_EMPTY: Final = "DELETE FROM scopes WHERE number = ? AND held <= 0"
_COUNT_REMOVAL: Final = "UPDATE meta SET removals = removals + 1"
_OF_SESSION: Final = "scope IN (SELECT number FROM scopes WHERE owner = ?)"
_TO_FORGET: Final = (
    f"SELECT scope, count(*), total({LIVE}) FROM entries WHERE {_OF_SESSION} GROUP BY scope UNION ALL"  # noqa: S608  # of constants
    f" SELECT scope, count(*), total({LIVE}) FROM entries WHERE source = ? GROUP BY scope"
)
_FORGET: Final = "DELETE FROM entries WHERE " + _OF_SESSION  # noqa: S608  # of constants
_FORGET_SHARED: Final = "DELETE FROM entries WHERE source = ?"
_SIZE: Final = "SELECT count(*), ifnull(sum(length(label) + length(vector) + length(payload)), 0) FROM entries WHERE "
_ENTRY_BYTES: Final = 96
"""About what an entry takes of the file beside its label, vector and payload."""
_SWEPT_SCOPES: Final = 2
_SWEPT_ENTRIES: Final = 8
"""What an add removes of what is expired elsewhere: more than it adds, and not so much that anybody waits for it."""


class SqliteSimilarityIndex:
    """`lixcore.ports.similarity_index.SimilarityIndex` in one file, for the threads and processes of one machine.

    A process keeps the vectors of the scopes that it used last; a search asks the file for the scope's version first. Searching
    waits for no writer. The file may be deleted at any time, and the next call makes a new one.
    """

    Options = SqliteSimilarityOptions
    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSISTENT, Capability.SHARED})

    def __init__(self, options: SqliteSimilarityOptions, clock: Clock) -> None:
        self._clock = clock
        self._decoded = DecodedScopes(options.index_cache_bytes)
        self._database = cache_database(
            options.cache_file, RESPONSES, busy_timeout=options.busy_timeout, user="the SQLite similarity index"
        )

    @classmethod
    def open(cls, options: SqliteSimilarityOptions, context: AdapterContext) -> SqliteSimilarityIndex:
        """Touch nothing: the first call that needs the file opens or makes it, and what is wrong with it is an error of calls."""
        return cls(options, context.clock)

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        """See the port."""
        vector = entry.vector.astype("<f4", copy=False).tobytes()
        dimension = len(entry.vector)
        with self._database.writing(durable=False) as sql:
            now = self._clock.now()
            number, held, latest = self._with_room(sql, scope, dimension, capacity=capacity, now=now)
            source = scope.source if scope.shared else None
            sql.execute(_INSERT, (number, now, now + ttl, entry.label, source, vector, entry.payload))
            sql.execute(_ADDED, (_new_version(), dimension, held + 1, max(latest, now), number, number))
            _sweep(sql, now)

    def search(
        self, scope: Scope, vector: NDArray[np.float32] | None, *, label: bytes = b"", k: int, at_least: float
    ) -> Sequence[Match]:
        """See the port."""
        with self._database.reading() as rows:
            decoded = self._current(rows, scope.digest)
            if decoded is None:
                return []
            found = decoded.find(vector, label, k=k, at_least=at_least, now=self._clock.now())
            payloads = [rows(_PAYLOAD, (decoded.numbers[row],)) for row, _, _ in found]
        try:
            return [
                Match(similarity, is_exact, decoded.added[row], _payload(*payload[0]))
                for (row, similarity, is_exact), payload in zip(found, payloads, strict=True)
            ]
        except (IndexError, TypeError) as error:
            raise self._database.damaged("lacks the payload of an entry") from error

    def forget(self, session: SessionKey) -> int:
        """See the port. The file is written anew when anything was removed from it since that was done last.

        Raises:
            StoreError: Where it says that removed text may still stand in the file: the session is forgotten, and forgetting it
                again wipes the file.
        """
        source = session_owner(session)
        with self._database.writing(durable=False) as sql:
            self._decoded.clear()
            live = live_at(self._clock.now())
            rows = sql.execute(_TO_FORGET, (*live, source, *live, source)).fetchall()
            if rows:
                sql.execute(_FORGET, (source,))
                sql.execute(_FORGET_SHARED, (source,))
                for number, removed, _ in rows:
                    _left(sql, number, removed)
                sql.execute(_COUNT_REMOVAL)
        self._database.wipe()
        return sum(int(count) for _, _, count in rows)

    def measure(self, session: SessionKey | None = None) -> CacheSize:
        """See the port."""
        live = live_at(self._clock.now())
        if session is None:
            [(entries, size)] = self._database.rows(_SIZE + LIVE, live)
        else:
            [(entries, size)] = self._database.rows(f"{_SIZE} {LIVE} AND {_OF_SESSION}", (*live, session_owner(session)))
        return CacheSize(entries, size + entries * _ENTRY_BYTES)

    def tally(self, changes: Mapping[str, float]) -> None:
        """See `lixcore.ports.tallies.KeepsTallies`."""
        add_to_tallies(self._database, changes)

    def tallies(self) -> Mapping[str, float]:
        """See `lixcore.ports.tallies.KeepsTallies`."""
        return read_tallies(self._database)

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        """See `lixcore.ports.leases.GrantsLeases`; by this machine's clock."""
        with self._database.writing(durable=False) as sql:
            return take_lease(sql, name, holder=holder, seconds=seconds, now=self._clock.now())

    def end_lease(self, name: str, *, holder: str) -> None:
        """See `lixcore.ports.leases.GrantsLeases`."""
        with self._database.writing(durable=False) as sql:
            drop_lease(sql, name, holder=holder)

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._database.close()

    def _with_room(
        self, sql: sqlite3.Connection, scope: Scope, dimension: int, *, capacity: int, now: float
    ) -> tuple[int, int, float]:
        """Make room for one entry in a scope: its number, how many entries it holds then, and an upper bound of their ``added``.

        Raises:
            InvalidInputError: Its live entries have another dimension.
        """
        row = sql.execute(_FIND, (scope.digest,)).fetchone()
        if row is None:
            number = sql.execute(_MAKE, (scope.digest, scope.owner, dimension)).lastrowid
            assert number is not None  # noqa: S101  # of an INSERT it is known
            return number, 0, now
        number, before, held, latest = row
        if (type(before), type(held), type(latest)) != (int, int, float):
            raise self._database.damaged("does not say what a scope holds")
        removed = sql.execute(_EXPIRED, (number, now)).rowcount
        if latest > now + CLOCK_SKEW_SECONDS:  # the clock stepped back
            removed += sql.execute(_AHEAD, (number, now + CLOCK_SKEW_SECONDS)).rowcount
            [(latest,)] = sql.execute(_LATEST, (number,))
        if held > removed and before != dimension:
            raise InvalidInputError("embedding", f"has dimension {dimension:,}; what is cached in its place has {before:,}")
        surplus = held - removed + 1 - capacity
        if surplus > 0:
            removed += sql.execute(_OLDEST, (number, surplus)).rowcount
        if removed:
            sql.execute(_COUNT_REMOVAL)
        return number, held - removed, latest

    def _current(self, rows: Callable[[str, Sequence[object]], list[Any]], digest: bytes) -> DecodedScope | None:
        """The scope as the transaction sees it; None where it has no entries."""
        found = rows(_VERSION, (digest,))
        if not found:
            return None
        [(number, version, dimension)] = found
        decoded = self._decoded.get(digest, version)
        if decoded is None:
            entries = rows(_LOAD, (number,))
            if not entries:
                raise self._database.damaged("lacks the entries of a scope")
            try:
                decoded = DecodedScope(version, entries, dimension)
            except (TypeError, ValueError) as error:
                raise self._database.damaged("holds an entry that is none") from error
            self._decoded.keep(digest, decoded)
        return decoded


def _sweep(sql: sqlite3.Connection, now: float) -> None:
    """Remove some entries that are expired, so that scopes which nobody uses any more leave the file in the end."""
    for (number,) in sql.execute(_STALE, (now, _SWEPT_SCOPES)).fetchall():
        removed = sql.execute(_SOME_EXPIRED, (number, now, _SWEPT_ENTRIES)).rowcount
        _left(sql, number, removed)
        if removed:
            sql.execute(_COUNT_REMOVAL)


def _left(sql: sqlite3.Connection, scope: int, removed: int) -> None:
    """Note that entries have left a scope, which goes with the last of them."""
    sql.execute(_REMOVED, (_new_version(), removed, scope, scope))
    sql.execute(_EMPTY, (scope,))


def _new_version() -> int:
    """A number that no other state of any scope has, in any file: what a process kept of an older one is recognised by it."""
    return int.from_bytes(os.urandom(8), "big", signed=True)


def _payload(value: object) -> bytes:
    if type(value) is not bytes:
        raise TypeError("a payload is no blob")
    return value
