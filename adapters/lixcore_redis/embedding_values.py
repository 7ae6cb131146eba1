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
from itertools import accumulate
from typing import Final

from lixcore.domain.freshness import is_live
from lixcore_redis.keys import VERSION

MAGIC: Final = b"lxv1"
HEAD: Final = struct.Struct("<4sIdd")
MAX_VALUE_BYTES: Final = 1024 * 1024
LAST_BYTE: Final = HEAD.size + MAX_VALUE_BYTES
"""Up to here a value is read: one byte more than it can have, so that a longer one is noticed without being sent."""

KEY_DIGITS: Final = 64


def value_root(prefix: str) -> bytes:
    """What the key of every value begins with."""
    return f"{prefix}:{VERSION}:{{url}}:".encode()


def live_value(stored: bytes, start: int, end: int, now: float) -> bytes | None:
    """The value in a part of what the server gave; None for nothing, or what is not live.

    Raises:
        ValueError: lixcore did not write it.
    """
    if start == end:
        return None
    if end - start < HEAD.size:
        raise ValueError(f"it has {end - start} bytes, fewer than the head of a value")
    magic, length, added, expires = HEAD.unpack_from(stored, start)
    if magic != MAGIC:
        raise ValueError(f"it begins with {magic!r}")
    if length != end - start - HEAD.size or length > MAX_VALUE_BYTES:
        raise ValueError(f"its head tells of {length:,} bytes, and not of those that follow")
    return stored[start + HEAD.size : end] if is_live(added, expires, now) else None


def bounds_of(values: bytes, count: int) -> list[int]:
    """Where each value begins in an answer to `lixcore_redis.embedding_scripts.GET`, which is where the one before ends."""
    return list(accumulate(struct.unpack_from(f"<{count}I", values), initial=4 * count))
