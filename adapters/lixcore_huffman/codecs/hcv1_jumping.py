"""Decoding the bits of a longer HCv1 stream whose codes are short, where `hcv1_inflating` would stop too often.

For every bit, numpy looks up which symbol would begin there and where the next one would; doubling that jump four times
leaves one step in sixteen for Python to walk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lixcore_huffman.codecs.hcv1_code import PrefixCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST: Final = 8
"""The longest code that can be decoded here: the look-up goes by eight bits. Longer codes have few stops (1 in 55)."""

_SLICE_BYTES: Final = 8192
"""Keeps the tables of jumps, 64 bytes for each byte of input, within a processor's cache."""

_DOUBLINGS: Final = 4


def jumped(code: PrefixCode, packed: bytes, size: int) -> tuple[bytes, int] | None:
    """Decode ``size`` symbols.

    Args:
        code: A sound code of two symbols or more, none longer than `LONGEST`.
        packed: The bits, most significant first.
        size: At least 1.

    Returns:
        The symbols and the number of bits they took, possibly more than there are; or None when the bits end early.
    """
    lengths = np.frombuffer(code.lengths, np.uint8)
    spans = 1 << (LONGEST - lengths.astype(np.int64))
    symbol_of = np.repeat(np.frombuffer(code.symbols, np.uint8), spans)
    length_of = np.repeat(lengths, spans)
    parts: list[NDArray[np.uint8]] = []
    produced = overhang = taken = 0
    for begin in range(0, len(packed), _SLICE_BYTES):
        windows = _windows(packed[begin : begin + _SLICE_BYTES + 1], min(_SLICE_BYTES, len(packed) - begin))
        starts, overhang = _starts(length_of[windows], overhang)
        shown = windows[starts[: size - produced]]
        parts.append(symbol_of[shown])
        taken += int(length_of[shown].sum())
        produced += len(shown)
        if produced == size:
            return np.concatenate(parts).tobytes(), taken
    return None


def _windows(packed: bytes, count: int) -> NDArray[np.uint8]:
    # The eight bits from each bit of the first ``count`` bytes on; behind the end there are zeros.
    singles = np.frombuffer(packed.ljust(count + 1, b"\0"), np.uint8).astype(np.uint16)
    pairs = singles[:-1] << 8 | singles[1:]
    windows = np.empty((count, 8), np.uint8)
    for bit in range(8):
        windows[:, bit] = pairs >> (8 - bit)
    return windows.ravel()


def _starts(lengths: NDArray[np.uint8], first: int) -> tuple[NDArray[np.int64], int]:
    # Where symbols begin, following the jumps from ``first``, and how far the last one reaches beyond the end.
    end = len(lengths)
    jump = np.arange(end + LONGEST, dtype=np.int64)  # behind the end, a jump stays where it is
    jump[:end] += lengths
    jumps = [jump]
    for _ in range(_DOUBLINGS):
        jump = jump[jump]
        jumps.append(jump)
    walk = []
    longest_jump = jumps.pop().data  # a memoryview gives Python's integers, and twice as fast
    at = first
    while at < end:
        walk.append(at)
        at = longest_jump[at]
    starts = np.array(walk, np.int64)
    for jump in reversed(jumps):
        starts = np.stack([starts, jump[starts]], axis=1).ravel()
    return starts[starts < end], at - end
