"""The SQLite file: one connection for each process, which its threads use in turn.

SQLite lets one writer in at a time, and nearly every call here writes (a read records activity). Threads that queue at a lock
of their own are woken at once, where connections of their own would poll the file's lock and sleep in between.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final

from lixcore.errors import ClosedError, StoreRefusedError, StoreUnavailableError
from lixcore_sqlite.failures import failure
from lixcore_sqlite.schema import prepare

_SYNCHRONOUS: Final = {"normal": 1, "full": 2}


class Database:
    """Transactions on the file, and their failures as lixcore's errors.

    Args:
        path: The file; it and its directories are made when they are missing.
        synchronous: ``full`` or ``normal``: whether a durable commit waits for the medium.
        busy_timeout: How long to wait for other threads, and then for other processes; seconds.
    """

    def __init__(self, path: str, *, synchronous: str, busy_timeout: float) -> None:
        self._path = Path(path).expanduser().absolute()  # now: the working directory may change
        self._durable = _SYNCHRONOUS[synchronous]
        self._busy_timeout = busy_timeout
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._pid = os.getpid()
        self._level = 0
        self._closed = False
        _databases.add(self)

    @property
    def where(self) -> str:
        """The file, as errors name it."""
        return str(self._path)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one statement that reads; it waits for no writer of another process."""
        with self._turn(writing=False) as connection:
            yield connection

    @contextmanager
    def writing(self, *, durable: bool) -> Iterator[sqlite3.Connection]:
        """The connection in a transaction that no other writer is in; committed at the end, rolled back by any exception.

        Args:
            durable: Whether it must survive the loss of power (when ``synchronous`` is ``full``). Losing power never loses a
                transaction and keeps a later one.
        """
        with self._turn(writing=True) as connection:
            level = self._durable if durable else _SYNCHRONOUS["normal"]
            if level != self._level:
                connection.execute(f"PRAGMA synchronous = {level}")
                self._level = level
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    def truncate_log(self) -> None:
        """Move everything from the write-ahead log to the database and empty it, so that no removed text stays there.

        Raises:
            StoreUnavailableError: Others used the log all the time.
        """
        with self._turn(writing=False) as connection:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreUnavailableError(
                self.where,
                f"what was removed may still stand in the file's write-ahead log, which others used for {self._busy_timeout:g}"
                " seconds; forget it again to have it wiped",
            )

    def close(self) -> None:
        """Close the connection; may be called twice."""
        with self._lock:
            self._closed = True
            self._disconnect()

    def before_fork(self) -> None:
        """Wait for the thread that is at work, and leave nothing open.

        SQLite keeps its locks per process, in memory that a fork copies: a child would believe that it holds locks of its parent.
        So nobody may have a connection at that moment: https://sqlite.org/howtocorrupt.html#_carrying_an_open_database_connection_across_a_fork_
        """
        self._lock.acquire()
        self._disconnect()

    def after_fork(self) -> None:
        """Let threads go on, in the parent and in the child; each connects again when it needs to."""
        self._lock.release()

    @contextmanager
    def _turn(self, *, writing: bool) -> Iterator[sqlite3.Connection]:
        if not self._lock.acquire(timeout=self._busy_timeout):
            raise StoreUnavailableError(self.where, f"other threads used it for {self._busy_timeout:g} seconds; try again")
        try:
            yield self._connected()
        except sqlite3.Error as error:
            self._roll_back()
            if not hasattr(error, "sqlite_errorcode"):
                raise  # the driver was used wrongly: a defect of this adapter
            raise failure(self.where, error, busy_timeout=self._busy_timeout, writing=writing) from error
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._lock.release()

    def _roll_back(self) -> None:
        connection = self._connection
        if connection is None or not connection.in_transaction:
            return
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._disconnect()  # which rolls back as well

    def _disconnect(self) -> None:
        connection, self._connection, self._level = self._connection, None, 0
        if connection is None:
            return
        if self._pid == os.getpid():
            connection.close()
        else:
            _inherited.append(connection)

    def _connected(self) -> sqlite3.Connection:
        if self._closed:
            raise ClosedError("the SQLite hot store")
        if self._connection is None or self._pid != os.getpid():
            self._disconnect()
            self._connection = self._connect()
            self._pid = os.getpid()
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        try:
            _make_durably(self._path.parent)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise StoreRefusedError(self.where, f"its directory cannot be made: {reason}") from error
        connection = sqlite3.connect(
            self._path,
            timeout=self._busy_timeout,
            isolation_level=None,  # transactions begin and end where this module says so
            check_same_thread=False,  # the lock sees to it
        )
        try:
            prepare(connection, self.where, busy_timeout=self._busy_timeout)
        except BaseException:
            connection.close()
            raise
        return connection


def _make_durably(directory: Path) -> None:
    """Make a directory and its parents; a database in a directory that the loss of power takes away is lost with it."""
    missing = [one for one in (directory, *directory.parents) if not one.exists()]
    directory.mkdir(parents=True, exist_ok=True)
    for made in missing:
        handle = os.open(made.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


_databases: weakref.WeakSet[Database] = weakref.WeakSet()
_forking = Lock()
_stopped: list[Database] = []
_inherited: list[sqlite3.Connection] = []  # of a fork that Python was not told of: closing them would drop the parent's locks


def _before_fork() -> None:
    _forking.acquire()
    for database in list(_databases):
        database.before_fork()
        _stopped.append(database)


def _after_fork() -> None:
    while _stopped:
        _stopped.pop().after_fork()
    _forking.release()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
