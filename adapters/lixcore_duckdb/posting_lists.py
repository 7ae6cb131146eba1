"""The file of words of a part: made of words as they come, or of the files of parts that become one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lixcore_duckdb.part_files import WORDS, PartFile, write_arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lixcore_duckdb.part_reading import Postings

    Lists = tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint32], NDArray[np.uint32]]
    """Hashes, how many rows each has, the rows, and the counts."""

    _Packed = tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint32]]
    """Postings, those with large counts among them, and these counts."""

_SHIFT: Final = np.uint64(32)
_LOW: Final = np.uint64(2**32 - 1)
_LARGEST: Final = 255
_POSTINGS_AT_ONCE: Final = 4_000_000
# A number of 64 bits holds which word of a piece it is (24 bits: there are no more words than postings), the row and the count,
# so that numbers are sorted and nothing has to follow them.
_WORD_SHIFT: Final = np.uint64(40)
_ROW_SHIFT: Final = np.uint64(8)
_COUNT: Final = np.uint64(255)


def lists_of(hashes: NDArray[np.uint64], words: NDArray[np.uint32], rows: NDArray[np.uint32]) -> Lists:
    """What is known of words as they come in the texts.

    Args:
        hashes: Of all different words.
        words: Of each word in the texts, which of them it is.
        rows: Of each word in the texts, the row of its message.
    """
    order = hashes.argsort()
    rank = np.empty(len(hashes), dtype=np.uint64)
    rank[order] = np.arange(len(hashes), dtype=np.uint64)
    # One number holds the word and the row, so that sorting needs no second key, and equal ones are the occurrences.
    keys = (rank[words] << _SHIFT) | rows
    keys.sort()
    first = np.concatenate((np.array([True][: len(keys)]), keys[1:] != keys[:-1])).nonzero()[0]
    counts = np.diff(first, append=len(keys)).astype(np.uint32)
    found = keys[first]
    holding = np.bincount((found >> _SHIFT).astype(np.intp), minlength=len(hashes)).astype(np.uint64)
    return hashes[order], holding, (found & _LOW).astype(np.uint32), counts


def write_lists(path: Path, pieces: Sequence[Lists]) -> PartFile:
    """Write the file of words, of pieces whose hashes ascend from one to the next."""
    columns: list[list[NDArray[Any]]] = [list(column) for column in zip(*pieces, strict=True)] or [[], [], [], []]
    hashes = np.concatenate(columns[0], dtype=np.uint64) if columns[0] else np.empty(0, dtype=np.uint64)
    starts = np.zeros(len(hashes) + 1, dtype=np.uint64)
    if len(hashes):
        np.cumsum(np.concatenate(columns[1]), out=starts[1:])
    at, large, large_counts, small = 0, [], [], []
    for counts in columns[3]:
        beyond = (counts > _LARGEST).nonzero()[0]
        large.append(beyond.astype(np.uint64) + np.uint64(at))
        large_counts.append(counts[beyond].astype(np.uint32))
        fitting = counts.astype(np.uint8)
        fitting[beyond] = 0
        small.append(fitting)
        at += len(counts)
    head = np.array([len(hashes), at, sum(map(len, large))], dtype="<u8")
    return write_arrays(path, WORDS, [head, hashes, starts, *large, *columns[2], *large_counts, *small])


def merged_lists(parts: Sequence[tuple[Postings, NDArray[np.int64]]]) -> Iterator[Lists]:
    """The lists of several parts as those of one, in pieces of a few million postings.

    Args:
        parts: Of each, its postings, and for each of its rows the new one; -1 for those that are left out.
    """
    every = np.concatenate([postings.hashes for postings, _ in parts])
    every.sort()
    every = every[np.concatenate(([True][: len(every)], every[1:] != every[:-1])).nonzero()[0]]
    total = sum(len(postings.rows) for postings, _ in parts)
    pieces = max(1, -(-total // _POSTINGS_AT_ONCE), -(-len(every) // _POSTINGS_AT_ONCE))
    for hashes in np.array_split(every, pieces):
        if len(hashes):
            yield _merged([_within(postings, rows, hashes) for postings, rows in parts], hashes)


def _within(postings: Postings, new_rows: NDArray[np.int64], hashes: NDArray[np.uint64]) -> _Packed:
    """The postings of a piece's words: one number for each, of the word, the new row and the count, in that order."""
    low = int(postings.hashes.searchsorted(hashes[0]))
    high = int(postings.hashes.searchsorted(hashes[-1], side="right"))
    starts = postings.starts[low : high + 1].astype(np.int64)
    start, end = int(starts[0]), int(starts[-1])
    rank = hashes.searchsorted(postings.hashes[low:high]).astype(np.uint64)
    rows = new_rows[postings.rows[start:end]]
    packed = np.repeat(rank << _WORD_SHIFT, np.diff(starts))
    packed |= rows.astype(np.uint64) << _ROW_SHIFT
    packed |= postings.counts[start:end]
    first, last = postings.large.searchsorted(np.array([start, end], dtype=np.uint64)).tolist()
    large = (postings.large[first:last] - np.uint64(start)).astype(np.intp)
    large_kept = large[rows[large] >= 0]
    large_counts = postings.large_counts[first:last][rows[large] >= 0]
    large_keys = packed[large_kept]
    return (packed[rows >= 0] if len(rows) and int(rows.min()) < 0 else packed), large_keys, large_counts


def _merged(found: Sequence[_Packed], hashes: NDArray[np.uint64]) -> Lists:
    packed = np.concatenate([each for each, _, _ in found])
    packed.sort(kind="stable")  # rows keep their order within a part, so these are sorted runs, which it merges
    holding = np.bincount((packed >> _WORD_SHIFT).astype(np.intp), minlength=len(hashes)).astype(np.uint64)
    held = holding > 0
    counts = (packed & _COUNT).astype(np.uint32)
    large_keys, large_counts = (np.concatenate([each[at] for each in found]) for at in (1, 2))
    counts[packed.searchsorted(large_keys)] = large_counts
    return hashes[held], holding[held], ((packed >> _ROW_SHIFT) & _LOW).astype(np.uint32), counts
