"""The embedding store in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Final

from lixcore.domain.freshness import CLOCK_SKEW_SECONDS
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.cache_size import CacheSize
from lixcore.ports.clock import Clock
from lixcore_sqlite.cache_schema import EMBEDDINGS, LIVE, cache_database, live_at
from lixcore_sqlite.options import SqliteEmbeddingOptions
from lixcore_sqlite.tallies import add_to_tallies, read_tallies

_GET: Final = f"SELECT key, value FROM embeddings WHERE {LIVE} AND key IN "  # noqa: S608  # of constants
_COUNT: Final = f"SELECT count(*) FROM embeddings WHERE {LIVE} AND key IN "  # noqa: S608  # of constants
_DELETE: Final = "DELETE FROM embeddings WHERE key IN "
_INSERT: Final = "INSERT INTO embeddings VALUES (NULL, ?, ?, ?, ?)"
_SOONEST: Final = "DELETE FROM embeddings WHERE number IN (SELECT number FROM embeddings ORDER BY expires, number LIMIT ?)"
_SOME_EXPIRED: Final = (
    "DELETE FROM embeddings WHERE number IN (SELECT number FROM embeddings WHERE expires <= ? ORDER BY expires LIMIT ?)"
)
_AHEAD: Final = "DELETE FROM embeddings WHERE added > ?"
_STOCK: Final = "SELECT held, latest FROM stock"
_SET_STOCK: Final = "UPDATE stock SET held = ?, latest = ?"
_LATEST: Final = "SELECT ifnull(max(added), -9e999) FROM embeddings"
_SIZE: Final = f"SELECT count(*), ifnull(sum(length(value)), 0) FROM embeddings WHERE {LIVE}"  # noqa: S608  # of constants
_ENTRY_BYTES: Final = 128
"""About what an entry takes of the file beside its value."""
_KEYS_AT_ONCE: Final = 512
"""Older builds of SQLite take 999 parameters."""


class SqliteEmbeddingStore:
    """`lixcore.ports.embedding_store.EmbeddingStore` in one file, for the threads and processes of one machine.

    Reading waits for no writer. The capacity holds at every instant. The file may be deleted at any time: the next call makes
    a new one.
    """

    Options = SqliteEmbeddingOptions
    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSISTENT, Capability.SHARED})

    def __init__(self, options: SqliteEmbeddingOptions, clock: Clock) -> None:
        self._clock = clock
        self._database = cache_database(
            options.embeddings_file, EMBEDDINGS, busy_timeout=options.busy_timeout, user="the SQLite embedding store"
        )

    @classmethod
    def open(cls, options: SqliteEmbeddingOptions, context: AdapterContext) -> SqliteEmbeddingStore:
        """Touch nothing: the first call that needs the file opens or makes it, and what is wrong with it is an error of calls."""
        return cls(options, context.clock)

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """See the port."""
        if not keys:
            self._database.check_open()
            return []
        live = live_at(self._clock.now())
        found: dict[bytes, bytes] = {}
        with self._database.reading() as rows:
            for marks, some in _chunks(keys):
                found.update(rows(_GET + marks, (*live, *some)))
        if not all(type(value) is bytes for value in found.values()):
            raise self._database.damaged("holds an embedding that is none")
        return [found.get(key) for key in keys]

    def put(self, entries: Sequence[tuple[bytes, bytes]], *, ttl: float, capacity: int) -> None:
        """See the port; in one transaction."""
        values = dict(entries)
        if not values:
            self._database.check_open()
            return
        with self._database.writing(durable=False) as sql:
            now = self._clock.now()
            held, latest = self._stock(sql)
            if latest > now + CLOCK_SKEW_SECONDS:  # the clock stepped back
                held -= sql.execute(_AHEAD, (now + CLOCK_SKEW_SECONDS,)).rowcount
                [(latest,)] = sql.execute(_LATEST)
            held -= _removed(sql, list(values))
            sql.executemany(_INSERT, [(key, now, now + ttl, value) for key, value in values.items()])
            held += len(values)
            # More than it adds, and not so much that anybody waits for it.
            held -= sql.execute(_SOME_EXPIRED, (now, 2 * len(values))).rowcount
            if held > capacity:  # what is expired goes first by the same order
                held -= sql.execute(_SOONEST, (held - capacity,)).rowcount
            sql.execute(_SET_STOCK, (held, max(latest, now)))

    def forget(self, keys: Sequence[bytes]) -> int:
        """See the port."""
        wanted = list(dict.fromkeys(keys))
        live = live_at(self._clock.now())
        with self._database.writing(durable=False) as sql:
            count = 0
            for marks, some in _chunks(wanted):
                count += sql.execute(_COUNT + marks, (*live, *some)).fetchone()[0]
            held, latest = self._stock(sql)
            sql.execute(_SET_STOCK, (held - _removed(sql, wanted), latest))
        return count

    def measure(self) -> CacheSize:
        """See the port."""
        [(entries, size)] = self._database.rows(_SIZE, live_at(self._clock.now()))
        return CacheSize(entries, size + entries * _ENTRY_BYTES)

    def tally(self, changes: Mapping[str, float]) -> None:
        """See `lixcore.ports.tallies.KeepsTallies`."""
        add_to_tallies(self._database, changes)

    def tallies(self) -> Mapping[str, float]:
        """See `lixcore.ports.tallies.KeepsTallies`."""
        return read_tallies(self._database)

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._database.close()

    def _stock(self, sql: sqlite3.Connection) -> tuple[int, float]:
        """How many entries there are, live or not, and an upper bound of when they were added."""
        held, latest = sql.execute(_STOCK).fetchone() or (None, None)
        if type(held) is not int or type(latest) is not float:
            raise self._database.damaged("does not say how many embeddings it holds")
        return held, latest


def _removed(sql: sqlite3.Connection, keys: Sequence[bytes]) -> int:
    """Remove entries, live or not; return how many there were. A key must not come twice."""
    return sum(sql.execute(_DELETE + marks, some).rowcount for marks, some in _chunks(keys))


def _chunks(keys: Sequence[bytes]) -> Iterator[tuple[str, Sequence[bytes]]]:
    """Some keys at a time, with as many question marks.

    A chunk's length is a power of two, the last key filling it up, so that few statements are ever compiled.
    """
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        some = keys[start : start + _KEYS_AT_ONCE]
        length = 1 << (len(some) - 1).bit_length()
        yield f"({','.join('?' * length)})", [*some, *[some[-1]] * (length - len(some))]
