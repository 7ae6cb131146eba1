"""Embeddings: what a model turned a text into."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lixcore.errors import InvalidInputError

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    Vector: TypeAlias = NDArray[np.float32]

MAX_DIMENSION = 65_536


def checked_embedding(value: Sequence[float] | NDArray[Any], field: str = "embedding") -> NDArray[np.float32]:
    """Return ``value`` as a read-only float32 array of shape (dimension,), which shares nothing with it.

    Raises:
        InvalidInputError: It is not one-dimensional or not numeric, is empty or longer than 65,536, or holds a NaN or an
            infinity (also one that float32 cannot hold), or only zeros (it has no direction to compare).
    """
    import numpy as np  # here: numpy costs a tenth of a second, and most messages have no embedding

    if (
        type(value) is np.ndarray
        and value.dtype.char == "f"
        and value.dtype.isnative
        and value.ndim == 1
        and 1 <= value.size <= MAX_DIMENSION
    ):
        # The common case, in a fifth of the time: the sum of squares tells what none of the numbers can be. It is infinite or
        # zero for the largest and the smallest as well; the long way tells which of them are fit.
        copied: NDArray[np.float32] = value.copy()
        if 0.0 < np.vdot(copied, copied) < math.inf:
            copied.setflags(write=False)
            return copied
    try:
        given = np.asarray(value)
    except (TypeError, ValueError):
        raise InvalidInputError(field, "must be a one-dimensional array of numbers") from None
    if given.ndim != 1:
        raise InvalidInputError(field, _not_one_dimensional(value, given))
    if not 1 <= given.size <= MAX_DIMENSION:
        raise InvalidInputError(field, f"has dimension {given.size:,}; 1 to {MAX_DIMENSION:,} are accepted")
    # Told to make floats of anything, numpy would also parse text, count dates and drop imaginary parts.
    if given.dtype.kind not in "iuf" and not all(type(item) in {int, float} for item in given):
        raise InvalidInputError(field, f"must hold numbers, not {_named(given.dtype)}")
    try:
        wide = given.astype(np.float64)
    except OverflowError:
        raise InvalidInputError(field, "has an integer that no float can hold") from None
    with np.errstate(over="ignore"):
        vector = wide.astype(np.float32)
    if not np.isfinite(vector).all():
        index = int(np.flatnonzero(~np.isfinite(vector))[0])
        raise InvalidInputError(field, f"has a value at index {index} that is not finite in float32: {wide[index]}")
    if not vector.any():
        raise InvalidInputError(field, "is all zeros, which has no direction to compare")
    vector.setflags(write=False)
    return vector


def _not_one_dimensional(value: object, given: NDArray[Any]) -> str:
    if given.ndim == 0 and given is not value:  # numpy makes an array of no dimension of what is none
        return f"must be a one-dimensional array of numbers, not {type(value).__name__}"
    return f"must have one dimension, not shape {given.shape}"


def _named(dtype: np.dtype[Any]) -> str:
    return "text" if dtype.kind == "U" else str(dtype)
