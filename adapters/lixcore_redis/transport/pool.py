"""Connections of one process, a bounded number of them.

redis-py's own pool looks at every connection for stray data before it hands it out, two system calls and more for every
message. Here a connection goes back only when all its answers were read, one that failed is closed and forgotten instead, and
only one that rested for a while is looked at.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import Final

from lixcore.errors import ClosedError, StoreBusyError
from lixcore.ports.clock import Clock
from lixcore_redis.transport.connection import Connection

CHECKED_AFTER: Final = 0.001
"""Seconds after which a resting connection is looked at before it is used.

What is sent over a connection that the server has ended may have been carried out, for all that can be known then. To notice
before sending is the difference between a message that is known not to be stored and one that nobody dares to send again.
"""


class _Waiter:
    """A thread that waits for its turn; `turn` is released when it has come."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.turn.acquire()
        self.connection: Connection | None = None  # set with its turn; not connected yet, where it is a new one


class _Lines:
    """The connections of one process. The lock guards `open` and `waiting`; `free` is safe by itself.

    Those in use are counted as long as somebody holds them: one that an interrupt takes from its user makes room by itself.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.free: deque[Connection] = deque()
        self.waiting: deque[_Waiter] = deque()
        self.open: weakref.WeakSet[Connection] = weakref.WeakSet()

    def serve(self) -> None:
        """Hand free connections to those who wait longest. The caller holds the lock."""
        while self.waiting and self.free:
            try:
                connection = self.free.pop()
            except IndexError:  # another thread took it since
                return
            waiter = self.waiting.popleft()
            waiter.connection = connection
            waiter.turn.release()

    def leave(self, waiter: _Waiter) -> bool:
        """Take a waiter out of the queue; False when its turn came first."""
        with self.lock:
            if waiter not in self.waiting:
                return False
            self.waiting.remove(waiter)
            return True


class ConnectionPool:
    """Hands out connected connections, the one used last first, in turn to those who have to wait.

    A forked child sees none of its parent's: connections are kept by process id.

    Args:
        make: Makes a connection, not yet connected.
        size: How many there may be at once.
        patience: How many seconds to wait for one to become free.
        where: The server's address, for errors.
        what: What is kept there, for errors.
        clock: Tells how long a connection rested.
    """

    def __init__(
        self, make: Callable[[], Connection], *, size: int, patience: float, where: str, what: str, clock: Clock
    ) -> None:
        self._make = make
        self._monotonic = clock.monotonic
        self._size = size
        self._patience = patience
        self._where = where
        self._what = what
        self._lines: dict[int, _Lines] = {}
        self._closed = False

    def take(self) -> Connection:
        """A connection for this thread alone, until `give` or `drop`.

        Raises:
            ClosedError: After `close`.
            StoreBusyError: All are in use, and none became free in time.
            Exception: Whatever redis-py raises when it cannot connect.
        """
        self.refuse_if_closed()
        lines = self._lines.get(os.getpid()) or self._first_use()
        if not lines.waiting:  # nobody overtakes those who wait
            try:
                connection = lines.free.pop()
            except IndexError:
                pass
            else:
                if self._monotonic() - connection.rests_since < CHECKED_AFTER or connection.is_sound():
                    return connection
                self.drop(connection)
                self.forget_free()
        connection = self._waited_for(lines)
        return connection if connection.is_connected else self._connected(connection)

    def _waited_for(self, lines: _Lines) -> Connection:
        """A connection; a new one is to be connected by the caller."""
        waiter = _Waiter()
        with lines.lock:
            if len(lines.open) < self._size:
                return self._new(lines)
            # First in the queue, then a look: who gives one back does it the other way round, so one of the two sees the other.
            lines.waiting.append(waiter)
            lines.serve()
        try:
            came = waiter.turn.acquire(timeout=self._patience)
        except BaseException:  # an interrupt: nobody would use what is handed to this waiter
            if not lines.leave(waiter):
                self._pass_on(waiter)
            raise
        if not came and lines.leave(waiter):
            reason = f"all {self._size} connections were in use for {self._patience:g} s; raise redis_pool_size"
            raise StoreBusyError(self._where, reason)
        assert waiter.connection is not None  # noqa: S101  # it came with the turn
        return waiter.connection

    def _pass_on(self, waiter: _Waiter) -> None:
        if waiter.connection and waiter.connection.is_connected:
            self.give(waiter.connection)
        elif waiter.connection:
            self.drop(waiter.connection)

    def _new(self, lines: _Lines) -> Connection:
        """A new connection, counted. The caller holds the lock."""
        connection = self._make()
        lines.open.add(connection)
        return connection

    def _connected(self, connection: Connection) -> Connection:
        try:
            self.refuse_if_closed()
            connection.connect()
        except BaseException:
            self.drop(connection)
            raise
        return connection

    def give(self, connection: Connection) -> None:
        """Take it back; all answers to what was sent over it have been read."""
        lines = self._lines.get(os.getpid())
        if lines is None:  # forked since it was taken
            self.drop(connection)
            return
        connection.rests_since = self._monotonic()
        lines.free.append(connection)
        if lines.waiting:
            with lines.lock:
                lines.serve()
        if self._closed:
            self.forget_free()

    def drop(self, connection: Connection) -> None:
        """Close one that was handed out instead of taking it back."""
        connection.disconnect()
        lines = self._lines.get(os.getpid())
        if lines is None:
            return
        with lines.lock:
            lines.open.discard(connection)
            if lines.waiting and len(lines.open) < self._size:
                waiter = lines.waiting.popleft()  # who waits longest gets another one in its place
                waiter.connection = self._new(lines)
                waiter.turn.release()

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

    def refuse_if_closed(self) -> None:
        """Raise `ClosedError` after `close`."""
        if self._closed:
            raise ClosedError(f"the {self._what} at {self._where}")

    def _first_use(self) -> _Lines:
        pid = os.getpid()
        lines = self._lines.setdefault(pid, _Lines())  # atomic: threads of a new process agree on one
        for other in [known for known in self._lines if known != pid]:
            # Our copies of the parent's sockets are closed when these go; the parent's connections live on.
            self._lines.pop(other, None)
        return lines
