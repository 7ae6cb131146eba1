"""Entries as the bytes of a block, in columns, and back.

::

    mode 1 | position differences, count - 1 | [time codes, count | odd times float64 each] | lengths, count | payloads

The first position, and in mode 0 the one timestamp that all entries have, stand in the frame's header. A time code is twice the
zigzagged difference in microseconds to the time before; 1 says that the time is not a whole number of microseconds and stands
among the odd ones, bit by bit. Columns keep alike next to alike, which codecs with a memory profit from.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import copysign
from typing import Final

from lixcore.domain.position import Entry, Position
from lixcore_huffman.format.varint import TruncatedError, append_varints, read_varints, unzigzag, zigzag

_ONE_TIME: Final = 0
_TIME_COLUMN: Final = 1
_ODD: Final = 1
_LAST_EXACT: Final = 1e9 * 4  # seconds; microseconds of later times have no exact float


def encode_records(entries: Sequence[Entry]) -> bytes:
    """The block of ``entries``: at least one, in ascending order of position."""
    first = entries[0].timestamp
    # Zero is left to the column, which tells -0.0 from 0.0; a NaN is unequal to itself and goes there as well.
    one_time = first != 0 and all(entry.timestamp == first for entry in entries)
    out = bytearray([_ONE_TIME if one_time else _TIME_COLUMN])
    append_varints(out, (after.position - before.position for before, after in pairwise(entries)))
    if not one_time:
        _append_times(out, [entry.timestamp for entry in entries])
    append_varints(out, [len(entry.payload) for entry in entries])
    return b"".join([out, *(entry.payload for entry in entries)])


def decode_records(
    block: bytes, *, count: int, first: Position, last: Position, oldest: float, keep: int | None = None
) -> list[Entry]:
    """The entries of ``block``, oldest first.

    Args:
        block: What `encode_records` returned.
        count: How many entries it has, from the frame's header.
        first: The position of the first, from the same place.
        last: The position of the last, likewise.
        oldest: The smallest timestamp, likewise.
        keep: Make only the last so many.

    Raises:
        TruncatedError: It is not such a block.
    """
    if not block or block[0] > _TIME_COLUMN:
        raise TruncatedError
    steps, at = read_varints(block, 1, count - 1)
    if 0 in steps or first + sum(steps) != last:
        raise TruncatedError
    times: list[float] | None = None
    if block[0] == _TIME_COLUMN:
        times, at = _read_times(block, at, count)
    lengths, at = read_varints(block, at, count)
    if at + sum(lengths) != len(block):
        raise TruncatedError
    positions = list(accumulate(steps, initial=int(first)))
    skip = 0 if keep is None else max(0, count - keep)
    at += sum(lengths[:skip])
    entries = []
    for index in range(skip, count):
        end = at + lengths[index]
        entries.append(Entry(Position(positions[index]), oldest if times is None else times[index], block[at:end]))
        at = end
    return entries


def _microseconds(time: float) -> int | None:
    """``time`` in microseconds, if that gives back the very same float."""
    if not -_LAST_EXACT < time < _LAST_EXACT:
        return None
    count = round(time * 1e6)
    return count if count / 1e6 == time and (count or copysign(1.0, time) > 0) else None


def _append_times(out: bytearray, times: Sequence[float]) -> None:
    codes, odd, before = [], [], 0
    for time in times:
        count = _microseconds(time)
        if count is None:
            codes.append(_ODD)
            odd.append(time)
        else:
            codes.append(zigzag(count - before) << 1)
            before = count
    append_varints(out, codes)
    out += struct.pack(f"<{len(odd)}d", *odd)


def _read_times(block: bytes, at: int, count: int) -> tuple[list[float], int]:
    codes, at = read_varints(block, at, count)
    odd_count = codes.count(_ODD)
    end = at + 8 * odd_count
    if end > len(block):
        raise TruncatedError
    odd = iter(struct.unpack_from(f"<{odd_count}d", block, at))
    times, before = [], 0
    for code in codes:
        if code == _ODD:
            times.append(next(odd))
        else:
            before += unzigzag(code >> 1)
            times.append(before / 1e6)
    return times, end
