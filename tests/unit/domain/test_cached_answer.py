"""A cached response comes back as it was, or not at all."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lixcore.domain.cached_answer import MAX_ANSWER_BYTES, StoredAnswer, decode_answer, encode_answer, text_label
from lixcore.domain.json_value import MAX_DEPTH, MAX_INTEGER_BITS
from lixcore.errors import CorruptDataError, InvalidInputError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12)
SECONDS = st.none() | st.floats(0, 1e9)
WHOLE = encode_answer("what?", 0.25, {"answer": [1, 2.5, "three", None], "tokens": 10**30})


def plain(answer: StoredAnswer) -> str:
    """An answer to compare: unlike ==, JSON's text tells True from 1, 1 from 1.0 and -0.0 from 0.0, and sees order."""
    return json.dumps([answer.query, answer.seconds, answer.response])


@given(st.none() | TEXT, SECONDS, JSON)
def test_what_was_encoded_comes_back_to_the_last_digit(query: str | None, seconds: float | None, response: Any) -> None:
    answer = decode_answer(encode_answer(query, seconds, response))
    assert plain(answer) == json.dumps([query, seconds, response])


@pytest.mark.parametrize(
    "response",
    [
        None,
        [],
        {},
        "",
        0,
        False,
        (1 << MAX_INTEGER_BITS) - 1,
        -(1 << 64),
        1 << 63,
        -0.0,
        5e-324,
        1.7976931348623157e308,
        "\0\u2028é",
    ],
    ids=lambda value: repr(value)[:20],
)
def test_every_kind_of_json_comes_back(response: Any) -> None:
    """Also null: that nothing is the answer is an answer."""
    assert plain(decode_answer(encode_answer(None, None, response))) == json.dumps([None, None, response])


def test_values_nest_as_deep_as_they_may() -> None:
    deep: Any = 1
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert decode_answer(encode_answer("", 0.0, deep)) == StoredAnswer("", 0.0, deep)


def test_no_two_calls_share_anything() -> None:
    first = decode_answer(WHOLE)
    assert isinstance(first.response, dict)
    first.response["answer"] = "changed"
    assert decode_answer(WHOLE).response == {"answer": [1, 2.5, "three", None], "tokens": 10**30}


def test_the_longest_response_is_taken_and_the_next_one_refused() -> None:
    longest = "x" * (MAX_ANSWER_BYTES - 2)  # and two quotes
    assert decode_answer(encode_answer(None, None, longest)).response == longest
    with pytest.raises(InvalidInputError, match="takes 16,777,217 bytes as JSON") as caught:
        encode_answer(None, None, longest + "x")
    assert caught.value.field == "response"


# Damage.


@settings(max_examples=300)
@given(st.data())
def test_damaged_bytes_are_refused_or_read_as_an_answer(data: st.DataObject) -> None:
    """Nothing else is ever raised. Keeping a checksum is the store's business."""
    at = data.draw(st.integers(0, len(WHOLE) - 1))
    byte = data.draw(st.integers(0, 255))
    try:
        answer = decode_answer(WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :])
    except CorruptDataError:
        return
    assert isinstance(answer, StoredAnswer)
    assert answer.seconds is None or math.isfinite(answer.seconds)


@given(st.binary(max_size=60) | st.builds(lambda tail: b"\x94\x01" + tail, st.binary(max_size=60)))
def test_foreign_bytes_are_refused_or_read_as_an_answer(payload: bytes) -> None:
    try:
        answer = decode_answer(payload)
    except CorruptDataError:
        return
    assert isinstance(answer, StoredAnswer)


def test_a_payload_that_was_cut_or_went_on_is_refused() -> None:
    for end in range(len(WHOLE)):
        with pytest.raises(CorruptDataError):
            decode_answer(WHOLE[:end])
    with pytest.raises(CorruptDataError):
        decode_answer(WHOLE + b"\xc0")


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ((2, None, None, b"{}"), "has the version 2"),
        ((1, None, None, b""), "cannot be read"),
        ((1, None, None, b"{"), "cannot be read"),
        ((1, None, None, b"{} {}"), "cannot be read"),
        ((1, None, None, b"NaN"), "cannot be read"),
        ((1, None, None, b'"\xff"'), "cannot be read"),
        ((1, None, None, b"1e999"), "cannot be read"),
        ((1, None, None, b"9" * 5000), "cannot be read"),
        ((1, None, None, b"[" * 200_000), "cannot be read"),
        ((1, None, None, b'"' + b"x" * MAX_ANSWER_BYTES + b'"'), "has 16,777,218 bytes of JSON"),
        ((1, None, math.nan, b"{}"), "has 2 bytes of JSON and took nan seconds"),
        ((1, None, -math.inf, b"{}"), "has 2 bytes of JSON and took -inf seconds"),
        ((1, b"query", None, b"{}"), "cannot be read"),
        ((1, None, None, "{}"), "cannot be read"),
        ((1, None, "1.5", b"{}"), "cannot be read"),
        ((True, None, None, b"{}"), "cannot be read"),
        ((1, None, None), "cannot be read"),
        ((1, None, None, b"{}", 5), "cannot be read"),
        ({"version": 1}, "cannot be read"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_not_its_form_is_refused(parts: object, reason: str) -> None:
    with pytest.raises(CorruptDataError) as caught:
        decode_answer(msgspec.msgpack.encode(parts))
    assert caught.value.reason.startswith(reason)


def test_a_length_that_lies_is_refused_before_it_is_believed() -> None:
    with pytest.raises(CorruptDataError):
        decode_answer(b"\x94\x01\xc0\xc0\xc6\xff\xff\xff\xff{}")
    with pytest.raises(CorruptDataError):
        decode_answer(b"\xdd\xff\xff\xff\xff\x01")


# Labels.


@given(TEXT, TEXT)
def test_labels_are_equal_exactly_when_texts_are(one: str, other: str) -> None:
    assert (text_label(one) == text_label(other)) == (one == other)


def test_a_label_is_the_same_in_every_process_and_release() -> None:
    """Stores keep it. This one is by coreutils: printf 'What is new?' | sha256sum."""
    assert text_label("What is new?").hex() == "cedd330e614391317631fa2039d31e015e944ce1131858692e18cd3d114efeab"
