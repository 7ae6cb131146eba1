"""The bytes that go over the connection: commands, and stream ids as positions.

Commands are put together here and not by redis-py's client, because an add is three commands in one request and most of its
bytes are the same for every message of a session: `lixcore_redis.keys` keeps them ready.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NewType

from lixcore.domain.position import SEQUENCE_BITS, Position

StreamId = NewType("StreamId", bytes)
"""``milliseconds-sequence`` in decimal digits."""

SEQUENCES: Final = 1 << SEQUENCE_BITS
_SEQUENCE_MASK: Final = SEQUENCES - 1


def bulk(argument: bytes) -> bytes:
    """One argument as a bulk string: its length, then itself; nothing in it has a meaning."""
    return b"$%d\r\n%b\r\n" % (len(argument), argument)


def command(*arguments: bytes) -> bytes:
    """One command, ready to be sent."""
    return b"*%d\r\n%b" % (len(arguments), b"".join(map(bulk, arguments)))


def number(value: float) -> bytes:
    """A number as an argument, exactly: the shortest digits that give the same double."""
    return repr(value).encode("ascii")


def stream_id(position: Position) -> StreamId:
    """The id of the stream entry at a position."""
    return StreamId(b"%d-%d" % (position >> SEQUENCE_BITS, position & _SEQUENCE_MASK))


def id_after(position: Position) -> StreamId:
    """The lowest id above a position's; a sequence of 2**20 is a legal id, though never a position."""
    return StreamId(b"%d-%d" % (position >> SEQUENCE_BITS, (position & _SEQUENCE_MASK) + 1))


def parts_of(identifier: bytes) -> tuple[int, int]:
    """Milliseconds and sequence of a stream id."""
    milliseconds, _, sequence = identifier.partition(b"-")
    return int(milliseconds), int(sequence)


def position_of(identifier: bytes) -> Position:
    """The position of a stream entry.

    Raises:
        ValueError: It is no stream id, or its sequence has no room in a position.
    """
    milliseconds, _, sequence = identifier.partition(b"-")
    low = int(sequence)
    if low >= SEQUENCES:
        raise ValueError(f"stream id {identifier!r} has a sequence of 2**{SEQUENCE_BITS} or more")
    return Position(int(milliseconds) << SEQUENCE_BITS | low)


def seconds_of(time: Sequence[bytes]) -> float:
    """Seconds since the epoch, of an answer to TIME."""
    seconds, microseconds = time
    return int(seconds) + int(microseconds) / 1e6
