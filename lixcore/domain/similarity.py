"""Exact search by cosine: the one that every adapter without an index of its own uses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Usable: TypeAlias = Callable[[NDArray[np.intp]], NDArray[np.bool_]]

DECIMALS: Final = 12
"""Cosines are rounded to so many decimals, so that equal vectors tie whatever order their products were summed up in."""

_ROWS_AT_ONCE: Final = 4096
_ROUNDING: Final = 2.0**-24  # of one operation in float32, relative
_SMALLEST, _LARGEST = 1e-20, 1e20  # squares of lengths between which no sum of products overflows or vanishes in float32
_FEW: Final = 64
_HANDFUL: Final = 8
_SCALE: Final = 10.0**DECIMALS


class Vectors:
    """Some vectors of one dimension, ready to be compared with others.

    Cosines are computed in float64. To find the highest, all are estimated in float32 first, which reads half as much and
    converts nothing; what an estimate cannot rule out, by the worst error that it may have, is computed. So the estimates never
    show.

    Args:
        rows: float32 of shape (count, dimension); finite, no row all zeros. What damage makes of a row changes no other row's
            cosine. It is kept, not copied.
    """

    def __init__(self, rows: NDArray[np.float32]) -> None:
        import numpy as np

        self._np = np
        self._rows = rows
        # Not "@", whose BLAS makes threads of its own for large products: they wait for one another for milliseconds where the
        # processors are busy. NumPy before 2.0 has no vecdot.
        self._products: Callable[[Any, Any], NDArray[Any]] = getattr(np, "vecdot", None) or _summed_products
        sums = _ROUNDING * self.dimension
        # Of the products' sum, and half of that of either length; twice as much, and some more for what is done with them.
        self._doubt = 4 * sums / (1 - sums) + 1e-6
        self._lengths: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return int(self._rows.shape[1])

    def cosines(self, query: NDArray[np.float32], rows: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
        """The cosine of the angle between each vector and the query: -1 to 1, rounded to 12 decimals.

        Args:
            query: float32 of shape (dimension,), finite, not all zeros.
            rows: Of these vectors; of all unless given.
        """
        numpy, products = self._np, self._products
        asked = query.astype(numpy.float64)
        given = self._rows if rows is None else self._rows[rows]
        found = numpy.empty(len(given))
        with numpy.errstate(all="ignore"):  # what is damaged may be anything
            for start in range(0, len(given), _ROWS_AT_ONCE):
                wide = given[start : start + _ROWS_AT_ONCE].astype(numpy.float64)
                found[start : start + _ROWS_AT_ONCE] = products(wide, asked) / numpy.sqrt(products(wide, wide))
            found /= math.sqrt(products(asked, asked))
            # Rounded, so that no more than a few units in the last place can be beyond 1.
            rounded: NDArray[np.float64] = found.round(DECIMALS)
            return rounded.clip(-1.0, 1.0, out=rounded)

    def cosines_of(self, rows: list[int], query: NDArray[np.float32]) -> list[float]:
        """`cosines` of some rows."""
        if len(rows) <= _HANDFUL and self._lengths is not None and len(self._lengths):
            return self._singly(query, rows)
        found: list[float] = self.cosines(query, self._np.array(rows, dtype=self._np.intp)).tolist()
        return found

    def most_similar(
        self, query: NDArray[np.float32], usable: Usable | None = None, *, k: int, at_least: float
    ) -> list[tuple[int, float]]:
        """The rows with the highest cosines, and those; in the order of `nearest`.

        Args:
            query: As in `cosines`.
            usable: Says of some rows, in ascending order, which of them count; all do unless given.
            k: At most so many; 1 or more.
            at_least: Rows below are left out.
        """
        numpy, lengths = self._np, self._lengths
        if lengths is None:
            self._lengths = lengths = self._measured()
        with_itself = float(numpy.vdot(query, query))
        if not len(lengths) or not _SMALLEST < with_itself < _LARGEST:
            return self._compared(query, numpy.arange(len(self)), usable, k=k, at_least=at_least)
        length = math.sqrt(with_itself)
        products = self._products(self._rows, query)
        rows = (products >= lengths * ((at_least - self._doubt) * length)).nonzero()[0]
        if len(rows) <= _HANDFUL:
            if usable is not None and len(rows):
                rows = rows[usable(rows)]
            some = rows.tolist()
            found = [(cosine, row) for cosine, row in zip(self._singly(query, some), some, strict=True) if cosine >= at_least]
            return [(row, cosine) for cosine, row in sorted(found, reverse=True)[:k]]
        if len(rows) > max(k, _FEW):
            if usable is not None:
                rows, usable = rows[usable(rows)], None
            if len(rows) > k:
                # A row that is further below the k-th best estimate than both may be wrong is not among the k best.
                estimates = products[rows] / lengths[rows]
                rows = rows[estimates >= numpy.partition(estimates, -k)[-k] - 2 * self._doubt * length]
        return self._compared(query, rows, usable, k=k, at_least=at_least)

    def _compared(
        self, query: NDArray[np.float32], rows: NDArray[np.intp], usable: Usable | None, *, k: int, at_least: float
    ) -> list[tuple[int, float]]:
        """The most similar of some rows, in ascending order."""
        if usable is not None and len(rows):
            rows = rows[usable(rows)]
        cosines = self.cosines(query, rows)
        return [(int(rows[at]), float(cosines[at])) for at in nearest(cosines, None, k=k, at_least=at_least)]

    def _singly(self, query: NDArray[np.float32], rows: list[int]) -> list[float]:
        """`cosines` for a handful of rows without any oddity, in a third of the time."""
        if not rows:
            return []
        double = self._np.float64
        asked = query.astype(double)
        length = math.sqrt(asked.dot(asked))
        found = []
        for row in rows:
            wide = self._rows[row].astype(double)
            cosine = float(wide.dot(asked)) / math.sqrt(wide.dot(wide)) / length
            found.append(min(1.0, max(-1.0, round(cosine * _SCALE) / _SCALE)))
        return found

    def _measured(self) -> NDArray[np.float32]:
        """The lengths of all rows, about; none where one of them is so odd that its products in float32 may be anything."""
        numpy = self._np
        with numpy.errstate(all="ignore"):
            squares = self._products(self._rows, self._rows)
        if len(squares) <= _FEW:
            some = squares.tolist()
            are_plain = 0.0 < sum(some) < math.inf and min(some) > _SMALLEST and max(some) < _LARGEST
        else:
            are_plain = numpy.minimum.reduce(squares) > _SMALLEST and numpy.maximum.reduce(squares) < _LARGEST
        # What is not a number, and so is no sum with it, is not between them either.
        if are_plain:
            lengths: NDArray[np.float32] = numpy.sqrt(squares)
        else:
            lengths = numpy.empty(0, dtype=numpy.float32)
        return lengths


def _summed_products(rows: Any, others: Any) -> Any:
    import numpy as np

    return np.einsum("...i,...i->...", rows, others)


def nearest(cosines: NDArray[np.float64], usable: NDArray[np.bool_] | None, *, k: int, at_least: float) -> list[int]:
    """The rows with the highest cosines, best first; of equal ones the higher row, which is the newer one, first.

    Args:
        cosines: One for each row, the rows in the order in which they were added.
        usable: Which rows count; None where all do.
        k: At most so many.
        at_least: Rows below are left out.
    """
    fit = cosines >= at_least
    if usable is not None:
        fit &= usable
    rows = fit.nonzero()[0]
    if len(rows) > 1:
        import numpy as np

        rows = rows[np.lexsort((-rows, -cosines[rows]))]
    found: list[int] = rows[:k].tolist()
    return found
