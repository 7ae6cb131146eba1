"""Many embeddings at once: checked, and brought into the type that they are stored in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from lixcore.domain.embedding import MAX_DIMENSION, checked_embedding
from lixcore.errors import InvalidInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DType: TypeAlias = Literal["float32", "float16"]
"""How numbers are stored: as they are; or as float16, in half the room, with three digits, up to 65,504."""


def checked_embeddings(
    values: Sequence[Any] | NDArray[Any], name: Callable[[int], str], *, dimension: int | None = None
) -> NDArray[np.float32]:
    """Return embeddings as a float32 array of shape (count, dimension), which shares nothing with them.

    Arrays, and lists of floats, of one length and type are checked all at once; the others, and what is wrong, one by one.

    Args:
        values: One embedding or more, as `lixcore.domain.embedding.checked_embedding` takes them.
        name: What the embedding at an index is called in an error.
        dimension: The dimension that they must have; None for any, the same for all.

    Raises:
        InvalidInputError: One of them is refused, or has another dimension.
    """
    import numpy as np

    if len(values) == 1:
        only = checked_embedding(values[0], name(0))
        _check_dimension(only.size, name(0), dimension, others=only.size)
        return only[np.newaxis]
    matrix = _stacked(values)
    if matrix is None or not _surely_right(matrix):
        rows = [checked_embedding(value, name(index)) for index, value in enumerate(values)]
        for index, row in enumerate(rows):
            _check_dimension(row.size, name(index), dimension, others=rows[0].size)
        matrix = np.stack(rows)
    _check_dimension(matrix.shape[1], name(0), dimension, others=matrix.shape[1])
    return matrix


def stored_numbers(
    matrix: NDArray[np.float32], dtype: DType, name: Callable[[int], str]
) -> NDArray[np.float32] | NDArray[np.float16]:
    """Return checked embeddings as little-endian numbers of the type that they are stored in.

    Args:
        matrix: float32 of shape (count, dimension), finite, no row all zeros.
        dtype: The type.
        name: What the embedding at an index is called in an error.

    Raises:
        InvalidInputError: Of one of them, a value is beyond what float16 holds, or all are so small that it holds only zeros.
    """
    import numpy as np

    if dtype == "float32":
        return matrix.astype("<f4", copy=False)
    with np.errstate(over="ignore", under="ignore"):
        half: NDArray[np.float16] = matrix.astype("<f2")
    if not (finite := np.isfinite(half)).all():
        row, index = (int(each) for each in np.argwhere(~finite)[0])
        raise InvalidInputError(name(row), f"has a value at index {index} that float16 cannot hold: {matrix[row, index]:g}")
    if not (directed := half.any(axis=1)).all():
        row = int(np.flatnonzero(~directed)[0])
        raise InvalidInputError(name(row), f"is all zeros in float16: its largest value is {np.abs(matrix[row]).max():g}")
    return half


def _stacked(values: Sequence[Any] | NDArray[Any]) -> NDArray[np.float32] | None:
    """The rows as one float32 array; None where they are no numbers, or not of one length and type."""
    import numpy as np

    whole, is_own = (values, False) if isinstance(values, np.ndarray) else (_joined(values), True)
    if whole is None or whole.ndim != 2 or whole.dtype.kind not in "iuf" or not 1 <= whole.shape[1] <= MAX_DIMENSION:  # noqa: PLR2004  # rows of numbers
        return None
    if whole.dtype == np.float32:
        return whole.astype(np.float32, copy=not is_own)
    with np.errstate(over="ignore"):  # by way of float64, like a single one: both round alike
        return whole.astype(np.float64, copy=False).astype(np.float32)


def _joined(values: Sequence[Any]) -> NDArray[Any] | None:
    import numpy as np

    try:
        arrays = [np.asarray(value) if type(value) is list else value for value in values]
    except (TypeError, ValueError):
        return None
    first = arrays[0]
    if set(map(type, arrays)) != {np.ndarray} or first.ndim != 1:
        return None
    try:
        joined: NDArray[Any] = np.concatenate(arrays, dtype=first.dtype, casting="no")
    except (TypeError, ValueError):  # of another type, or of more or fewer axes than one
        return None
    return joined.reshape(len(arrays), -1) if set(map(len, arrays)) == {len(first)} else None


def _surely_right(matrix: NDArray[np.float32]) -> bool:
    """Whether all rows are finite and have a direction, by their sums of squares; where those overflow or vanish, it is open."""
    import numpy as np

    squares = np.einsum("ij,ij->i", matrix, matrix)
    return bool(squares.min() > 0 and squares.max() < np.inf)


def _check_dimension(dimension: int, field: str, wanted: int | None, *, others: int) -> None:
    if wanted is not None and dimension != wanted:
        raise InvalidInputError(field, f"has dimension {dimension:,}; embedding_dimension is {wanted:,}")
    if dimension != others:
        raise InvalidInputError(field, f"has dimension {dimension:,}; the first one has {others:,}")
