"""A part that is open for reading: its files mapped into memory, each when it is first needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import numpy as np

from lixcore.domain.similarity import Vectors
from lixcore.errors import CorruptDataError
from lixcore_duckdb import damage_mark
from lixcore_duckdb.failures import damaged
from lixcore_duckdb.part_files import HEAD_BYTES, MESSAGES, ROW_BYTES, ROWS, WORDS, PartFile, mapped, path_of
from lixcore_duckdb.plain_files import check_plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.uint32]

Opened = TypeVar("Opened")


@attrs.frozen
class PartFacts:
    """What the catalogue knows of a part.

    Attributes:
        generation: The directory of its generation.
        number: Its number there; no other part ever has it.
        messages: How many rows it has.
        files: Its files, by what their names end with.
    """

    generation: Path
    number: int
    messages: int
    files: Mapping[str, PartFile] = attrs.field(eq=False)

    def path(self, kind: str) -> Path:
        """Where one of its files is."""
        return path_of(self.generation, self.number, kind)

    @property
    def dimensions(self) -> Sequence[int]:
        """Of its embeddings."""
        return sorted(int(kind) for kind in self.files if kind.isdigit())

    def check_files(self) -> None:
        """See that its files are there, and as long as they should be; what they hold is not looked at.

        Raises:
            CorruptDataError: One is not as long, or is no file.
            FileNotFoundError: One is not there.
        """
        for kind, known in self.files.items():
            found = os.stat(self.path(kind))  # noqa: PTH116  # one call for many parts
            check_plain(self.path(kind), found)
            if found.st_size != known.size:
                raise damaged(self.path(kind), f"has {found.st_size:,} bytes instead of {known.size:,}")


class RowFacts:
    """What is known of each row, as arrays.

    Attributes:
        positions: int64.
        timestamps: float64, seconds since the epoch.
        sessions: uint32, numbers of sessions.
        lengths: uint32, in words.
    """

    def __init__(self, data: NDArray[np.uint8], count: int) -> None:
        self.positions = data[: 8 * count].view("<i8")
        self.timestamps = data[8 * count : 16 * count].view("<f8")
        self.sessions = data[16 * count : 20 * count].view("<u4")
        self.lengths = data[20 * count :].view("<u4")


@attrs.frozen(eq=False)
class Postings:
    """Which rows have which word; see `part_files`.

    Attributes:
        hashes: uint64, ascending.
        starts: uint64, one more than there are words.
        large: uint64, where ``counts`` has 0 for a number that does not fit.
        rows: uint32, ascending within a word.
        large_counts: uint32.
        counts: uint8.
    """

    hashes: NDArray[np.uint64]
    starts: NDArray[np.uint64]
    large: NDArray[np.uint64]
    rows: Rows
    large_counts: NDArray[np.uint32]
    counts: NDArray[np.uint8]

    @classmethod
    def within(cls, data: NDArray[np.uint8], sizes: tuple[int, int, int]) -> Postings:
        """Those of a file, which has so many words, postings, and large numbers."""
        words, postings, large = sizes
        kinds = [("<u8", words), ("<u8", words + 1), ("<u8", large), ("<u4", postings), ("<u4", large), ("u1", postings)]
        at = HEAD_BYTES
        found: list[Any] = []
        for kind, count in kinds:
            end = at + np.dtype(kind).itemsize * count
            found.append(data[at:end].view(kind))
            at = end
        return cls(*found)

    def of(self, word: int) -> tuple[Rows, NDArray[np.uint32]]:
        """The rows that have a word, ascending, and how often each of them has it."""
        hashed = np.uint64(word)
        at = int(self.hashes.searchsorted(hashed))
        if at == len(self.hashes) or self.hashes[at] != hashed:
            return self.rows[:0], self.large_counts[:0]
        start, end = int(self.starts[at]), int(self.starts[at + 1])
        return self.rows[start:end], self.counts_within(start, end)

    def counts_within(self, start: int, end: int) -> NDArray[np.uint32]:
        """How often the rows have the words, of the postings from one to another."""
        counts = self.counts[start:end].astype(np.uint32)
        if len(self.large):
            first, last = self.large.searchsorted(np.array([start, end], dtype=np.uint64)).tolist()
            counts[(self.large[first:last] - np.uint64(start)).astype(np.intp)] = self.large_counts[first:last]
        return counts


@attrs.frozen(eq=False)
class Embeddings:
    """The embeddings of a part that have one dimension.

    Attributes:
        rows: uint32, ascending: which rows have one.
        vectors: The embeddings, in that order.
    """

    rows: Rows
    values: NDArray[np.float32]
    vectors: Vectors


class Part:
    """A part that is open. What is mapped stays readable when its files are removed; where they were changed, it is read anew.

    Args:
        facts: What the catalogue knows of it.
    """

    def __init__(self, facts: PartFacts) -> None:
        self.facts = facts
        self._lock = Lock()
        self._paths = {kind: str(facts.path(kind)) for kind in facts.files}
        self._opened: dict[str, tuple[tuple[int, int] | None, Any]] = {}

    def rows(self) -> RowFacts:
        """What is known of each row."""
        return self._once(ROWS, self._read_rows)

    def postings(self) -> Postings:
        """Which rows have which word."""
        return self._once(WORDS, self._read_postings)

    def embeddings(self, dimension: int) -> Embeddings | None:
        """Those of one dimension; None where it has none."""
        kind = str(dimension)
        return self._once(kind, lambda: self._read_embeddings(dimension)) if kind in self.facts.files else None

    def messages(self) -> str:
        """Where its messages are, once they are seen to be undamaged."""
        path: str = self._once(MESSAGES, self._checked_messages)
        return path

    def _once(self, kind: str, read: Callable[[], Opened]) -> Opened:
        """What was read before, unless its file was changed since: who reads what was cut off behind a mapping is killed."""
        with self._lock:
            state = _state_of(self._paths[kind]) if kind in self._paths else None
            opened = self._opened.get(kind)
            if opened is None or (state is not None and state != opened[0]):
                try:
                    opened = self._opened[kind] = state, read()
                except CorruptDataError as error:
                    damage_mark.leave(self.facts.generation, error)
                    raise
            found: Opened = opened[1]
            return found

    def _read_rows(self) -> RowFacts:
        data = self._mapped(ROWS)
        if len(data) != self.facts.messages * ROW_BYTES:
            raise damaged(self.facts.path(ROWS), "has another number of rows than it should")
        return RowFacts(data, self.facts.messages)

    def _read_postings(self) -> Postings:
        data = self._mapped(WORDS)
        words, postings, large = (int(size) for size in data[:HEAD_BYTES].view("<u8"))
        if HEAD_BYTES + 16 * words + 8 + 5 * postings + 12 * large != len(data):
            raise damaged(self.facts.path(WORDS), "has another number of words than it should")
        return Postings.within(data, (words, postings, large))

    def _read_embeddings(self, dimension: int) -> Embeddings:
        data = self._mapped(str(dimension))
        count, rest = divmod(len(data), 4 + 4 * dimension)
        if rest:
            raise damaged(self.facts.path(str(dimension)), "has a part of an embedding")
        values = data[4 * count :].view("<f4").reshape(count, dimension)
        return Embeddings(data[: 4 * count].view("<u4"), values, Vectors(values))

    def _checked_messages(self) -> str:
        self._mapped(MESSAGES)
        return str(self.facts.path(MESSAGES))

    def _mapped(self, kind: str) -> NDArray[np.uint8]:
        known = self.facts.files.get(kind)
        if known is None:
            raise damaged(self.facts.path(kind), "is not in the catalogue")
        return mapped(self.facts.path(kind), known)


def _state_of(path: str) -> tuple[int, int] | None:
    """Length and time of a file's last change; None where it is not there any more, and what is mapped stays as it is."""
    try:
        found = os.stat(path)  # noqa: PTH116  # it is a text, and this runs for each part of each search
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_size, found.st_mtime_ns


class OpenParts:
    """The parts that are open in this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: dict[tuple[Path, int], Part] = {}

    def of(self, facts: Sequence[PartFacts]) -> list[Part]:
        """These parts, which are all there are; others are given up."""
        with self._lock:
            known = {(each.generation, each.number): each for each in facts}
            self._open = {key: self._open.get(key) or Part(each) for key, each in known.items()}
            return list(self._open.values())

    def after_fork_in_child(self) -> None:
        """In a child that was just forked, where another thread's lock would be held for ever: begin anew."""
        self._lock = Lock()
        self._open = {}

    def close(self) -> None:
        """Give all of them up."""
        with self._lock:
            self._open = {}
