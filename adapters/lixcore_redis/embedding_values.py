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
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from lixcore.domain.freshness import is_live
from lixcore_redis.keys import VERSION

MAGIC: Final = b"lxv1"
HEAD: Final = struct.Struct("<4sIdd")
_NUMBER: Final = struct.Struct("<I")
MAX_VALUE_BYTES: Final = 1024 * 1024
MOST_BYTES: Final = HEAD.size + MAX_VALUE_BYTES + 1
"""How much of a value is read at most: one byte more than it can have, so that a longer one is noticed without being sent."""

KEY_DIGITS: Final = 64


def value_root(prefix: str) -> bytes:
    """What the key of every value begins with."""
    return f"{prefix}:{VERSION}:{{url}}:".encode()


def live_values(stored: bytes, bounds: Sequence[int], now: float) -> Iterator[bytes | None]:
    """The values in what the server gave; None for nothing, or what is not live.

    Args:
        stored: Values with their heads.
        bounds: Where each begins, which is where the one before ends; and where the last one ends.
        now: By the clock of who asks.

    Raises:
        ValueError: lixcore did not write the next one.
    """
    known, span, live = b"", 0, False
    for start, end in pairwise(bounds):
        if start == end:
            yield None
            continue
        begins = start + HEAD.size
        head = stored[start:begins]
        if head != known or end - start != span:  # what was put together has the same head
            live = _is_live(head, end - begins, now)
            known, span = head, end - start
        yield stored[begins:end] if live else None


def _is_live(head: bytes, length: int, now: float) -> bool:
    if length < 0:
        raise ValueError(f"it has {len(head) + length} bytes, fewer than the head of a value")
    magic, said, added, expires = HEAD.unpack(head)
    if magic != MAGIC:
        raise ValueError(f"it begins with {magic!r}")
    if said != length or length > MAX_VALUE_BYTES:
        raise ValueError(f"its head tells of {said:,} bytes, and not of those that follow")
    return is_live(added, expires, now)


def bounds_of(answer: bytes) -> list[int]:
    """The bounds of the values in an answer to `lixcore_redis.embedding_scripts.GET`."""
    (runs,) = _NUMBER.unpack_from(answer)
    numbers = struct.unpack_from(f"<{2 * runs}I", answer, _NUMBER.size)
    bounds = [_NUMBER.size * (1 + 2 * runs)]
    for count, length in zip(numbers[::2], numbers[1::2], strict=True):
        if length:
            bounds += range(bounds[-1] + length, bounds[-1] + length * count + 1, length)
        else:
            bounds += [bounds[-1]] * count
    return bounds
