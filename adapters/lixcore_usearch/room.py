"""What a process remembers of one scope: the list of its entries and, where they are many, their graph."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lixcore.domain.similarity import Vectors
from lixcore_usearch import rows
from lixcore_usearch.graph import Graph, GraphShape
from lixcore_usearch.graph_file import SUFFIX, UnusableGraphFileError, load_graph, save_graph
from lixcore_usearch.options import UsearchOptions
from lixcore_usearch.roster import Roster

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ROOM_BYTES: Final = 2048
_LEAST_CHANGES: Final = 2000
_MOST_COVERED: Final = 8  # to cover more than this part of a graph takes longer than to begin anew
_log = logging.getLogger("lixcore.usearch")


class Room:
    """One scope, in memory. All of it can be made again from the SQLite file, so it is dropped wherever it may be wrong.

    Args:
        sql: The connection.
        where: The SQLite file, for errors.
        folder: Where the files of graphs are.
        options: Of the index.
        digest: Of the scope.
        number: Of the scope.
        dimension: Of its vectors.

    Attributes:
        digest: Of the scope.
        number: Of the scope.
        dimension: Of its vectors.
        roster: Its entries.
        graph: Those of its entries up to a number, while they are many; `catch_up` sees to it.
    """

    def __init__(
        self,
        sql: sqlite3.Connection,
        *,
        where: str,
        folder: Path,
        options: UsearchOptions,
        digest: bytes,
        number: int,
        dimension: int,
    ) -> None:
        self.digest = digest
        self.number = number
        self.dimension = dimension
        self.roster = Roster(rows.listed(sql, number))
        self.graph: Graph | None = None
        self._where = where
        self._file = graph_path(folder, number)
        self._options = options
        self._few: Vectors | None = None

    @property
    def nbytes(self) -> int:
        """About what it takes of the memory."""
        few = 0 if self._few is None else 4 * self._few.dimension * len(self._few)
        return _ROOM_BYTES + self.roster.nbytes + few + (0 if self.graph is None else self.graph.nbytes)

    @property
    def is_small(self) -> bool:
        """Whether it is searched exactly."""
        return len(self.roster) <= self._options.exact_limit

    @property
    def unindexed(self) -> NDArray[np.int64]:
        """The entries that no graph has, in the order of adding."""
        numbers = self.roster.numbers
        return numbers if self.graph is None else numbers[numbers.searchsorted(self.graph.highest, side="right") :]

    def all_vectors(self, sql: sqlite3.Connection) -> Vectors:
        """The vectors of all entries, in the order of adding; kept until one is added or removed."""
        if self._few is None:
            self._few = Vectors(self.vectors(sql, self.roster.numbers))
        return self._few

    def vectors(self, sql: sqlite3.Connection, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of some entries, whose numbers ascend: float32 of shape (count, dimension)."""
        return rows.vectors(sql, self._where, numbers.tolist(), self.dimension)

    def removed(self, numbers: NDArray[np.int64]) -> None:
        """Entries, whose numbers ascend, were removed."""
        if not len(numbers):
            return
        self._few = None
        self.roster.remove(numbers)
        if self.graph is not None:
            self.graph.remove(numbers)
            if len(self.roster) <= self._options.exact_limit // 2:
                self.drop_graph()

    def added(self, number: int, *, added: float, expires: float) -> None:
        """An entry was added."""
        self._few = None
        self.roster.append(number, added, expires)

    def catch_up(self, sql: sqlite3.Connection, *, most: int) -> None:
        """Have a graph where there should be one, and give it up to so many entries that it does not have yet.

        So what was added since a graph was saved, or all of it when there is none, is taken in with the next uses, none of which
        takes long; until then it is searched exactly.
        """
        if self.is_small and self.graph is None:
            return
        if self.graph is None:
            self.graph = self._loaded() or Graph(self._shape(), expansion_search=self._options.expansion_search)
        missing = self.unindexed[:most]
        if len(missing):
            vectors = self.vectors(sql, missing)
            try:
                self.graph.add(missing, vectors)
            except RuntimeError as error:  # of USearch, such as for want of memory
                _log.warning("the graph of %s is dropped, and made again: %s", self._file, error)
                self.graph = None
                return
        if self.graph.changes > max(_LEAST_CHANGES, len(self.graph) // 4):
            self.save()

    def save(self) -> None:
        """Write the graph's file, where it has changed. That it cannot be written costs no more than making it again."""
        if self.graph is None or not self.graph.changes:
            return
        try:
            save_graph(self.graph, self._file, scope=self.digest)
        except (OSError, RuntimeError) as error:
            _log.warning("%s cannot be written, and is made again when the index is opened next: %s", self._file, error)
            self.graph.changes = 0  # not tried again at every add

    @property
    def has_traces(self) -> bool:
        """Whether the graph or its file may hold vectors of entries that were removed."""
        return self.graph is not None and bool(self.graph.changes or self.graph.uncovered)

    def cover_removed(self) -> None:
        """Leave nothing of removed vectors in the graph and its file; have no graph where that is slow or cannot be certain."""
        graph = self.graph
        if graph is None or not self.has_traces:
            return
        self.unlink_file()
        if graph.free <= max(_LEAST_CHANGES, len(graph) // _MOST_COVERED) and graph.cover():
            graph.changes += 1
            self.save()
        else:
            self.graph = None

    def drop_graph(self) -> None:
        """Have no graph, and no file of one."""
        self.graph = None
        self.unlink_file()

    def unlink_file(self) -> None:
        """Have no file of the graph."""
        self._file.unlink(missing_ok=True)

    def load_graph_if_saved(self) -> None:
        """Have the graph that is in the file, if there is one; have no file that cannot be used."""
        if self.graph is None:
            self.graph = self._loaded()
            if self.graph is None:
                self.unlink_file()

    def _shape(self) -> GraphShape:
        options = self._options
        return GraphShape(self.dimension, options.dtype, options.connectivity, options.expansion_add)

    def _loaded(self) -> Graph | None:
        import numpy as np

        try:
            graph = load_graph(self._file, self._shape(), scope=self.digest, expansion_search=self._options.expansion_search)
        except (UnusableGraphFileError, OSError) as error:
            _log.warning("the graph %s is made again from %s: %s", self._file, self._where, error)
            return None
        if graph is None:
            return None
        held, mine = graph.numbers(), self.roster.numbers
        if not np.isin(mine[: mine.searchsorted(graph.highest, side="right")], held).all():
            _log.warning("the graph %s is made again from %s: it lacks entries", self._file, self._where)
            return None
        graph.remove(held[~np.isin(held, mine)])  # those that left since it was saved
        return graph


def graph_path(folder: Path, scope: int) -> Path:
    """The file of a scope's graph; the number of a scope is never given twice."""
    return folder / f"{scope}{SUFFIX}"
