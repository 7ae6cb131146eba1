"""The SQLite file: one connection for each process, which its threads use in turn.

SQLite lets one writer in at a time, and nearly every call here writes (a read records activity). Threads that queue at a lock
of their own are woken at once, where connections of their own would poll the file's lock and sleep in between.
"""

from __future__ import annotations

import os
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import random
from threading import Lock, RLock
from typing import Any, Final

from lixcore.errors import ClosedError, CorruptDataError, StoreBusyError, StoreError, StoreRefusedError
from lixcore.ports.forking import ForkHooks, ForkStage, register_at_fork
from lixcore_sqlite.database_files import file_at, make_durably, make_private
from lixcore_sqlite.failures import failure
from lixcore_sqlite.schema import SESSIONS, Schema, prepare

_NOT_WIPED: Final = "it is forgotten, but the text may still stand in the file; forget it again to have it wiped"
_SHORTLY_MS: Final = 0  # `_patiently` waits
_FIRST_PAUSE: Final = 0.000_5
_LONGEST_PAUSE: Final = 0.004
_SYNCHRONOUS: Final = {"normal": 1, "full": 2}


class Database:
    """Transactions on the file, and their failures as lixcore's errors.

    Args:
        path: The file; it and its directories are made when they are missing.
        synchronous: ``full`` or ``normal``: whether a durable commit waits for the medium.
        busy_timeout: How long to wait for other threads, and then for other processes; seconds.
        schema: What the file holds.
        user: What it is opened for, as `ClosedError` names it.
    """

    def __init__(
        self, path: str, *, synchronous: str, busy_timeout: float, schema: Schema = SESSIONS, user: str = "the SQLite hot store"
    ) -> None:
        self._path = Path(path).expanduser().absolute()  # now: the working directory may change
        self._durable = _SYNCHRONOUS[synchronous]
        self._busy_timeout = busy_timeout
        self._schema = schema
        self._user = user
        self._file: tuple[int, int] | None = None
        self._lock = RLock()  # unlike a plain one, it can be released by its owner only, whatever an interrupt has skipped
        self._in_turn = False
        self._connection: sqlite3.Connection | None = None
        self._pid = os.getpid()
        self._level = 0
        self._closed = False
        _databases.add(self)

    @property
    def where(self) -> str:
        """The file, as errors name it."""
        return str(self._path)

    def damaged(self, reason: str) -> CorruptDataError:
        """The error to raise where the file holds what cannot be.

        Args:
            reason: The rest of a sentence that begins with the file.
        """
        return CorruptDataError(self.where, f"{reason}; {self._schema.remedy}")

    def check_open(self) -> None:
        """Raise `ClosedError` after `close`, for calls that need nothing of the file."""
        if self._closed:
            raise ClosedError(self._user)

    def rows(self, statement: str, parameters: Sequence[object]) -> list[Any]:
        """All rows of one statement that only reads; it waits for no writer of another process."""
        with self._turn(writing=False) as connection:
            return self._patiently(connection, statement, parameters)

    @contextmanager
    def reading(self) -> Iterator[Callable[[str, Sequence[object]], list[Any]]]:
        """What gives all rows of statements that only read; all of them see one state. It waits for no writer either."""
        with self._turn(writing=False) as connection:
            connection.execute("BEGIN")
            yield partial(self._patiently, connection)
            connection.execute("COMMIT")

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
            self._patiently(connection, "BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    def wipe(self) -> None:
        """Overwrite whatever was removed so far, in the database and in its write-ahead log.

        SQLite's ``secure_delete`` is not enough: moving rows between pages leaves copies of them in the unused part of pages
        (seen in 4 of 40 random histories). VACUUM writes every page anew; it is left out when nothing was removed since the last.

        Raises:
            StoreError: It could not be done now (others used the log all the time, or there is no room for a second copy of the
                file); it says that removed text may still stand in the file.
        """
        try:
            with self._turn(writing=False) as connection:
                [(removals, wiped)] = self._patiently(connection, "SELECT removals, wiped FROM meta")
                if removals > wiped:
                    self._patiently(connection, "VACUUM")
                    self._patiently(connection, "UPDATE meta SET wiped = max(wiped, ?)", (removals,))
                connection.execute(f"PRAGMA busy_timeout = {int(self._busy_timeout * 1000)}")
                [(busy, _, _)] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                connection.execute(f"PRAGMA busy_timeout = {_SHORTLY_MS}")
        except StoreError as error:
            raise type(error)(self.where, f"{_NOT_WIPED}: {error.reason}") from error
        if busy:
            raise StoreBusyError(self.where, f"{_NOT_WIPED}: others used its log for {self._busy_timeout:g} seconds")

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
        mine = False
        try:
            self._acquire()
            self._in_turn = mine = True
            yield self._connected()
        except sqlite3.Error as error:
            self._roll_back()
            if not hasattr(error, "sqlite_errorcode"):
                if isinstance(error, sqlite3.OperationalError):
                    raise self.damaged(f"holds text that is none ({error})") from error
                raise  # the driver was used wrongly: a defect of this adapter
            raise failure(
                self.where, error, busy_timeout=self._busy_timeout, writing=writing, remedy=self._schema.remedy
            ) from error
        except UnicodeDecodeError as error:  # of the driver: SQLite's message quotes a part of the file that is damaged
            self._roll_back()
            raise self.damaged("is damaged") from error
        except BaseException:
            if mine:
                self._roll_back()
            raise
        finally:
            if mine:
                self._in_turn = False
            try:  # noqa: SIM105  # a Python function in between is where an interrupt would get in before the release
                self._lock.release()
            except RuntimeError:  # it was never ours
                pass

    def _acquire(self) -> None:
        if not self._lock.acquire(timeout=self._busy_timeout):
            raise StoreBusyError(self.where, f"other threads used it for {self._busy_timeout:g} seconds; try again")
        if self._in_turn:
            raise StoreBusyError(self.where, "is being used by what a signal interrupted; try again after that")

    def _patiently(self, connection: sqlite3.Connection, statement: str, parameters: Sequence[object] = ()) -> list[Any]:
        """Execute a statement, trying again for ``busy_timeout`` seconds while another process has the lock.

        SQLite would do so as well, but sleeps ever longer, so that of many processes one may not get its turn for seconds.
        """
        waited, pause = 0.0, _FIRST_PAUSE
        while True:
            try:
                return connection.execute(statement, parameters).fetchall()
            except sqlite3.OperationalError as error:
                code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)  # the driver's own errors have none
                if code & 0xFF != sqlite3.SQLITE_BUSY or waited >= self._busy_timeout:
                    raise
            moment = pause * random()  # noqa: S311  # so that processes that wait do not meet again
            time.sleep(moment)
            waited += moment
            pause = min(pause * 2, _LONGEST_PAUSE)

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
        self.check_open()
        if self._connection is None or self._pid != os.getpid() or (self._schema.is_cache and file_at(self._path) != self._file):
            self._disconnect()
            self._connection = self._connect()
            self._pid = os.getpid()
            self._file = file_at(self._path)
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        try:
            make_durably(self._path.parent)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise StoreRefusedError(self.where, f"its directory cannot be made: {reason}") from error
        is_new = not os.path.exists(self._path)  # noqa: PTH110  # pathlib's raises where rights are missing; SQLite says so better
        connection = sqlite3.connect(
            self._path,
            timeout=self._busy_timeout,
            isolation_level=None,  # transactions begin and end where this module says so
            check_same_thread=False,  # the lock sees to it
        )
        try:
            if is_new:
                make_private(self._path)
            prepare(connection, self.where, busy_timeout=self._busy_timeout, schema=self._schema)
            connection.execute(f"PRAGMA busy_timeout = {_SHORTLY_MS}")
        except BaseException:
            connection.close()
            raise
        return connection


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


register_at_fork(ForkHooks(ForkStage.STORES, before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork))
