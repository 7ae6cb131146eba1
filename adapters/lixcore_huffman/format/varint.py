"""Whole numbers in as few bytes as they need: seven bits a byte, lowest first, the top bit says that more follow."""

from __future__ import annotations

from collections.abc import Iterable

_MORE = 0x80
_BITS = 0x7F
_MAX_BITS = 70  # a zigzagged 64-bit difference, shifted once, still fits


class TruncatedError(ValueError):
    """The bytes end, or make no sense, where a number was expected."""


def append_varint(out: bytearray, value: int) -> None:
    """Add ``value``, 0 to 2**70 - 1, to ``out``."""
    while value > _BITS:
        out.append(value & _BITS | _MORE)
        value >>= 7
    out.append(value)


def append_varints(out: bytearray, values: Iterable[int]) -> None:
    """Add each of ``values`` to ``out``."""
    append = out.append
    for value in values:
        rest = value
        while rest > _BITS:
            append(rest & _BITS | _MORE)
            rest >>= 7
        append(rest)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at ``at``, and where the next one begins.

    Raises:
        TruncatedError: There is none.
    """
    value = shift = 0
    while shift < _MAX_BITS:
        if at >= len(data):
            raise TruncatedError
        byte = data[at]
        at += 1
        value |= (byte & _BITS) << shift
        if byte < _MORE:
            return value, at
        shift += 7
    raise TruncatedError


def read_varints(data: bytes, at: int, count: int) -> tuple[list[int], int]:
    """``count`` numbers from ``at`` on, and where they end.

    Raises:
        TruncatedError: There are fewer.
    """
    end = at + count
    small = data[at:end]
    if len(small) < count:
        raise TruncatedError
    if small.isascii():  # each is one byte, as most columns are: no loop in Python
        return list(small), end
    values = []
    for _ in range(count):
        value, at = read_varint(data, at)
        values.append(value)
    return values, at


def zigzag(value: int) -> int:
    """A signed number as an unsigned one; small stays small: 0, -1, 1, -2 become 0, 1, 2, 3."""
    return value << 1 if value >= 0 else (-value << 1) - 1


def unzigzag(value: int) -> int:
    """What `zigzag` was given."""
    return value >> 1 if value & 1 == 0 else -(value >> 1) - 1
