"""A message goes into a record and comes back, to the last digit; anything else is corrupt."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lixcore.domain.json_value import MAX_INTEGER_BITS
from lixcore.domain.message import MAX_TIMESTAMP, Message
from lixcore.domain.position import Entry, Position
from lixcore.domain.record import decode_message, encode_message
from lixcore.errors import CorruptDataError

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
LARGEST = (1 << MAX_INTEGER_BITS) - 1
INTEGERS = st.integers() | st.integers(-LARGEST, LARGEST) | st.sampled_from([2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1])
SCALARS = st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False, allow_infinity=False) | TEXT
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12)
ROLES = st.sampled_from(["user", "assistant", "system", "tool", "developer", "function"]) | TEXT.filter(
    lambda role: 0 < len(role.encode()) <= 64
)
EMBEDDINGS = st.none() | st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1).filter(any)
MESSAGES = st.builds(
    Message,
    role=ROLES,
    content=TEXT,
    timestamp=st.floats(min_value=0, max_value=MAX_TIMESTAMP, exclude_max=True),
    metadata=JSON,
    embedding=EMBEDDINGS,
)


def exact(message: Message) -> str:
    """A text that is the same only for messages that are: unlike ==, it tells True from 1, -0.0 from 0.0, and sees order."""
    return json.dumps(message.to_dict())


def decoded(payload: bytes, timestamp: float = 0.0) -> Message:
    return decode_message(Entry(Position(7), timestamp, payload))


@given(MESSAGES)
@example(Message("user", "", 0.0, {"z": -0.0, "a": 2**64, "nested": [{"y": 1, "b": 1.0}]}))
@example(Message("user", "", 0.0, -LARGEST))
@example(Message("user", "", 0.0, {}, [1.0]))
def test_a_message_comes_back_to_the_last_digit(message: Message) -> None:
    back = decoded(encode_message(message), message.timestamp)
    assert exact(back) == exact(message)
    if message.embedding is not None:
        assert back.embedding is not None
        assert back.embedding.dtype == np.float32


@given(MESSAGES)
def test_the_timestamp_is_not_in_the_record(message: Message) -> None:
    later = Message(message.role, message.content, message.timestamp / 2, message.metadata, message.embedding)
    assert encode_message(later) == encode_message(message)


def test_records_are_small() -> None:
    """An array, a byte for a known role, a byte for the length, the text."""
    assert len(encode_message(Message("assistant", "hello", 0.0))) == 1 + 1 + 1 + 5


def test_the_bytes_of_a_record_stay_the_same_in_every_release() -> None:
    """Archives hold them for ever."""
    plain = Message("user", "hé", 0.0)
    assert encode_message(plain).hex() == "9200a368c3a9"
    rich = Message("narrator", "x", 0.0, {"n": 2**64}, [1.0])
    assert encode_message(rich).hex() == (
        "94a86e61727261746f72a178c71b017b226e223a2031383434363734343037333730393535313631367dc4040000803f"
    )
    assert exact(decoded(encode_message(rich))) == exact(rich)


@given(st.binary(max_size=200))
def test_garbage_is_corrupt_or_a_message_and_nothing_else(payload: bytes) -> None:
    try:
        message = decoded(payload)
    except CorruptDataError:
        return
    assert isinstance(message.role, str)
    assert isinstance(message.content, str)


@given(MESSAGES, st.data())
def test_a_truncated_record_is_corrupt(message: Message, data: st.DataObject) -> None:
    record = encode_message(message)
    cut = data.draw(st.integers(0, len(record) - 1))
    with pytest.raises(CorruptDataError):
        decoded(record[:cut])


@given(MESSAGES, st.binary(min_size=1, max_size=9))
def test_bytes_after_a_record_are_corrupt(message: Message, rest: bytes) -> None:
    with pytest.raises(CorruptDataError):
        decoded(encode_message(message) + rest)


def packed(*fields: Any) -> bytes:
    return msgspec.msgpack.encode(list(fields))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        packed(),
        packed(0),
        packed(6, "role beyond the last"),
        packed(-1, "role below the first"),
        packed([0], "role of another kind"),
        packed(None, "no role"),
        packed(0, 5),
        packed(0, None),
        packed(0, b"bytes"),
        packed(0, "text", {}, b"", "an embedding of nothing"),
        packed(0, "text", {}, b""),
        packed(0, "text", {}, b"abc"),
        packed(0, "text", {}, 5),
        packed(0, "text", {}, b"abcd", "one field too many"),
        packed(0, "text", msgspec.msgpack.Ext(9, b"{}")),
        packed(0, "text", msgspec.msgpack.Ext(1, b"{")),
        packed(0, "text", msgspec.msgpack.Ext(1, b"\xff")),
        packed(0, "text", msgspec.msgpack.Ext(1, b"[" * 100_000)),
        msgspec.msgpack.encode({"role": "user"}),
        b"\x91" * 100_000,  # nested beyond every stack
        b"\xdd\xff\xff\xff\xff",  # an array that says it has four thousand million items
        b"\x93\x00\xa1a\xc6\xff\xff\xff\xff",  # metadata that says it has four gigabytes
    ],
)
def test_what_is_no_record_is_corrupt(payload: bytes) -> None:
    with pytest.raises(CorruptDataError, match="position 7"):
        decoded(payload)
