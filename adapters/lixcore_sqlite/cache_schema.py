"""The tables of the caches' two files: cached responses by scope, embeddings by key; and how useful each of the caches is."""

from __future__ import annotations

import sqlite3
from typing import Final

from lixcore.domain.freshness import CLOCK_SKEW_SECONDS
from lixcore_sqlite.database import Database
from lixcore_sqlite.schema import Schema

LIVE: Final = "added <= ? AND expires > ?"
"""`lixcore.domain.freshness.is_live` of a row, with the parameters of `live_at`."""

_FORMAT: Final = 1
_REMEDY: Final = "it is a cache: delete it together with its -wal and -shm files, and lixcore makes a new one"
_TALLIES: Final = "CREATE TABLE tallies (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID"

_TABLES_OF_RESPONSES: Final = (
    # removals counts what was deleted so far, wiped is its value at the last VACUUM: see `Database.wipe`.
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
    _TALLIES,
)

_TABLES_OF_EMBEDDINGS: Final = (
    "CREATE TABLE meta (format INTEGER NOT NULL)",
    """CREATE TABLE embeddings (number INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, added REAL NOT NULL, expires REAL NOT NULL,
        value BLOB NOT NULL)""",
    "CREATE INDEX embeddings_by_expiry ON embeddings (expires)",
    "CREATE TABLE stock (held INTEGER NOT NULL, latest REAL NOT NULL)",  # of the embeddings, as in scopes
    _TALLIES,
)


def _fill_responses(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO meta VALUES (?, 0, 0)", (_FORMAT,))


def _fill_embeddings(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO meta VALUES (?)", (_FORMAT,))
    connection.execute("INSERT INTO stock VALUES (0, -9e999)")


RESPONSES: Final = Schema(
    application_id=0x6C697863,  # "lixc"
    format=_FORMAT,
    tables=_TABLES_OF_RESPONSES,
    fill=_fill_responses,
    remedy=_REMEDY,
    is_cache=True,
)
"""The file of the similarity index."""

EMBEDDINGS: Final = Schema(
    application_id=0x6C697865,  # "lixe"
    format=_FORMAT,
    tables=_TABLES_OF_EMBEDDINGS,
    fill=_fill_embeddings,
    remedy=_REMEDY,
    is_cache=True,
)
"""The file of the embedding store. Nothing in it is a session's, so it is never wiped."""


def cache_database(path: str, schema: Schema, *, busy_timeout: float, user: str) -> Database:
    """A cache's file, which nothing touches before it is used: what is wrong with it is an error of the calls.

    Args:
        path: The file.
        schema: What it holds.
        busy_timeout: How long to wait for others; seconds.
        user: What for, as `lixcore.errors.ClosedError` names it.
    """
    return Database(path, synchronous="normal", busy_timeout=busy_timeout, schema=schema, user=user)


def live_at(now: float) -> tuple[float, float]:
    """The parameters of `LIVE`."""
    return now + CLOCK_SKEW_SECONDS, now
