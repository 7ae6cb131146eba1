"""How the tables of a file are made once, and how a file is recognised; and the tables of the sessions' file."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Final

import attrs

from lixcore.errors import CorruptDataError, StoreRefusedError

FORMAT: Final = 1
BUCKETS: Final = 256
APPLICATION_ID: Final = 0x6C697831  # "lix1", in the file's header, where the `file` command looks


@attrs.frozen
class Schema:
    """What a file holds.

    Attributes:
        application_id: What tells files of this kind from others, in the file's header.
        format: The newest format that is read, and the one that new files get; it stands in the table ``meta``, which also counts
            what was removed and wiped where `lixcore_sqlite.database.Database.wipe` is used.
        tables: The statements that make the tables.
        fill: Adds their first rows, in the same transaction.
        remedy: What to do with a file that is damaged; the rest of a sentence.
        is_cache: Whether the file may be deleted at any time, also while it is used.
    """

    application_id: int
    format: int
    tables: Sequence[str]
    fill: Callable[[sqlite3.Connection], None]
    remedy: str
    is_cache: bool = False


# Ids are bytes: SQLite compares them bit for bit, and NUL means nothing. Timestamps that a REAL would change (-0.0) are blobs.
_TABLES: Final = (
    # removals counts what was deleted so far, wiped is its value at the last VACUUM: see `Database.wipe`.
    "CREATE TABLE meta (format INTEGER NOT NULL, identity BLOB NOT NULL, removals INTEGER NOT NULL, wiped INTEGER NOT NULL)",
    """CREATE TABLE sessions (number INTEGER PRIMARY KEY, tenant BLOB NOT NULL, id BLOB NOT NULL, held INTEGER NOT NULL,
        highest INTEGER NOT NULL, last_active REAL NOT NULL, UNIQUE (tenant, id))""",
    """CREATE TABLE entries (session INTEGER NOT NULL, position INTEGER NOT NULL, timestamp REAL NOT NULL,
        payload BLOB NOT NULL, PRIMARY KEY (session, position)) WITHOUT ROWID""",
    # Of sessions that left: how often one of the bucket did, and the highest position that did. One row for many sessions keeps
    # the file from growing with every session that ever was, and names none of them.
    "CREATE TABLE departures (bucket INTEGER PRIMARY KEY, count INTEGER NOT NULL, highest INTEGER NOT NULL)",
)


def _fill(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO meta VALUES (?, ?, 0, 0)", (FORMAT, secrets.token_bytes(16)))
    connection.executemany("INSERT INTO departures VALUES (?, 0, 0)", ((bucket,) for bucket in range(BUCKETS)))


SESSIONS: Final = Schema(
    application_id=APPLICATION_ID,
    format=FORMAT,
    tables=_TABLES,
    fill=_fill,
    remedy="move it away, or put a copy in its place",
)
"""The file of the hot store."""

_PAUSE = 0.005


def prepare(connection: sqlite3.Connection, where: str, *, busy_timeout: float, schema: Schema = SESSIONS) -> None:
    """Make the tables in a new file, or check that the file is one of ours; set what each connection needs.

    Raises:
        StoreRefusedError: It is the database of another application, has a newer format, or cannot have a write-ahead log.
        CorruptDataError: It is ours, and its format is not to be found.
        sqlite3.Error: As SQLite says.
    """
    connection.execute("PRAGMA trusted_schema = OFF").close()
    connection.execute("PRAGMA cell_size_check = ON").close()
    if _is_new(connection, where, schema):
        _use_log(connection, where, busy_timeout)
        _create(connection, where, schema)
    _check_format(connection, where, schema)
    _use_log(connection, where, busy_timeout)
    connection.execute("PRAGMA secure_delete = FAST").close()  # new pages are zeroed, whatever their memory held before
    connection.execute("PRAGMA journal_size_limit = 4194304").close()


def _is_new(connection: sqlite3.Connection, where: str, schema: Schema) -> bool:
    # In this order: both come with one transaction, so whoever sees tables that another process just made sees its mark as well.
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    if application_id == schema.application_id:
        return False
    if application_id or tables:
        raise StoreRefusedError(
            where, "is the database of another application, or of another part of lixcore; choose another path"
        )
    return True


def _create(connection: sqlite3.Connection, where: str, schema: Schema) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _is_new(connection, where, schema):  # nobody was faster
            for table in schema.tables:
                connection.execute(table)
            schema.fill(connection)
            connection.execute(f"PRAGMA application_id = {schema.application_id}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _check_format(connection: sqlite3.Connection, where: str, schema: Schema) -> None:
    row = connection.execute("SELECT format FROM meta").fetchone()
    if row is None or not isinstance(row[0], int) or row[0] < 1:
        raise CorruptDataError(where, f"does not say which format it has; {schema.remedy}")
    if row[0] > schema.format:
        raise StoreRefusedError(
            where, f"has format {row[0]}; this version of lixcore reads up to {schema.format}: install a newer one"
        )


def _use_log(connection: sqlite3.Connection, where: str, busy_timeout: float) -> None:
    """Turn the write-ahead log on. SQLite does not wait for others here as it does elsewhere, so this does."""
    for attempt in range(int(busy_timeout / _PAUSE) + 1):
        if attempt:
            time.sleep(_PAUSE)
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            busy = error
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            continue
        if mode != "wal":
            raise StoreRefusedError(where, "cannot have a write-ahead log on this file system; choose a path on a local disk")
        return
    raise busy
