"""What the semantic cache refuses, and what it says about it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lixcore.domain.cached_answer import MAX_ANSWER_BYTES
from lixcore.errors import InvalidInputError
from lixcore.services.reuse.layer_stats import LayerCounts
from semantic_houses import SCOPE, SemanticHouse, vector

EAST, NORTH = vector(1, 0), vector(0, 1)


@pytest.fixture
def house() -> SemanticHouse:
    return SemanticHouse()


@pytest.mark.parametrize(
    ("embedding", "reason"),
    [
        (vector(1, 2, 3), "has dimension 3; embedding_dimension is 2"),
        (vector(1, math.nan), "has a value at index 1 that is not finite in float32: nan"),
        (vector(math.inf, 1), "has a value at index 0 that is not finite in float32: inf"),
        (vector(0, 0), "is all zeros"),
        (np.ones((2, 2)), "must have one dimension"),
        ("1, 2", "must be a one-dimensional array of numbers, not str"),
        ({"a": 1}, "must be a one-dimensional array of numbers, not dict"),
        ([], "has dimension 0"),
        (["1", "2"], "must hold numbers"),
    ],
)
def test_an_embedding_that_is_none_is_refused_by_every_call(embedding: Any, reason: str) -> None:
    house = SemanticHouse(dimension=2)
    calls: list[Callable[[], object]] = [
        lambda: house.cache.get(SCOPE, embedding),
        lambda: house.cache.get(SCOPE, embedding, query="text"),
        lambda: house.cache.set(SCOPE, embedding, "response"),
        lambda: house.cache.get_or_call(SCOPE, embedding, lambda: "response"),
    ]
    for call in calls:
        with pytest.raises(InvalidInputError) as caught:
            call()
        assert caught.value.field == "embedding"
        assert caught.value.reason.startswith(reason)
    assert house.store.calls == []
    assert house.stats.counted() == LayerCounts()


@pytest.mark.parametrize(
    ("arguments", "field", "reason"),
    [
        ({"query": 5}, "query", "must be text, not int"),
        ({"query": "\ud800"}, "query", "has a lone surrogate"),
        ({"query": "x" * (MAX_ANSWER_BYTES + 1)}, "query", "is 16,777,217 bytes long"),
        ({"threshold": 1.01}, "threshold", "is outside of -1 to 1"),
        ({"threshold": -math.inf}, "threshold", "is outside of -1 to 1"),
        ({"threshold": 10**400}, "threshold", "is outside of -1 to 1"),
        ({"threshold": math.nan}, "threshold", "is NaN"),
        ({"threshold": np.float32("nan")}, "threshold", "is NaN"),
        ({"threshold": "0.9"}, "threshold", "must be a number, not str"),
        ({"threshold": True}, "threshold", "must be a number, not bool"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(
    house: SemanticHouse, arguments: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        house.cache.get(SCOPE, EAST, **arguments)
    assert caught.value.field == field
    assert caught.value.reason.startswith(reason)
    if field == "threshold":
        with pytest.raises(InvalidInputError):
            SemanticHouse(**arguments)


def test_a_question_needs_an_embedding_or_a_text(house: SemanticHouse) -> None:
    with pytest.raises(InvalidInputError, match=r"^embedding is missing, and so is query"):
        house.cache.get(SCOPE)
    none: Any = None
    calls: list[Callable[[], object]] = [
        lambda: house.cache.set(SCOPE, none, "response", query="text"),
        lambda: house.cache.get_or_call(SCOPE, none, lambda: "response", query="text"),
    ]
    for call in calls:
        with pytest.raises(InvalidInputError, match=r"^embedding is missing"):
            call()


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (None, "response is None"),
        (b"bytes", "response is of type bytes, which JSON does not have"),
        ({"a": [1, math.nan]}, "response.a[1] is nan"),
        ({1: 2}, "a key of response must be text"),
        ("\udfff", "response has a lone surrogate"),
        ("x" * MAX_ANSWER_BYTES, "response takes 16,777,218 bytes as JSON"),
    ],
)
def test_a_response_that_is_not_json_is_refused(house: SemanticHouse, response: Any, reason: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: house.cache.set(SCOPE, EAST, response),
        lambda: house.cache.get_or_call(SCOPE, EAST, lambda: response),
    ]
    for call in calls:
        with pytest.raises(InvalidInputError) as caught:
            call()
        assert str(caught.value).startswith(reason)
    assert "add" not in house.store.calls
    assert house.judge.answers == []


@pytest.mark.parametrize("seconds", [-0.1, math.nan, math.inf, 10**400, "1", True])
def test_a_duration_that_cannot_be_is_refused(house: SemanticHouse, seconds: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"^seconds must be "):
        house.cache.set(SCOPE, EAST, "response", seconds=seconds)


def test_numbers_of_numpy_are_numbers(house: SemanticHouse) -> None:
    assert house.cache.set(SCOPE, EAST, "response", seconds=np.float32(0.5))  # type: ignore[arg-type]  # as callers do
    hit = house.cache.get(SCOPE, EAST, threshold=np.float32(0.5))  # type: ignore[arg-type]  # as callers do
    assert hit is not None
    assert (hit.seconds, type(hit.seconds)) == (0.5, float)


def test_another_dimension_than_that_of_what_is_cached_is_refused(house: SemanticHouse) -> None:
    house.cache.set(SCOPE, EAST, "response")
    with pytest.raises(InvalidInputError, match=r"^embedding has dimension 3"):
        house.cache.get(SCOPE, vector(1, 2, 3))
    with pytest.raises(InvalidInputError, match=r"^embedding has dimension 3"):
        house.cache.set(SCOPE, vector(1, 2, 3), "response")
    assert house.stats.counted().failures == 0
