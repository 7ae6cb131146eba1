"""How a value by key is kept: its name, and the head in front of its bytes.

::

    {prefix}:1:{url}:<64 hexadecimal digits>   string      one value; expires
    {prefix}:1:{url}:times                     sorted set  when each was added and until when it is live

``{url}`` stands in every key, braces and all, so that scripts may touch them together, on a cluster as well: all are on one of
its nodes. The digits are those of the key that the caller gave, 32 bytes.

The head is 24 bytes, little end first: ``lxv1``, the length of the value (uint32), when it was added, and from when on it is not
used any more (float64, seconds since the epoch). So a clock decides what is live, and not the server, whose own expiry comes in
addition.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final

from lixcore.domain.freshness import is_live
from lixcore_redis.keys import VERSION

MAGIC: Final = b"lxv1"
HEAD: Final = struct.Struct("<4sIdd")
MAX_VALUE_BYTES: Final = 1024 * 1024
MOST_BYTES: Final = HEAD.size + MAX_VALUE_BYTES + 1
"""How much of a value is read at most: one byte more than it can have, so that a longer one is noticed without being sent."""

KEY_DIGITS: Final = 64


def value_root(prefix: str) -> bytes:
    """What the key of every value begins with."""
    return f"{prefix}:{VERSION}:{{url}}:".encode()


def live_values(stored: Iterable[bytes], now: float) -> Iterator[bytes | None]:
    """The values in what the server gave; None for nothing, or what is not live.

    Args:
        stored: Values with their heads; empty where there is none.
        now: By the clock of who asks.

    Raises:
        ValueError: lixcore did not write the next one.
    """
    known, size, live, begins = b"-", 0, False, HEAD.size
    for value in stored:
        if not value:
            yield None
            continue
        if len(value) != size or not value.startswith(known):  # what was put together has the same head
            known, size = value[:begins], len(value)
            live = _is_live(known, size - begins, now)
        yield value[begins:] if live else None


def _is_live(head: bytes, length: int, now: float) -> bool:
    if length < 0:
        raise ValueError(f"it has {len(head) + length} bytes, fewer than the head of a value")
    magic, said, added, expires = HEAD.unpack(head)
    if magic != MAGIC:
        raise ValueError(f"it begins with {magic!r}")
    if said != length or length > MAX_VALUE_BYTES:
        raise ValueError(f"its head tells of {said:,} bytes, and not of those that follow")
    return is_live(added, expires, now)
