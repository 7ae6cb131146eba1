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

_SHIFT: Final = np.uint64(32)
_LOW: Final = np.uint64(2**32 - 1)
_LARGEST: Final = 255
_POSTINGS_AT_ONCE: Final = 4_000_000


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
    every = np.unique(np.concatenate([postings.hashes for postings, _ in parts]))
    total = sum(len(postings.rows) for postings, _ in parts)
    pieces = max(1, -(-total // _POSTINGS_AT_ONCE))
    for hashes in np.array_split(every, pieces):
        if len(hashes):
            yield _merged([_within(postings, rows, hashes) for postings, rows in parts], hashes)


def _within(
    postings: Postings, new_rows: NDArray[np.int64], hashes: NDArray[np.uint64]
) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    """Keys of word and new row, and counts, for the words of a piece."""
    low = int(postings.hashes.searchsorted(hashes[0]))
    high = int(postings.hashes.searchsorted(hashes[-1], side="right"))
    starts = postings.starts[low : high + 1].astype(np.int64)
    rank = hashes.searchsorted(postings.hashes[low:high]).astype(np.uint64)
    start, end = int(starts[0]), int(starts[-1])
    rows = new_rows[postings.rows[start:end]]
    counts = postings.counts_within(start, end)
    keys = (np.repeat(rank, np.diff(starts)) << _SHIFT) | rows.astype(np.uint64)
    if len(rows) and int(rows.min()) < 0:
        kept = rows >= 0
        keys, counts = keys[kept], counts[kept]
    return keys, counts


def _merged(found: Sequence[tuple[NDArray[np.uint64], NDArray[np.uint32]]], hashes: NDArray[np.uint64]) -> Lists:
    keys = np.concatenate([keys for keys, _ in found])
    counts = np.concatenate([counts for _, counts in found])
    order = keys.argsort()
    keys = keys[order]
    holding = np.bincount((keys >> _SHIFT).astype(np.intp), minlength=len(hashes)).astype(np.uint64)
    held = holding > 0
    return hashes[held], holding[held], (keys & _LOW).astype(np.uint32), counts[order]
