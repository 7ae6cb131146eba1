"""DuckDB itself: one instance for each process, in memory, without anything of its own on a disk."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Condition
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lixcore_duckdb.duckdb_module import duckdb_module

if TYPE_CHECKING:
    from numpy.typing import NDArray

_QUIET: Final = {
    "autoinstall_known_extensions": "false",  # nothing is ever downloaded
    "autoload_known_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",  # a name in a query never means a variable of this process
}


class Engine:
    """Cursors for threads.

    Args:
        threads: How many processors a query uses.
        memory_mb: How many MiB one instance may use.
        directory: Where queries that need more may put some of it meanwhile.
    """

    def __init__(self, *, threads: int, memory_mb: int, directory: Path) -> None:
        self._settings = {
            **_QUIET,
            "threads": str(threads),
            "memory_limit": f"{memory_mb}MiB",
            "temp_directory": str(directory / "spilled"),
        }
        self._state = Condition()
        self._at_work = 0
        self._connection: Any = None

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """A cursor for one thread."""
        with self._counted():
            with self._state:
                if self._connection is None:
                    self._connection = duckdb_module().connect(":memory:", config=self._settings)
                cursor = self._connection.cursor()
            try:
                with _interruptible():
                    yield cursor
            finally:
                cursor.close()

    @contextmanager
    def isolated(self) -> Iterator[Any]:
        """A connection of its own, which shares nothing with any other one and puts nothing on a disk."""
        settings = {name: value for name, value in self._settings.items() if name != "temp_directory"}
        with self._counted():
            connection = duckdb_module().connect(":memory:", config={**settings, "max_temp_directory_size": "0B"})
            try:
                with _interruptible():
                    yield connection
            finally:
                connection.close()

    def close(self) -> None:
        """Close the instance; the next cursor begins another one."""
        with self._state:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def before_fork(self) -> None:
        """Wait until no thread is inside DuckDB: what it has locked there, no child could ever unlock."""
        self._state.acquire()
        self._state.wait_for(lambda: not self._at_work)

    def after_fork_in_parent(self) -> None:
        """Let threads go on."""
        self._state.release()

    def after_fork_in_child(self) -> None:
        """Leave the instance alone, whose threads are the parent's."""
        if self._connection is not None:
            _ABANDONED.append(self._connection)
        self._connection = None
        self._state.release()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._state:
            self._at_work += 1
        try:
            yield
        finally:
            with self._state:
                self._at_work -= 1
                self._state.notify_all()


_INTERRUPTED: Final = "Query interrupted"

_ABANDONED: Final[list[Any]] = []
"""What a child has of its parent's instances: closing them would wait for threads that it does not have."""


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C end a query as it ends anything else.

    DuckDB ends the query, drops what the signal's handler raised, and raises a RuntimeError that is no error of its own.
    """
    try:
        yield
    except RuntimeError as error:
        if str(error) != _INTERRUPTED:
            raise
        raise KeyboardInterrupt from None


@contextmanager
def files_in_place(paths: Sequence[str]) -> Iterator[None]:
    """Tell by `FileNotFoundError` that one of these files, which DuckDB reads in the block, is not there any more."""
    try:
        yield
    except duckdb_module().IOException as error:
        for path in paths:
            if not os.path.exists(path):  # noqa: PTH110  # it is a text
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from error
        raise


def quoted(path: str | Path) -> str:
    """A path as SQL writes a text."""
    return "'" + str(path).replace("'", "''") + "'"


def texts(values: list[str]) -> NDArray[Any]:
    """Texts as a column that DuckDB reads."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


@contextmanager
def registered(cursor: Any, name: str, columns: Mapping[str, NDArray[Any]]) -> Iterator[None]:
    """Let a query see columns as a table."""
    cursor.register(name, dict(columns))
    try:
        yield
    finally:
        cursor.unregister(name)
