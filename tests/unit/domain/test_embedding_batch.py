"""Embeddings that are checked together are what each is when it is checked alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lixcore.domain.embedding import checked_embedding
from lixcore.domain.embedding_batch import checked_embeddings, stored_numbers
from lixcore.errors import InvalidInputError

DTYPES = st.sampled_from([np.dtype(name) for name in ["f2", "f4", "f8", "i1", "i8", "u8", ">f4", "?"]])


def name(index: int) -> str:
    return f"embeddings[{index}]"


@st.composite
def batches(draw: st.DrawFn) -> Any:
    """Of one shape and type or of several, as arrays, lists or one array; some not embeddings at all."""
    count, dimension = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    matrix = draw(DTYPES.flatmap(lambda dtype: arrays.arrays(dtype, (count, dimension), fill=st.just(1))))
    form = draw(st.sampled_from(["matrix", "arrays", "lists", "mixed", "ragged", "odd"]))
    if form == "matrix":
        return matrix
    if form == "lists":
        return matrix.tolist()
    rows: list[Any] = list(matrix)
    if form == "mixed":
        rows[0] = rows[0].tolist()
    elif form == "ragged":
        rows[-1] = np.ones(draw(st.integers(1, 5)), np.float32)
    elif form == "odd":
        rows[-1] = draw(st.sampled_from([None, "text", [], [math.nan], [0.0], [[1.0]], {"a": 1}, np.zeros((1, 1))]))
    return rows


@given(batches(), st.none() | st.integers(1, 4))
def test_all_at_once_is_as_one_by_one(batch: Any, dimension: int | None) -> None:
    """The same vectors, bit by bit; and where one is refused, the first that is, for its own reason."""
    wanted: list[Any] = []
    error: InvalidInputError | None = None
    for index, value in enumerate(batch):
        try:
            wanted.append(checked_embedding(value, name(index)))
        except InvalidInputError as refused:
            error = refused
            break
    if error is None and (len({len(row) for row in wanted}) > 1 or dimension not in {None, len(wanted[0])}):
        with pytest.raises(InvalidInputError, match=r"^embeddings\[\d\] has dimension"):
            checked_embeddings(batch, name, dimension=dimension)
    elif error is None:
        matrix = checked_embeddings(batch, name, dimension=dimension)
        assert matrix.dtype == np.float32
        assert matrix.tobytes() == np.stack(wanted).tobytes()
    else:
        with pytest.raises(InvalidInputError) as caught:
            checked_embeddings(batch, name, dimension=dimension)
        assert str(caught.value) == str(error)


@pytest.mark.parametrize(
    ("batch", "dimension", "said"),
    [
        ([[1.0, 2.0], [1.0, 2.0, 3.0]], None, "embeddings[1] has dimension 3; the first one has 2"),
        ([[1.0, 2.0], [1.0, 2.0, 3.0]], 2, "embeddings[1] has dimension 3; embedding_dimension is 2"),
        (np.ones((2, 3)), 2, "embeddings[0] has dimension 3; embedding_dimension is 2"),
        ([np.ones(2), np.array([1.0, np.nan])], None, "embeddings[1] has a value at index 1 that is not finite in float32: nan"),
        ([np.ones(2), np.array([0, 1e39])], None, "embeddings[1] has a value at index 1 that is not finite in float32: 1e+39"),
        ([np.ones(2), np.zeros(2)], None, "embeddings[1] is all zeros, which has no direction to compare"),
        ([np.ones(2), np.array([True, True])], None, "embeddings[1] must hold numbers, not bool"),
        (np.ones((2, 2), bool), None, "embeddings[0] must hold numbers, not bool"),
        (np.ones((1, 2, 3)), None, "embeddings[0] must have one dimension, not shape (2, 3)"),
    ],
)
def test_the_one_that_is_wrong_is_named(batch: Any, dimension: int | None, said: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        checked_embeddings(batch, name, dimension=dimension)
    assert str(caught.value) == said


@pytest.mark.parametrize("as_given", [list, lambda matrix: matrix])
def test_nothing_is_shared_with_what_was_given(as_given: Any) -> None:
    batch = np.ones((2, 3), np.float32)
    matrix = checked_embeddings(as_given(batch), name)
    batch[:] = 5
    assert matrix.tolist() == [[1.0, 1.0, 1.0]] * 2


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([[1.0, 2.0], [65504.0, -65504.0]], None),
        ([[1.0, 2.0], [3.0, 65520.0]], "embeddings[1] has a value at index 1 that float16 cannot hold: 65520"),
        ([[-1e9, 2.0], [3.0, 70000.0]], "embeddings[0] has a value at index 0 that float16 cannot hold: -1e+09"),
        ([[1.0, 1e-9], [1e-9, -2e-8]], "embeddings[1] is all zeros in float16: its largest value is 2e-08"),
    ],
)
def test_what_float16_cannot_hold_is_refused(rows: Sequence[Sequence[float]], reason: str | None) -> None:
    matrix = np.array(rows, np.float32)
    if reason is None:
        assert stored_numbers(matrix, "float16", name).tolist() == matrix.tolist()
        return
    with pytest.raises(InvalidInputError) as caught:
        stored_numbers(matrix, "float16", name)
    assert str(caught.value) == reason
    assert stored_numbers(matrix, "float32", name).tolist() == matrix.tolist()
