"""The files of a part: some messages, sorted by tenant, session and position, and what finds them. They never change.

Within a part a message is known by its row, counted from 0. Numbers are little-endian.

``.rows``      of each row: position (int64), timestamp (float64), number of its session (uint32), number of its words (uint32);
               one array after the other
``.words``     how many words, postings and large counts there are (three uint64); of each word, sorted: its hash (uint64), and
               where its postings begin (uint64, one more at the end); of each large count: which posting has it (uint64); of
               each posting: the row (uint32); the large counts (uint32); of each posting: how often the row has the word (uint8),
               0 where that is a large count. Roles and fields stand among the words: see `hashing`
``.parquet``   the messages as they were given: row, session, position, timestamp, role, text, fields
``.<n>``       the embeddings of n numbers: the rows that have one (uint32), then the embeddings (float32)

The catalogue knows how long each file is, and its CRC-32.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from lixcore_duckdb.failures import damaged
from lixcore_duckdb.plain_files import plain_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS: Final = "rows"
WORDS: Final = "words"
MESSAGES: Final = "parquet"

ROW_BYTES: Final = 24
HEAD_BYTES: Final = 24
MOST_ROWS: Final = 2**32 - 1
_AT_ONCE: Final = 1 << 22


@attrs.frozen
class PartFile:
    """A file of a part, as the catalogue knows it.

    Attributes:
        kind: What its name ends with, without the dot.
        size: In bytes.
        checksum: Its CRC-32.
    """

    kind: str
    size: int
    checksum: int


def path_of(generation: Path, part: int, kind: str) -> Path:
    """Where a file of a part is."""
    return generation / f"{part:08d}.{kind}"


def part_in(name: str) -> int | None:
    """The number of the part that a file belongs to; None where it is another file."""
    number, _, kind = name.partition(".")
    return int(number) if number.isdigit() and kind else None


def write_arrays(path: Path, kind: str, arrays: Iterable[NDArray[Any]]) -> PartFile:
    """Write arrays one after the other as a new file, which only its owner can read."""
    size, checksum = 0, 0
    with open(path, "xb", buffering=0, opener=_private) as file:
        for array in arrays:
            data = memoryview(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
            for start in range(0, len(data), _AT_ONCE):
                piece = data[start : start + _AT_ONCE]
                checksum = zlib.crc32(piece, checksum)
                written = 0
                while written < len(piece):
                    written += file.write(piece[written:])
                size += len(piece)
    return PartFile(kind, size, checksum)


def describe(path: Path, kind: str) -> PartFile:
    """What the catalogue is to know of a file that something else wrote."""
    path.chmod(0o600)
    size, checksum = 0, 0
    with path.open("rb") as file:
        while piece := file.read(_AT_ONCE):
            checksum, size = zlib.crc32(piece, checksum), size + len(piece)
    return PartFile(kind, size, checksum)


def mapped(path: Path, known: PartFile) -> NDArray[np.uint8]:
    """The bytes of a file, once it is seen that they are those that were written.

    Raises:
        CorruptDataError: They are others.
        FileNotFoundError: It is not there, since the part was merged into another one, for instance.
    """
    with plain_file(path) as (handle, facts):
        size = facts.st_size
        if size != known.size:
            raise damaged(path, f"has {size:,} bytes instead of {known.size:,}")
        if not size:
            return np.empty(0, dtype=np.uint8)
        found = np.frombuffer(mmap(handle, 0, access=ACCESS_READ), dtype=np.uint8)
    checksum = 0
    for start in range(0, size, _AT_ONCE):
        checksum = zlib.crc32(found[start : start + _AT_ONCE].data, checksum)
    if checksum != known.checksum:
        raise damaged(path, "does not hold what was written")
    return found


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)
