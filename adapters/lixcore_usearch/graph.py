"""A graph of vectors, in memory: the approximate search of USearch, given what it needs and kept from what it cannot do.

USearch is used by one thread at a time, with one thread of its own. Vectors are scaled to length 1 before it gets them: float16
holds no large ones, and squares of small ones vanish in float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from lixcore_usearch.usearch_module import usearch_index_class

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_GROWTH_UNMEASURED: Final = 1.1  # USearch counts its memory entry by entry, which would cost more than a search
_COVER: Final = 1 << 62  # keys of vectors that only cover others: no number of an entry is as high


@attrs.frozen
class GraphShape:
    """What a graph is made with, see `UsearchOptions`."""

    dimension: int
    dtype: str
    connectivity: int
    expansion_add: int


class Graph:
    """Unit vectors by number.

    Args:
        shape: Of what kind it is.
        expansion_search: How many candidates a search looks at.

    Attributes:
        shape: Of what kind it is.
        highest: The highest number that was ever added; 0 for none.
        changes: How many vectors were added or removed since it was made, loaded or saved.
        free: How many places of removed vectors there are, which USearch gives to those that are added next.
        uncovered: In how many of them removed vectors may still stand.
    """

    def __init__(self, shape: GraphShape, *, expansion_search: int) -> None:
        self.shape = shape
        self.highest = 0
        self.changes = 0
        self.free = 0
        self.uncovered = 0
        self._bytes_measured = self._places_measured = 0
        self._index: Any = usearch_index_class()(
            ndim=shape.dimension,
            metric="cos",
            dtype=shape.dtype,
            connectivity=shape.connectivity,
            expansion_add=shape.expansion_add,
            expansion_search=expansion_search,
        )

    def __len__(self) -> int:
        return len(self._index)

    @property
    def nbytes(self) -> int:
        """About what it takes of the memory."""
        places = len(self) + self.free
        if places > self._places_measured * _GROWTH_UNMEASURED or places < self._places_measured:
            self._bytes_measured, self._places_measured = int(self._index.memory_usage), places
        return self._bytes_measured

    def numbers(self) -> NDArray[np.int64]:
        """All numbers in it, in no order."""
        import numpy as np

        return np.asarray(self._index.keys[: len(self)], dtype=np.uint64).astype(np.int64)

    def add(self, numbers: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Add vectors of any length above zero, shape (count, dimension), with numbers that are not in it."""
        self._put(numbers, scaled(vectors))
        self.highest = max(self.highest, int(numbers.max(initial=0)))
        self.changes += len(numbers)

    def remove(self, numbers: NDArray[np.int64]) -> None:
        """Remove those of the numbers that are in it. They are found no more; others cover them later."""
        removed = int(self._index.remove(numbers.astype("u8"), threads=1))
        self.free += removed
        self.uncovered += removed
        self.changes += removed

    def candidates(self, vector: NDArray[np.float32], count: int) -> tuple[NDArray[np.int64], float]:
        """About the numbers of the vectors that are most like another, most like first, and about how much the last one is.

        Fewer than ``count`` are all that are reached, which need not be all that are there.
        """
        import numpy as np

        if not len(self):
            return np.empty(0, dtype=np.int64), 1.0
        found = self._index.search(scaled(vector[np.newaxis])[0], min(count, len(self)), threads=1)
        numbers: NDArray[np.int64] = found.keys.astype(np.int64)
        return numbers, 1.0 - float(found.distances[-1]) if len(numbers) else 1.0

    def cover(self) -> bool:
        """Write over the vectors that were removed; whether that was done for certain.

        USearch puts what is added where something was removed, and only grows when there is no such place. So one more is added
        than there are places: when it grew, each of them was written over. All these are removed again.
        """
        import numpy as np

        count, size = self.free + 1, self._index.serialized_length
        random = np.random.default_rng([_COVER, count])
        covers = np.arange(_COVER, _COVER + count, dtype=np.int64)
        self._put(covers, scaled(random.standard_normal((count, self.shape.dimension)).astype(np.float32)))
        has_grown = bool(self._index.serialized_length > size)
        self.remove(covers)
        self.uncovered = 0
        return has_grown

    def save(self, path: str) -> None:
        """Write it to a new file.

        Raises:
            RuntimeError: USearch cannot, such as for want of room.
        """
        self._index.save(path)

    def load(self, path: str, *, highest: int, free: int, uncovered: int) -> None:
        """Read it from a file that `save` wrote and that is whole: a damaged one would end the process.

        Raises:
            RuntimeError: USearch cannot.
        """
        self._index.load(path)
        self.highest, self.changes, self.free, self.uncovered = highest, 0, free, uncovered

    def _put(self, numbers: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        self._index.add(numbers.astype("u8"), vectors, threads=1)
        self.free = max(self.free - len(numbers), 0)
        self.uncovered = min(self.uncovered, self.free)  # which of the places were taken is not known


def scaled(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vectors with length 1: float32 of shape (count, dimension)."""
    import numpy as np

    wide = vectors.astype(np.float64)
    units: NDArray[np.float32] = (wide / np.sqrt(np.einsum("ij,ij->i", wide, wide))[:, np.newaxis]).astype(np.float32)
    return units
