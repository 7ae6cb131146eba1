"""One connection, and how it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import redis
from redis.exceptions import RedisError, ResponseError

from lixcore.errors import InvalidConfigError
from lixcore_redis.options import Destination
from lixcore_redis.transport.failures import is_transient
from lixcore_redis.transport.flat_answers import FlatAnswer, read_flat
from lixcore_redis.transport.incarnation import QUESTIONS, Incarnation
from lixcore_redis.transport.wire import command

_CLIENT_ID: Final = command(b"CLIENT", b"ID")

_CLASSES: Final[dict[str, Callable[..., Any]]] = {
    "redis": redis.Connection,
    "rediss": redis.SSLConnection,
    "unix": redis.UnixDomainSocketConnection,
}


class Connection:
    """A connection of redis-py, used below its client: packed commands out, plain answers in.

    Attributes:
        send: Sends pieces of packed commands.
        read: Reads the next answer; raises an error answer.
        number: What the server calls this connection; None while it is not connected, or if the user may not ask.
        is_connected: Whether `connect` was done.
        rests_since: When it was last given back, by the monotonic clock.
    """

    __slots__ = ("__weakref__", "_incarnation", "_theirs", "is_connected", "number", "read", "rests_since", "send")

    def __init__(self, theirs: Any, incarnation: Incarnation) -> None:
        self._theirs = theirs
        self._incarnation = incarnation
        self.send: Callable[[list[bytes]], object] = theirs.send_packed_command
        self.read: Callable[[], Any] = theirs.read_response
        self.number: int | None = None
        self.is_connected = False
        self.rests_since = 0.0

    def connect(self) -> None:
        """Connect, log in and look whether the server is the one it was; raises redis-py's errors."""
        self._theirs.connect()
        self.send([_CLIENT_ID + self._incarnation.request])
        number, *answers = [self._answer() for _ in range(1 + QUESTIONS)]
        self.number = None if isinstance(number, Exception) else number
        self._incarnation.meet(answers)
        self.is_connected = True

    def _answer(self) -> Any:
        try:
            return self.read()
        except ResponseError as error:
            if is_transient(error):
                raise
            return error  # this user may not ask

    def read_flat(self, count: int) -> tuple[list[FlatAnswer], bool]:
        """Read so many answers as `lixcore_redis.transport.flat_answers.read_flat` does."""
        # redis-py has no public way to its socket. Its own buffer is not passed over: between two requests it is empty.
        return read_flat(self._theirs._sock.recv, count)  # noqa: SLF001

    def is_sound(self) -> bool:
        """Whether the server neither ended it nor sent anything, while nothing is asked: two system calls."""
        try:
            return not self._theirs.can_read(timeout=0)
        except (RedisError, OSError):
            return False

    def disconnect(self) -> None:
        """Close it; in a forked child, only the child's copy of the socket."""
        self._theirs.disconnect()


def connection_maker(goal: Destination, incarnation: Incarnation) -> Callable[[], Connection]:
    """What makes connections to a server, not yet connected. Each tells ``incarnation`` what it meets.

    Raises:
        InvalidConfigError: redis-py cannot make a connection of these arguments.
    """
    theirs = _CLASSES[goal.scheme]
    try:
        first = theirs(**goal.arguments)
    except (RedisError, TypeError, ValueError) as error:
        raise InvalidConfigError([f"redis_url: {error}"]) from None
    arguments = {**goal.arguments, **_unannounced(first)}
    return lambda: Connection(theirs(**arguments), incarnation)


def _unannounced(first: Any) -> dict[str, Any]:
    """What keeps redis-py from telling the server its name and version.

    For that it looks its version up in files, and asks twice: without it a new connection takes half as long.
    """
    if hasattr(first, "driver_info"):  # redis-py 7.1 and newer
        return {"driver_info": None}
    return {"lib_name": None, "lib_version": None}
