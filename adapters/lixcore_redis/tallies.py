"""Sums that all processes add to: a hash of floating-point numbers."""

from __future__ import annotations

from collections.abc import Mapping

from lixcore.errors import CorruptDataError
from lixcore_redis.keys import VERSION
from lixcore_redis.link import Link
from lixcore_redis.wire import command, number


class Tallies:
    """`lixcore.ports.tallies.KeepsTallies` on a server.

    Args:
        link: The way to the server.
        prefix: What all keys begin with.
        layer: Whose sums they are; lower-case letters.
    """

    def __init__(self, link: Link, prefix: str, layer: str) -> None:
        self._link = link
        self._key = f"{prefix}:{VERSION}:tallies:{layer}".encode()

    def add(self, changes: Mapping[str, float]) -> None:
        """One HINCRBYFLOAT for each, in one request.

        It is not sent again once it may have been carried out: a sum that lacks something does less harm than one that has it
        twice.
        """
        if changes:
            each = (command(b"HINCRBYFLOAT", self._key, name.encode(), number(change)) for name, change in changes.items())
            self._link.call(b"".join(each), len(changes), repeat=lambda _: command(b"EXISTS", self._key) * len(changes))

    def all(self) -> Mapping[str, float]:
        """One HGETALL."""
        (found,) = self._link.call(command(b"HGETALL", self._key), 1, writes=False)
        try:
            return {found[i].decode("ascii"): float(found[i + 1]) for i in range(0, len(found), 2)}
        except ValueError as error:
            raise CorruptDataError(self._link.where, f"{self._key.decode()} holds what is no sum: {error}") from error
