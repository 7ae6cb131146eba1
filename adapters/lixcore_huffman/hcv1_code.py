"""The prefix code of an HCv1 stream: which symbol has how many bits, and which bits those are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Self

import attrs
import numpy as np

MAX_CODE_BITS: Final = 45
"""A symbol this deep in a Huffman tree needs data of F(47) = 2,971,215,073 bytes (Fibonacci); one deeper needs more than the
format's 32-bit length can say, so a longer code is damage."""

MAX_SYMBOLS: Final = 256


@attrs.frozen
class PrefixCode:
    """A canonical code: shorter codes first, then smaller symbols; each code is the one before it plus one.

    Attributes:
        symbols: Byte values in the order of their codes.
        lengths: How many bits each has, 1 to 45, never falling.
    """

    symbols: bytes
    lengths: bytes

    @classmethod
    def of_counts(cls, counts: Sequence[int]) -> Self:
        """The optimal code for bytes that occur so often.

        Args:
            counts: How often each of the 256 byte values occurs; at least one does.
        """
        lengths, symbols = zip(*sorted(_lengths(counts)), strict=True)
        return cls(symbols=bytes(symbols), lengths=bytes(lengths))

    @property
    def longest(self) -> int:
        """The number of bits of the longest code."""
        return self.lengths[-1]

    def fault(self) -> str | None:
        """What is wrong with a code that was read, as the rest of a sentence; None when it is one that an encoder writes.

        A Huffman code uses up its code space exactly, except that a lone symbol has one bit.
        """
        if not 0 < len(self.symbols) <= MAX_SYMBOLS or len(set(self.symbols)) != len(self.symbols):
            return "names no symbol, too many, or one of them twice"
        pairs = list(zip(self.lengths, self.symbols, strict=True))
        if pairs != sorted(pairs):
            return "has its symbols in the wrong order"
        if not 0 < self.lengths[0] <= self.longest <= MAX_CODE_BITS:
            return f"has a code that is not 1 to {MAX_CODE_BITS} bits long"
        space = sum(self.lengths.count(bits) << (MAX_CODE_BITS - bits) for bits in set(self.lengths))
        if space != (1 << MAX_CODE_BITS if len(self.symbols) > 1 else 1 << (MAX_CODE_BITS - 1)):
            return "has code lengths that do not make a Huffman code"
        return None

    def codes(self) -> list[int]:
        """The code of each symbol, right-aligned, in the order of `symbols`."""
        codes = []
        code = previous = 0
        for length in self.lengths:
            code <<= length - previous
            codes.append(code)
            code += 1
            previous = length
        return codes


def _lengths(counts: Sequence[int]) -> list[tuple[int, int]]:
    # Huffman's algorithm with two queues: leaves by weight, and joined nodes, which come into being in the order of theirs.
    occurring = np.flatnonzero(counts)
    leaves = occurring[np.argsort(np.asarray(counts)[occurring], kind="stable")].tolist()
    if len(leaves) == 1:
        return [(1, leaves[0])]
    # Behind the leaves, and in place of nodes that are still to be joined, stands a weight that is never the smaller one.
    weights = [int(counts[symbol]) for symbol in leaves]
    inner = len(leaves) + 1
    weights += [sum(weights) + 1] * len(leaves)
    parents = [0] * len(weights)
    leaf, joined = 0, inner
    for node in range(inner, len(weights)):
        weight = weights[leaf]
        if weight <= weights[joined]:
            parents[leaf] = node
            leaf += 1
        else:
            weight = weights[joined]
            parents[joined] = node
            joined += 1
        if weights[leaf] <= weights[joined]:
            weights[node] = weight + weights[leaf]
            parents[leaf] = node
            leaf += 1
        else:
            weights[node] = weight + weights[joined]
            parents[joined] = node
            joined += 1
    depths = [0] * len(parents)
    for node in range(len(parents) - 2, -1, -1):
        depths[node] = depths[parents[node]] + 1
    return list(zip(depths, leaves, strict=False))
