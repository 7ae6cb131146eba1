"""Connections of one process, a bounded number of them.

redis-py's own pool looks at every connection for stray data before it hands it out, two system calls and more for every
message. Here a connection goes back only when all its answers were read; one that failed is closed and forgotten instead.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable

from lixcore.errors import ClosedError, StoreUnavailableError
from lixcore_redis.connection import Connection


class _Lines:
    """The connections of one process."""

    def __init__(self) -> None:
        self.free: deque[Connection] = deque()
        self.changed = threading.Condition()
        self.open = 0
        self.waiting = 0


class ConnectionPool:
    """Hands out connected connections, the one used last first.

    A forked child sees none of its parent's: connections are kept by process id.

    Args:
        make: Makes a connection, not yet connected.
        size: How many there may be at once.
        patience: How many seconds to wait for one to become free.
        where: The server's address, for errors.
    """

    def __init__(self, make: Callable[[], Connection], *, size: int, patience: float, where: str) -> None:
        self._make = make
        self._size = size
        self._patience = patience
        self._where = where
        self._lines: dict[int, _Lines] = {}
        self._closed = False

    def take(self) -> Connection:
        """A connection for this thread alone, until `give` or `drop`.

        Raises:
            ClosedError: After `close`.
            StoreUnavailableError: All are in use, and none became free in time.
            Exception: Whatever redis-py raises when it cannot connect.
        """
        self._refuse_if_closed()
        lines = self._lines.get(os.getpid()) or self._first_use()
        try:
            return lines.free.pop()
        except IndexError:
            pass
        with lines.changed:
            if lines.open >= self._size:
                free = self._wait(lines)
                if free:
                    return free
            self._refuse_if_closed()
            lines.open += 1
        connection = self._make()
        try:
            connection.connect()
        except BaseException:
            self.drop(connection)
            raise
        return connection

    def _wait(self, lines: _Lines) -> Connection | None:
        def pop_or_room() -> Connection | bool:
            # A connection given back is seen here, or its giver sees that someone waits: both look after they have written.
            try:
                return lines.free.pop()
            except IndexError:
                return lines.open < self._size

        lines.waiting += 1
        try:
            found = lines.changed.wait_for(pop_or_room, self._patience)
        finally:
            lines.waiting -= 1
        if found is False:
            reason = f"all {self._size} connections were in use for {self._patience:g} s; raise redis_pool_size"
            raise StoreUnavailableError(self._where, reason)
        return None if found is True else found

    def give(self, connection: Connection) -> None:
        """Take it back; all answers to what was sent over it have been read."""
        lines = self._lines.get(os.getpid())
        if lines is None:  # forked since it was taken
            self.drop(connection)
            return
        lines.free.append(connection)
        if lines.waiting:
            with lines.changed:
                lines.changed.notify()
        if self._closed:
            self.forget_free()

    def drop(self, connection: Connection) -> None:
        """Close one that was handed out instead of taking it back."""
        connection.disconnect()
        lines = self._lines.get(os.getpid())
        if lines is not None:
            with lines.changed:
                lines.open -= 1
                lines.changed.notify()

    def forget_free(self) -> None:
        """Close all that nobody uses: they may be as dead as the one that just failed."""
        lines = self._lines.get(os.getpid())
        while lines is not None:
            try:
                connection = lines.free.pop()
            except IndexError:
                return
            self.drop(connection)

    def close(self) -> None:
        """Close all; those in use when they come back."""
        self._closed = True
        self.forget_free()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise ClosedError(f"the hot store at {self._where}")

    def _first_use(self) -> _Lines:
        pid = os.getpid()
        lines = self._lines.setdefault(pid, _Lines())  # atomic: threads of a new process agree on one
        for other in [known for known in self._lines if known != pid]:
            # Our copies of the parent's sockets are closed when these go; the parent's connections live on.
            self._lines.pop(other, None)
        return lines
