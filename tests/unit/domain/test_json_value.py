"""Metadata is any JSON value, copied and checked."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.json_value import MAX_DEPTH, MAX_INTEGER_BITS, checked_json
from lixcore.errors import InvalidInputError

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12)


def containers(value: Any) -> list[int]:
    """The identities of all lists and dicts in a value."""
    if isinstance(value, dict):
        return [id(value), *(found for item in value.values() for found in containers(item))]
    if isinstance(value, list):
        return [id(value), *(found for item in value for found in containers(item))]
    return []


@given(JSON)
def test_a_copy_is_equal_to_the_last_digit_and_shares_nothing(value: Any) -> None:
    copy = checked_json(value, "metadata")
    assert json.dumps(copy) == json.dumps(value)  # unlike ==, it tells True from 1, 1 from 1.0, -0.0 from 0.0, and sees order
    assert set(containers(copy)).isdisjoint(containers(value))


def test_a_tuple_becomes_a_list() -> None:
    assert checked_json({"a": (1, (2,))}, "metadata") == {"a": [1, [2]]}


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        (math.nan, "metadata", "is nan"),
        ({"a": [0, math.inf]}, "metadata.a[1]", "is inf"),
        ({"a": {"b": -math.inf}}, "metadata.a.b", "is -inf"),
        ([{1}], "metadata[0]", "is of type set"),
        ({"a": b"bytes"}, "metadata.a", "is of type bytes"),
        ({"a": object()}, "metadata.a", "is of type object"),
        ({"a": 1j}, "metadata.a", "is of type complex"),
        ({"a": {1: 2}}, "a key of metadata.a", "must be text, not int"),
        ({"a": {"\ud800": 2}}, "a key of metadata.a", "has a lone surrogate"),
        ({"a": ["b\0"]}, "metadata.a[0]", "has a NUL"),
        ({"a": 1 << MAX_INTEGER_BITS}, "metadata.a", "is an integer of 2,127 bits"),
        ({"a": -(10**5000)}, "metadata.a", "is an integer of 16,610 bits"),
    ],
)
def test_what_json_does_not_have_is_refused_with_its_path(value: object, path: str, reason: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        checked_json(value, "metadata")
    assert caught.value.field == path
    assert caught.value.reason.startswith(reason)


def test_the_largest_integer_has_640_digits() -> None:
    """Python turns as many into text under the lowest limit that it lets anybody set."""
    largest = (1 << MAX_INTEGER_BITS) - 1
    assert checked_json(largest, "metadata") == largest
    assert len(str(largest)) == 640


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_values_nest_to_the_limit_and_no_deeper() -> None:
    assert checked_json(nested(MAX_DEPTH), "metadata") == nested(MAX_DEPTH)
    with pytest.raises(InvalidInputError, match=r"^metadata(\[0\]){64} nests deeper than 64 levels$"):
        checked_json(nested(MAX_DEPTH + 1), "metadata")


def test_a_value_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InvalidInputError, match="nests deeper"):
        checked_json(endless, "metadata")
