"""One connection, and how it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import redis
from redis.exceptions import RedisError, ResponseError

from lixcore.errors import InvalidConfigError
from lixcore_redis.options import Destination
from lixcore_redis.wire import command

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
    """

    __slots__ = ("__weakref__", "_theirs", "is_connected", "number", "read", "send")

    def __init__(self, theirs: Any) -> None:
        self._theirs = theirs
        self.send: Callable[[list[bytes]], object] = theirs.send_packed_command
        self.read: Callable[[], Any] = theirs.read_response
        self.number: int | None = None
        self.is_connected = False

    def connect(self) -> None:
        """Connect and log in; raises redis-py's errors."""
        self._theirs.connect()
        self.send([_CLIENT_ID])
        try:
            self.number = self.read()
        except ResponseError:  # this user may not ask
            self.number = None
        self.is_connected = True

    def disconnect(self) -> None:
        """Close it; in a forked child, only the child's copy of the socket."""
        self._theirs.disconnect()


def connection_maker(goal: Destination) -> Callable[[], Connection]:
    """What makes connections to a server, not yet connected.

    Raises:
        InvalidConfigError: redis-py cannot make a connection of these arguments.
    """
    theirs = _CLASSES[goal.scheme]
    try:
        theirs(**goal.arguments)
    except (RedisError, TypeError, ValueError) as error:
        raise InvalidConfigError([f"redis_url: {error}"]) from None
    return lambda: Connection(theirs(**goal.arguments))
