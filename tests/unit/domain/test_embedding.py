"""Embeddings are float32 vectors with a direction."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lixcore.domain.embedding import MAX_DIMENSION, checked_embedding
from lixcore.errors import InvalidInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

VECTORS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=40).filter(any)


@given(VECTORS)
def test_float32_values_are_kept_exactly(values: list[float]) -> None:
    vector = checked_embedding(values)
    assert vector.dtype == np.float32
    assert vector.shape == (len(values),)
    assert vector.tolist() == values


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, np.uint64])
def test_arrays_of_any_number_type_are_taken_and_not_shared(dtype: Any) -> None:
    given_array = np.array([1, 2, 3], dtype=dtype)
    vector = checked_embedding(given_array)
    given_array[0] = 9
    assert vector.tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(ValueError, match="read-only"):
        vector[0] = 5


@given(
    arrays(
        np.float32,
        st.integers(1, 6),
        elements=st.floats(width=32) | st.sampled_from([0.0, -0.0, 1e-40, 1e-30, 3e38, -3e38, math.inf, math.nan]),
    )
)
def test_float32_arrays_are_judged_like_any_other_values(values: NDArray[np.float32]) -> None:
    """They have a way of their own, which a list has not, and an array that runs backwards has."""

    def judged(value: Any) -> str | list[float]:
        try:
            return [float(number) for number in checked_embedding(value)]
        except InvalidInputError as error:
            return str(error)

    backwards = np.array(values[::-1])[::-1]
    assert not (backwards.flags.c_contiguous and values.size > 1)
    assert judged(values) == judged(values.tolist()) == judged(backwards) == judged(values.astype(">f4"))


def test_large_python_integers_are_numbers() -> None:
    assert checked_embedding([10**30, 1]).tolist() == np.array([1e30, 1], dtype=np.float32).tolist()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (5, "must be a one-dimensional array of numbers, not int"),
        ("0.1", "must be a one-dimensional array of numbers, not str"),
        ({"a": 1}, "must be a one-dimensional array of numbers, not dict"),
        (None, "must be a one-dimensional array of numbers, not NoneType"),
        (np.array(5.0), "must have one dimension, not shape ()"),
        ([[1.0, 2.0]], "must have one dimension, not shape (1, 2)"),
        ([[1.0], [2.0, 3.0]], "must be a one-dimensional array of numbers"),
        ([], "has dimension 0"),
        ([0.5] * (MAX_DIMENSION + 1), "has dimension 65,537"),
        (["0.1", "0.2"], "must hold numbers, not text"),
        ([True, False], "must hold numbers, not bool"),
        ([None, 1.0], "must hold numbers, not object"),
        (np.array([1j]), "must hold numbers, not complex128"),
        (np.array(["2020"], dtype="datetime64[Y]"), "must hold numbers, not datetime64[Y]"),
        ([1, 10**400], "has an integer that no float can hold"),
        ([1.0, math.nan], "has a value at index 1 that is not finite in float32: nan"),
        ([math.inf], "has a value at index 0 that is not finite in float32: inf"),
        ([1.0, 2.0, 1e39], "has a value at index 2 that is not finite in float32: 1e+39"),
        ([0.0, -0.0], "is all zeros"),
        ([1e-60], "is all zeros"),
    ],
)
def test_what_is_no_embedding_is_refused(value: Any, reason: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        checked_embedding(value, "query_embedding")
    assert caught.value.field == "query_embedding"
    assert caught.value.reason.startswith(reason)
