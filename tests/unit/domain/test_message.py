"""A message is checked when it is made, and each refusal names its field."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.json_value import MAX_TEXT_BYTES
from lixcore.domain.message import MAX_TIMESTAMP, Message, restored_message
from lixcore.errors import InvalidInputError


def make(**changed: Any) -> Message:
    return Message(**{"role": "user", "content": "hello", "timestamp": 1.5} | changed)


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"role": ""}, "role", "is empty"),
        ({"role": None}, "role", "must be text, not NoneType"),
        ({"role": "é" * 33}, "role", "is 66 bytes long in UTF-8; at most 64 are accepted"),
        ({"role": "us\0er"}, "role", "has a NUL character at index 2"),
        ({"role": "\udc00"}, "role", "has a lone surrogate (U+DC00) at index 0"),
        ({"content": b"hello"}, "content", "must be text, not bytes"),
        ({"content": "a\0"}, "content", "has a NUL character at index 1"),
        ({"content": "a\ud83d"}, "content", "has a lone surrogate (U+D83D) at index 1"),
        (
            {"content": "a" * (MAX_TEXT_BYTES + 1)},
            "content",
            "is 67,108,865 bytes long in UTF-8; at most 67,108,864",
        ),
        ({"timestamp": None}, "timestamp", "must be seconds since the epoch as a number, not NoneType"),
        ({"timestamp": "1.5"}, "timestamp", "must be seconds since the epoch as a number, not str"),
        ({"timestamp": True}, "timestamp", "must be seconds since the epoch as a number, not bool"),
        ({"timestamp": math.nan}, "timestamp", "is nan; seconds since 1970"),
        ({"timestamp": math.inf}, "timestamp", "is inf; seconds since 1970"),
        ({"timestamp": -1e-9}, "timestamp", "is -1e-09; seconds since 1970"),
        ({"timestamp": MAX_TIMESTAMP}, "timestamp", "is 2.53402e+11; seconds since 1970"),
        ({"timestamp": 1_700_000_000_000}, "timestamp", "is an integer of 41 bits; seconds since 1970"),
        ({"timestamp": 10**5000}, "timestamp", "is an integer of 16610 bits; seconds since 1970"),
        ({"metadata": {"score": math.nan}}, "metadata.score", "is nan, which JSON does not have"),
        ({"metadata": {"at": object}}, "metadata.at", "is of type type, which JSON does not have"),
        ({"metadata": {3: 4}}, "a key of metadata", "must be text, not int"),
        ({"embedding": [[1.0]]}, "embedding", "must have one dimension, not shape (1, 1)"),
        ({"embedding": [math.nan]}, "embedding", "has a value at index 0 that is not finite in float32: nan"),
        ({"embedding": [0.0]}, "embedding", "is all zeros, which has no direction to compare"),
        ({"embedding": "text"}, "embedding", "must be a one-dimensional array of numbers, not str"),
    ],
)
def test_a_refused_value_names_its_field_and_the_reason(changed: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        make(**changed)
    assert caught.value.field == field
    assert caught.value.reason.startswith(reason)
    assert str(caught.value) == f"{caught.value.field} {caught.value.reason}"


def test_what_may_be_given_is_kept() -> None:
    message = make(role="функция", content="", timestamp=0, metadata=["any", {"json": None}], embedding=[0.5, -0.25])
    assert message.to_dict() == {
        "role": "функция",
        "content": "",
        "timestamp": 0.0,
        "metadata": ["any", {"json": None}],
        "embedding": [0.5, -0.25],
    }


@given(st.floats(min_value=0, max_value=MAX_TIMESTAMP, exclude_max=True))
def test_a_timestamp_is_kept_exactly(timestamp: float) -> None:
    assert make(timestamp=timestamp).timestamp.hex() == timestamp.hex()


def test_metadata_is_empty_unless_given_and_embedding_absent() -> None:
    assert make().to_dict() == {"role": "user", "content": "hello", "timestamp": 1.5, "metadata": {}}


def test_metadata_is_not_shared_with_the_caller() -> None:
    metadata: dict[str, Any] = {"tags": ["a"]}
    message = make(metadata=metadata)
    metadata["tags"].append("b")
    assert message.metadata == {"tags": ["a"]}


def test_a_dict_without_a_timestamp_is_said_now() -> None:
    given_dict = {"role": "user", "content": "hello"}
    assert Message.from_dict(given_dict, now=7.5).timestamp == 7.5
    assert Message.from_dict(given_dict | {"timestamp": None}, now=7.5).timestamp == 7.5
    assert Message.from_dict(given_dict | {"timestamp": 3}, now=7.5).timestamp == 3.0


@pytest.mark.parametrize(
    ("value", "field", "reason"),
    [
        ({"content": "hello"}, "role", "is missing"),
        ({"role": "user"}, "content", "is missing"),
        ({"role": "user", "content": "hello", "contents": ""}, "contents", "is not a field of a message; those are content,"),
        ({"role": "user", "content": "hello", 5: ""}, "5", "is not a field of a message"),
        (["user", "hello"], "message", "must be an object, not list"),
    ],
)
def test_a_dict_that_is_no_message_is_refused(value: Any, field: str, reason: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Message.from_dict(value, now=0.0)
    assert caught.value.field == field
    assert caught.value.reason.startswith(reason)


def test_a_message_goes_through_a_dict_unchanged() -> None:
    message = make(metadata={"a": [1, 2.5]}, embedding=[1.0, 2.0])
    assert Message.from_dict(message.to_dict(), now=99.0) == message


@pytest.mark.parametrize(
    "changed",
    [{"role": "tool"}, {"content": "hullo"}, {"timestamp": 1.6}, {"metadata": {"a": 1}}, {"embedding": [1.0]}],
)
def test_messages_are_equal_field_by_field(changed: dict[str, Any]) -> None:
    assert make() == make()
    assert hash(make()) == hash(make())
    assert make() != make(**changed)
    assert make() != make().to_dict()


def test_a_restored_message_equals_the_one_that_was_checked() -> None:
    embedding = np.array([1.0, 2.0], dtype=np.float32)
    made = make(metadata={"a": 1}, embedding=embedding)
    assert restored_message("user", "hello", 1.5, {"a": 1}, embedding) == made
