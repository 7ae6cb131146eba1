"""The tables of the cache's file: cached responses by scope, embeddings by key, and how useful they are."""

from __future__ import annotations

import sqlite3
from typing import Final

from lixcore.domain.freshness import CLOCK_SKEW_SECONDS
from lixcore_sqlite.database import Database
from lixcore_sqlite.options import SqliteCacheOptions
from lixcore_sqlite.schema import Schema

LIVE: Final = "added <= ? AND expires > ?"
"""`lixcore.domain.freshness.is_live` of a row, with the parameters of `live_at`."""

_TABLES: Final = (
    "CREATE TABLE meta (format INTEGER NOT NULL, removals INTEGER NOT NULL, wiped INTEGER NOT NULL)",
    # version: random, another one after every change of the scope's entries. held: how many there are. soonest and latest: bounds
    # of the times when one of them expires, and was added, so that nobody has to look at all of them to find nothing.
    """CREATE TABLE scopes (number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, owner BLOB NOT NULL,
        version INTEGER NOT NULL, dimension INTEGER NOT NULL, held INTEGER NOT NULL, soonest REAL NOT NULL,
        latest REAL NOT NULL)""",
    "CREATE INDEX scopes_by_owner ON scopes (owner)",
    "CREATE INDEX scopes_by_expiry ON scopes (soonest)",
    # number: the order of adding. source: which session added it, where the scope is shared; NULL where it is the session's own.
    """CREATE TABLE entries (number INTEGER PRIMARY KEY, scope INTEGER NOT NULL, added REAL NOT NULL, expires REAL NOT NULL,
        label BLOB NOT NULL, source BLOB, vector BLOB NOT NULL, payload BLOB NOT NULL)""",
    "CREATE INDEX entries_by_scope ON entries (scope)",
    "CREATE INDEX entries_by_expiry ON entries (scope, expires)",
    "CREATE INDEX entries_by_source ON entries (source) WHERE source IS NOT NULL",
    """CREATE TABLE embeddings (number INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, added REAL NOT NULL, expires REAL NOT NULL,
        value BLOB NOT NULL)""",
    "CREATE INDEX embeddings_by_expiry ON embeddings (expires)",
    "CREATE TABLE stock (held INTEGER NOT NULL, latest REAL NOT NULL)",  # of the embeddings, as in scopes
    """CREATE TABLE tallies (layer TEXT NOT NULL, name TEXT NOT NULL, value REAL NOT NULL,
        PRIMARY KEY (layer, name)) WITHOUT ROWID""",
)


def _fill(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO meta VALUES (1, 0, 0)")
    connection.execute("INSERT INTO stock VALUES (0, -9e999)")


CACHE: Final = Schema(
    application_id=0x6C697863,  # "lixc"
    format=1,
    tables=_TABLES,
    fill=_fill,
    remedy="it is a cache: delete it together with its -wal and -shm files, and lixcore makes a new one",
    is_cache=True,
)


def open_cache(options: SqliteCacheOptions, user: str) -> Database:
    """The cache's file, opened or made.

    Args:
        user: What for, as `lixcore.errors.ClosedError` names it.

    Raises:
        StoreRefusedError: It or its directory cannot be written, or it is not lixcore's.
        CorruptDataError: It is damaged, or no database.
        StoreBusyError: Another process locked it for longer than ``busy_timeout``.
    """
    database = Database(options.cache_file, synchronous="normal", busy_timeout=options.busy_timeout, schema=CACHE, user=user)
    try:
        database.rows("SELECT held FROM stock", ())  # so that what is wrong shows here
    except BaseException:
        database.close()
        raise
    return database


def live_at(now: float) -> tuple[float, float]:
    """The parameters of `LIVE`."""
    return now + CLOCK_SKEW_SECONDS, now
