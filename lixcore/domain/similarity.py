"""Exact search by cosine: the one that every adapter without an index of its own uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DECIMALS: Final = 12
"""Cosines are rounded to so many decimals, so that equal vectors tie whatever order their products were summed up in."""

_ROWS_AT_ONCE: Final = 4096
_KEPT_WIDE: Final = 1 << 20


class Vectors:
    """Some vectors of one dimension, ready to be compared with others.

    They are compared in float64. Small sets are kept so; of large ones, a part is converted at a time.

    Args:
        rows: float32 of shape (count, dimension); finite, no row all zeros. It is kept, not copied.
    """

    def __init__(self, rows: NDArray[np.float32]) -> None:
        import numpy as np

        self._np = np
        self._rows: NDArray[np.float32] | NDArray[np.float64] = rows.astype(np.float64) if rows.size <= _KEPT_WIDE else rows
        squares = getattr(np, "vecdot", None) or _squares  # numpy before 2.0 has none; it is twice as fast
        if len(rows) <= _ROWS_AT_ONCE:
            part = self._wide(0)
            self._norms = np.sqrt(squares(part, part))
            return
        self._norms = np.empty(len(rows))
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = self._wide(start)
            self._norms[start : start + _ROWS_AT_ONCE] = np.sqrt(squares(part, part))

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return int(self._rows.shape[1])

    def cosines(self, query: NDArray[np.float32]) -> NDArray[np.float64]:
        """The cosine of the angle between each vector and the query: -1 to 1, rounded to 12 decimals.

        Args:
            query: float32 of shape (dimension,), finite, not all zeros.
        """
        numpy = self._np
        wide = query.astype(numpy.float64)
        if len(self._rows) <= _ROWS_AT_ONCE:
            products = self._wide(0) @ wide
        else:
            products = numpy.concatenate([self._wide(start) @ wide for start in range(0, len(self._rows), _ROWS_AT_ONCE)])
        products /= self._norms
        products /= numpy.sqrt(wide @ wide)
        # Rounded, so that no more than a few units in the last place can be beyond 1.
        rounded: NDArray[np.float64] = products.round(DECIMALS)
        numpy.minimum(rounded, 1.0, out=rounded)
        numpy.maximum(rounded, -1.0, out=rounded)
        return rounded

    def _wide(self, start: int) -> NDArray[np.float64]:
        return self._rows[start : start + _ROWS_AT_ONCE].astype(self._np.float64, copy=False)


def _squares(rows: NDArray[np.float64], same: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    found: NDArray[np.float64] = np.einsum("ij,ij->i", rows, same)
    return found


def nearest(cosines: NDArray[np.float64], usable: NDArray[np.bool_], *, k: int, at_least: float) -> list[int]:
    """The rows with the highest cosines, best first; of equal ones the higher row, which is the newer one, first.

    Args:
        cosines: One for each row, the rows in the order in which they were added.
        usable: Which rows count.
        k: At most so many.
        at_least: Rows below are left out.
    """
    import numpy as np

    rows = (usable & (cosines >= at_least)).nonzero()[0]
    if len(rows) > 1:
        rows = rows[np.lexsort((-rows, -cosines[rows]))]
    found: list[int] = rows[:k].tolist()
    return found
