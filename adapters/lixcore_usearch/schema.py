"""The tables, how they are made once, and how a file is recognised."""

from __future__ import annotations

import sqlite3
from typing import Final

from lixcore.errors import CorruptDataError, StoreRefusedError

FORMAT: Final = 1
APPLICATION_ID: Final = 0x6C697875  # "lixu", in the file's header, where the `file` command looks

# Numbers of scopes and of entries are never given twice (AUTOINCREMENT): files and graphs may still hold those that left. Vectors
# and payloads stand apart, so that the list of a scope's entries is read without them.
_TABLES: Final = (
    # removals counts what was deleted so far, wiped is its value at the last VACUUM: see `Database.wipe`.
    "CREATE TABLE meta (format INTEGER NOT NULL, removals INTEGER NOT NULL, wiped INTEGER NOT NULL)",
    """CREATE TABLE scopes (number INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, owner BLOB NOT NULL,
        dimension INTEGER NOT NULL)""",
    "CREATE INDEX scopes_of_owner ON scopes (owner)",
    """CREATE TABLE entries (number INTEGER PRIMARY KEY AUTOINCREMENT, scope INTEGER NOT NULL, added REAL NOT NULL,
        expires REAL NOT NULL, label BLOB NOT NULL, source BLOB NOT NULL, size INTEGER NOT NULL)""",
    "CREATE INDEX entries_of_scope ON entries (scope, number, added, expires)",
    "CREATE INDEX entries_of_label ON entries (scope, label) WHERE label != x''",
    "CREATE INDEX entries_of_source ON entries (source)",
    "CREATE INDEX entries_by_expiry ON entries (expires)",
    "CREATE TABLE vectors (number INTEGER PRIMARY KEY, vector BLOB NOT NULL)",
    "CREATE TABLE payloads (number INTEGER PRIMARY KEY, payload BLOB NOT NULL)",
)


def prepare(connection: sqlite3.Connection, where: str) -> None:
    """Make the tables in a new file, or check that the file is one of ours; set what each connection needs.

    Raises:
        StoreRefusedError: It is the database of another application, has a newer format, or cannot have a write-ahead log.
        CorruptDataError: It is ours, and its format is not to be found.
        sqlite3.Error: As SQLite says.
    """
    connection.execute("PRAGMA trusted_schema = OFF").close()
    connection.execute("PRAGMA cell_size_check = ON").close()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    if application_id != APPLICATION_ID:
        if application_id or tables:
            raise StoreRefusedError(where, "is the database of another application; choose another path")
        _use_log(connection, where)
        _create(connection)
    row = connection.execute("SELECT format FROM meta").fetchone()
    if row is None or not isinstance(row[0], int) or row[0] < 1:
        raise CorruptDataError(where, "does not say which format it has; move its directory away: it is a cache, and fills again")
    if row[0] > FORMAT:
        raise StoreRefusedError(where, f"has format {row[0]}; this version of lixcore reads up to {FORMAT}: install a newer one")
    _use_log(connection, where)
    connection.execute("PRAGMA synchronous = NORMAL").close()  # a cache may lose its last moments with the power
    connection.execute("PRAGMA secure_delete = FAST").close()  # new pages are zeroed, whatever their memory held before
    connection.execute("PRAGMA journal_size_limit = 67108864").close()


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for table in _TABLES:
            connection.execute(table)
        connection.execute("INSERT INTO meta VALUES (?, 0, 0)", (FORMAT,))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _use_log(connection: sqlite3.Connection, where: str) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreRefusedError(where, "cannot have a write-ahead log on this file system; choose a path on a local disk")
