"""DuckDB itself: one instance for each process, in memory, without anything of its own on a disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lixcore_duckdb.duckdb_module import duckdb_module

if TYPE_CHECKING:
    from numpy.typing import NDArray

_QUIET: Final = {
    "autoinstall_known_extensions": "false",  # nothing is ever downloaded
    "autoload_known_extensions": "false",
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
        self._lock = Lock()
        self._connection: Any = None

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """A cursor for one thread."""
        with self._lock:
            if self._connection is None:
                self._connection = duckdb_module().connect(":memory:", config=self._settings)
            cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def isolated(self) -> Any:
        """A connection of its own, which shares nothing with any other one; it is closed by the caller."""
        settings = {name: value for name, value in self._settings.items() if name != "temp_directory"}
        return duckdb_module().connect(":memory:", config={**settings, "max_temp_directory_size": "0B"})

    def close(self) -> None:
        """Close the instance; the next cursor begins another one."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def forget_after_fork(self) -> None:
        """In a child that was just forked: leave the instance alone, whose threads are the parent's."""
        if self._connection is not None:
            _ABANDONED.append(self._connection)
        self._lock = Lock()
        self._connection = None


_ABANDONED: Final[list[Any]] = []
"""What a child has of its parent's instances: closing them would wait for threads that it does not have."""


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
