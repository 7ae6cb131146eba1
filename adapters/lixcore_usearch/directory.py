"""The directory of an index: owned by one process, with one connection to its SQLite file that threads use in turn.

Nothing is touched before the first turn. One that cannot open the directory leaves no lock behind, and the next one tries again.

A child that is forked has nothing of it: the connection is closed before a fork, and the child has to take the directory's lock
itself, which its parent may hold.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, RLock
from typing import Final

from lixcore.errors import ClosedError, StoreBusyError
from lixcore.ports.forking import ForkHooks, ForkStage, register_at_fork
from lixcore_usearch.directory_lock import DirectoryLock
from lixcore_usearch.failures import damaged, file_failure, sqlite_failure
from lixcore_usearch.schema import prepare

DATABASE: Final = "entries.sqlite3"
GRAPHS: Final = "graphs"

_BUSY_SECONDS: Final = 5.0
_NOT_WIPED: Final = "what was removed is not found any more, but may still stand in the file; forget it again to have it wiped"


class Directory:
    """Turns at the directory's SQLite file, and their failures as lixcore's errors.

    Args:
        path: The directory; the first turn makes it when it is missing.

    Attributes:
        path: The directory.
        graphs: Where the files of graphs are.
        era: Another number whenever what a process remembers of the directory may not be so any more.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path).expanduser().absolute()  # now: the working directory may change
        self.graphs = self.path / GRAPHS
        self.era = 0
        self._turns = RLock()  # unlike a plain one, it can be released by its owner only, whatever an interrupt has skipped
        self._in_turn = False
        self._lock = DirectoryLock(self.path)
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._pid = os.getpid()
        self._closed = False
        _directories.add(self)

    @property
    def where(self) -> str:
        """The SQLite file, as errors name it."""
        return str(self.path / DATABASE)

    @contextmanager
    def turn(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread; what it left uncommitted is rolled back.

        Raises:
            ClosedError: It was closed.
            StoreError: What is done in the turn failed in SQLite or in the file system, or another process has the directory.
        """
        with self._turns:
            self._refuse_a_signal_handler()
            try:
                try:
                    self._in_turn = True
                    yield self._connected()
                finally:
                    self._in_turn = False
                    self._roll_back()
            except sqlite3.Error as error:
                if not hasattr(error, "sqlite_errorcode"):
                    raise  # the driver was used wrongly: a defect of this adapter
                raise sqlite_failure(self.where, error, busy_seconds=_BUSY_SECONDS) from error
            except UnicodeDecodeError as error:  # of the driver: SQLite's message quotes a part of the file that is damaged
                raise damaged(self.where, "its tables cannot be told") from error
            except OSError as error:
                raise file_failure(str(self.path), error) from error
            finally:
                self._in_turn = False  # an interrupt may have come in the midst of the above

    @contextmanager
    def transaction(self, sql: sqlite3.Connection) -> Iterator[None]:
        """In a turn: commit what is done in it, or nothing of it."""
        sql.execute("BEGIN IMMEDIATE")
        yield
        sql.execute("COMMIT")

    def wipe(self, sql: sqlite3.Connection) -> None:
        """In a turn: overwrite whatever was removed so far, in the database and in its write-ahead log.

        ``secure_delete`` alone is not enough: moving rows between pages leaves copies of them in the unused part of pages.

        Raises:
            StoreError: It could not be done now; it says that what was removed may still stand in the file.
        """
        try:
            ((removals, wiped),) = sql.execute("SELECT removals, wiped FROM meta").fetchall()
            if removals > wiped:
                sql.execute("VACUUM")
                sql.execute("UPDATE meta SET wiped = ?", (removals,))
            ((busy, _, _),) = sql.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            failed = sqlite_failure(self.where, error, busy_seconds=_BUSY_SECONDS)
            raise type(failed)(self.where, f"{_NOT_WIPED}: {failed.reason}") from error
        if busy:
            raise StoreBusyError(self.where, f"{_NOT_WIPED}: another program used its log for {_BUSY_SECONDS:g} seconds")

    @contextmanager
    def closing(self) -> Iterator[bool]:
        """Close it at the end of the block; whether there is anything to be saved before."""
        with self._turns:
            self._refuse_a_signal_handler()
            try:
                yield self._lock.is_held and self._pid == os.getpid() and self._is_in_place()
            finally:
                self._closed = True
                self._disconnect()
                self._lock.release()

    def before_fork(self) -> None:
        """Wait for the thread that is at work, and leave no connection open.

        SQLite keeps its locks per process, in memory that a fork copies: a child would believe that it holds locks of its parent:
        https://sqlite.org/howtocorrupt.html#_carrying_an_open_database_connection_across_a_fork_
        """
        self._turns.acquire()
        self._disconnect()

    def after_fork_in_parent(self) -> None:
        """Let threads go on; the next one connects again."""
        self._turns.release()

    def after_fork_in_child(self) -> None:
        """Give up all that is the parent's."""
        self._disown()
        self._turns.release()

    def _refuse_a_signal_handler(self) -> None:
        if self._in_turn:
            raise StoreBusyError(str(self.path), "is being used by what a signal interrupted; try again after that")

    def _disown(self) -> None:
        self._lock.leave_to_parent()
        if self._connection is not None:  # a fork that Python was not told of: closing it would drop the parent's locks
            _inherited.append(self._connection)
            self._connection = None
        self._pid = os.getpid()
        self.era += 1

    def _connected(self) -> sqlite3.Connection:
        if self._closed:
            raise ClosedError("the similarity index 'usearch'")
        if self._pid != os.getpid():
            self._disown()
        if self._lock.is_held and not self._is_in_place():  # it was deleted or moved away, to begin anew
            self._let_go()
        if self._connection is None:
            try:
                self._connection = self._connect()
            except BaseException:
                self._let_go()
                raise
        self._roll_back()  # what an interrupt has left open
        return self._connection

    def _is_in_place(self) -> bool:
        """Whether the SQLite file is still the one that was opened."""
        return self._file is not None and _file_at(self.path / DATABASE) == self._file

    def _let_go(self) -> None:
        """Leave the directory to whoever comes first, and remember nothing of it."""
        self._disconnect()
        self._lock.release()
        self.era += 1

    def _connect(self) -> sqlite3.Connection:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock.take()
        self.graphs.mkdir(mode=0o700, exist_ok=True)
        file = self.path / DATABASE
        file.touch(mode=0o600)  # its log will have the same rights
        self._file = _file_at(file)
        connection = sqlite3.connect(
            file,
            timeout=_BUSY_SECONDS,
            isolation_level=None,  # transactions begin and end where this package says so
            check_same_thread=False,  # turns see to it
        )
        try:
            prepare(connection, self.where)
        except BaseException:
            connection.close()
            raise
        return connection

    def _roll_back(self) -> None:
        connection = self._connection
        if connection is None or not connection.in_transaction:
            return
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._disconnect()  # which rolls back as well

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            if self._pid == os.getpid():
                connection.close()
            else:
                _inherited.append(connection)


def _file_at(path: Path) -> tuple[int, int] | None:
    """What tells a file from one that takes its place; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116  # pathlib's does the same, slower, and this is on every call's way
    except OSError:
        return None
    return found.st_dev, found.st_ino


_directories: weakref.WeakSet[Directory] = weakref.WeakSet()
_forking = Lock()
_stopped: list[Directory] = []
_inherited: list[sqlite3.Connection] = []


def _before_fork() -> None:
    _forking.acquire()
    for directory in list(_directories):
        directory.before_fork()
        _stopped.append(directory)


def _after_fork_in_parent() -> None:
    while _stopped:
        _stopped.pop().after_fork_in_parent()
    _forking.release()


def _after_fork_in_child() -> None:
    while _stopped:
        _stopped.pop().after_fork_in_child()
    _forking.release()


register_at_fork(
    ForkHooks(
        ForkStage.STORES,
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
)
