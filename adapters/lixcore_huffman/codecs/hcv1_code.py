"""The prefix code of an HCv1 stream: which symbol has how many bits, and which bits those are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final, Self

import attrs
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MAX_CODE_BITS: Final = 45
"""A symbol this deep in a Huffman tree needs data of F(47) = 2,971,215,073 bytes (Fibonacci); one deeper needs more than the
format's 32-bit length can say, so a longer code is damage."""

MAX_SYMBOLS: Final = 256

_SPELLED_BITS: Final = 10
_SPELLED: Final = [bin(marked)[3:].encode() for marked in range(2 << _SPELLED_BITS)]
"""All codes of up to ten bits, which are those of a thousand bytes, as zeros and ones; the index has a one in front of them.

Spelling codes anew took a fifth of the time of a short stream; making this list takes 0.4 ms, once.
"""


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
    def of_counts(cls, counts: ArrayLike) -> Self:
        """The optimal code for bytes that occur so often.

        Args:
            counts: How often each byte value from 0 on occurs; at least one does, and none is above 255.
        """
        every = np.asarray(counts)
        occurring = every.nonzero()[0]
        rising = occurring[every[occurring].argsort(kind="stable")]
        leaves = rising.tolist()
        symbols: list[int] = []
        lengths: list[int] = []
        for length, count in enumerate(_leaves_by_depth(every[rising].tolist()), start=1):
            end = len(leaves) - len(symbols)
            symbols += sorted(leaves[end - count : end])
            lengths += [length] * count
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

    def words(self) -> list[bytes]:
        """The code of each symbol in zeros and ones, in the order of `symbols`."""
        words: list[bytes] = []
        marked, previous = 1, 0  # the number that a code makes with a one in front of it
        while len(words) < len(self.lengths):
            length = self.lengths[len(words)]
            count = self.lengths.count(length)
            marked <<= length - previous
            if length <= _SPELLED_BITS:
                words += _SPELLED[marked : marked + count]
            else:
                words += [bin(each)[3:].encode() for each in range(marked, marked + count)]
            marked += count
            previous = length
        return words


def _leaves_by_depth(weights: list[int]) -> list[int]:
    # How many leaves of a Huffman tree are one, two, three … edges below its root; of leaves whose weights never fall.
    if len(weights) == 1:
        return [1]
    # Huffman's algorithm, without a tree: all nodes stand in the order of their weights, which is that of being joined, two by
    # two. A joined node is never lighter than the one before it, so that later ones do not move it from its place.
    nodes = weights.copy()
    places = []
    place = 0
    for at in range(0, 2 * len(weights) - 2, 2):
        weight = nodes[at] + nodes[at + 1]
        place = bisect_right(nodes, weight, place)
        nodes.insert(place, weight)
        places.append(place)
    # The root is the last node. Parents stand in the order of their children, so that every depth is one stretch of nodes: it
    # ends where that of the depth above begins, and has two nodes for each joined one there.
    counts = []
    begin = places.pop()
    parents = 1
    while parents:
        width = 2 * parents
        begin -= width
        first = bisect_left(places, begin)
        parents = len(places) - first
        del places[first:]
        counts.append(width - parents)
    return counts
