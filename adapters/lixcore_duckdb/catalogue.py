"""The catalogue of a generation: an SQLite file that says which parts there are, and what of them counts.

Readers see one state of it for as long as they read, and wait for nobody. Writers take `IndexDirectory.committing` first, so
they never meet in SQLite either.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import RLock
from typing import Final

from lixcore_duckdb.catalogue_schema import APPLICATION_ID, TABLES, VERSION
from lixcore_duckdb.failures import damaged
from lixcore_duckdb.plain_files import check_plain

NAME: Final = "catalogue.sqlite"
_BUSY_MS: Final = 30_000


class CatalogueReader:
    """One connection for reading, which the threads of a process use in turn, for less than a millisecond each.

    Args:
        analyzer: The identity of the analyzer that queries are cut with.
    """

    def __init__(self, analyzer: str) -> None:
        self._analyzer = analyzer
        self._turns = RLock()
        self._generation: Path | None = None
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def reading(self, generation: Path) -> Iterator[sqlite3.Connection]:
        """A generation's catalogue in one state.

        Raises:
            CorruptDataError: It is damaged, of another version, or made with another analyzer.
            FileNotFoundError: It is not there.
        """
        with self._turns:
            if self._generation != generation:
                self._close()
                connection = connect(generation, writing=False)
                self._connection, self._generation = connection, generation
                try:
                    check(connection, generation, self._analyzer)
                except BaseException:
                    self._close()
                    raise
            connection = self._connection  # type: ignore[assignment]  # it was just made
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def before_fork(self) -> None:
        """Leave no connection open: a child would believe that it holds the locks of its parent."""
        self._turns.acquire()
        self._close()

    def after_fork(self) -> None:
        """Let threads go on; the next one connects again."""
        self._turns.release()

    def close(self) -> None:
        """Close the connection; the next reading opens another one."""
        with self._turns:
            self._close()

    def _close(self) -> None:
        connection, self._connection, self._generation = self._connection, None, None
        if connection is not None:
            connection.close()


_writers = RLock()
"""Held while this process has a connection that is none of a reader's: before a fork, nobody has."""


def before_fork() -> None:
    """Wait for whoever writes."""
    _writers.acquire()


def after_fork() -> None:
    """Let others write."""
    _writers.release()


@contextmanager
def writing(generation: Path, analyzer: str) -> Iterator[sqlite3.Connection]:
    """A catalogue in a transaction: committed at the end, or nothing of it is done. The lock for committing is held."""
    with _writers, closing(connect(generation, writing=True)) as connection:
        check(connection, generation, analyzer)
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")


def create(generation: Path, analyzer: str) -> None:
    """Make an empty catalogue."""
    with _writers, closing(sqlite3.connect(generation / NAME, isolation_level=None)) as connection:
        (generation / NAME).chmod(0o600)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(f"BEGIN; {TABLES} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};")
        connection.execute("INSERT INTO meta VALUES (?, ?, 1, 0)", (analyzer, secrets.token_bytes(32)))
        connection.execute("COMMIT")


def wipe(generation: Path) -> bool:
    """Write what is left anew, so that nothing of what was removed stands in unused parts of pages, or in the log.

    Returns:
        False where one that reads keeps the log from being emptied; it is to be tried again later.
    """
    with _writers, closing(connect(generation, writing=True)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA busy_timeout = 100")  # readers keep it back for as long as they read
        ((busy, _, _),) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if not busy:
            connection.execute("UPDATE meta SET unwiped = 0")
    return not busy


def connect(generation: Path, *, writing: bool) -> sqlite3.Connection:
    """Open a catalogue that is there.

    Raises:
        CorruptDataError: It is no file.
        FileNotFoundError: It is not there.
    """
    path = generation / NAME
    try:
        check_plain(path, os.stat(path))  # noqa: PTH116  # SQLite says only that it cannot open it
    except NotADirectoryError as error:
        raise damaged(generation, "is no directory") from error
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False, cached_statements=64
    )
    try:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        connection.execute("PRAGMA synchronous = NORMAL")
        if writing:
            connection.execute("PRAGMA secure_delete = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def check(connection: sqlite3.Connection, generation: Path, analyzer: str) -> None:
    """Raise `CorruptDataError` unless a catalogue can be used."""
    path = generation / NAME
    application, version = (_pragma(connection, name) for name in ("application_id", "user_version"))
    if application != APPLICATION_ID:
        raise damaged(path, "is no catalogue of an index")
    if version != VERSION:
        raise damaged(path, f"is of version {version}, and this lixcore knows version {VERSION}")
    made_with = [row[0] for row in connection.execute("SELECT analyzer FROM meta")]
    if len(made_with) != 1:
        raise damaged(path, "is damaged")
    if made_with[0] != analyzer:
        raise damaged(path, f"was made with the analyzer {made_with[0]!r}, and words are cut by {analyzer!r} now")


def tenant_digest(tenant: str) -> bytes:
    """What stands for a tenant's name."""
    return hashlib.sha256(tenant.encode()).digest()


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    ((value,),) = connection.execute(f"PRAGMA {name}")
    return int(value)
