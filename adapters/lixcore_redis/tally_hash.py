"""`lixcore.ports.tallies.KeepsTallies` as a hash on the server."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from lixcore.errors import CorruptDataError
from lixcore_redis.keys import VERSION
from lixcore_redis.transport.link import Link
from lixcore_redis.transport.wire import command, number


def tallies_key(prefix: str, layer: str) -> bytes:
    """The key of a layer's sums, such as ``lix:1:tallies:embeddings``."""
    return f"{prefix}:{VERSION}:tallies:{layer}".encode()


class TallyHash:
    """Sums that all processes add to: one field for each, its number as text.

    Args:
        link: The way to the server.
        key: Where the hash is; see `tallies_key`.
    """

    def __init__(self, link: Link, key: bytes) -> None:
        self._link = link
        self._key = key

    def tally(self, changes: Mapping[str, float]) -> None:
        """Add to sums, in one round trip.

        What may have been added is not added again when the answer is lost: a sum may stay behind, but nothing counts twice.

        Raises:
            StoreError: The server could not be asked, or refused.
        """
        if not changes:
            self._link.refuse_if_closed()
            return
        request = b"".join(
            command(b"HINCRBYFLOAT", self._key, name.encode("ascii"), number(change)) for name, change in changes.items()
        )
        self._link.call(request, len(changes), repeat=lambda _: command(b"EXISTS", self._key) * len(changes))

    def tallies(self) -> dict[str, float]:
        """All sums by name.

        Raises:
            CorruptDataError: A field is no sum.
        """
        (answer,) = self._link.call(command(b"HGETALL", self._key), 1, writes=False)
        try:
            sums = {answer[at].decode("ascii"): float(answer[at + 1]) for at in range(0, len(answer), 2)}
        except ValueError:
            sums = None
        if sums is None or not all(map(isfinite, sums.values())):
            reason = f"the hash {self._key.decode()} has a field that is no sum of lixcore: remove the field, or the hash"
            raise CorruptDataError(self._link.where, reason)
        return sums
