"""What a message is found and filtered by."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.message import Message
from lixcore.domain.searchable import MAX_VALUE_BYTES, searchable_fields, searchable_text
from lixcore.domain.words import words_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def said(content: str = "Hello", role: str = "user", metadata: Any = None) -> Message:
    return Message(role, content, 1.0, metadata)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (said(), "Hello"),
        (said("", metadata={}), ""),
        (said(role="Anna"), "Anna\nHello"),
        (said(metadata={"topic": "boats", "speaker": "Bob"}), "Bob\nHello\nboats"),
        (said(metadata={"n": 3, "is": True, "no": None, "list": ["x"], "deep": {"y": "z"}}), "Hello"),
        (said(metadata=["a", "list"]), "Hello"),
        (said(metadata="a text"), "Hello"),
    ],
)
def test_examples(message: Message, text: str) -> None:
    assert searchable_text(message) == text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tool_call_id", "call_boats"),
        ("id", "boats"),
        ("messageId", "boats"),
        ("request-id", "boats"),
        ("signature", "boats"),
        ("ref", "0b5c2f9e-8d3a-4b55-9d0e-6f6f1f0f8a11"),
        ("ref", "d41d8cd98f00b204e9800998ecf8427e"),
        ("picture", "data:image/png;base64,iVBORw0KGgo="),
        ("blob", "TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5"),
    ],
)
def test_what_nobody_searches_for_is_left_out(name: str, value: str) -> None:
    assert searchable_text(said(metadata={name: value})) == "Hello"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("caption", "a photo of 2 dogs"),
        ("idea", "boats"),
        ("video", "boats"),
        ("color", "deadbeefdeadbeef"),
        ("url", "https://example.org/how-to-build-boats"),
        ("word", "Donaudampfschifffahrtsgesellschaft"),
        ("title", "東京の天気"),
        ("plate", "AB-123"),
    ],
)
def test_what_somebody_may_search_for_is_searched(name: str, value: str) -> None:
    assert searchable_text(said(metadata={name: value})) == f"Hello\n{value}"


def test_of_long_values_the_beginning_is_searched_and_nothing_is_a_field() -> None:
    for letter in ("a ", "ж", "🎉"):
        value = letter * MAX_VALUE_BYTES
        text = searchable_text(said("", metadata={"note": value}))
        assert MAX_VALUE_BYTES - 4 < len(text.encode()) <= MAX_VALUE_BYTES
        assert value.startswith(text)
        assert searchable_fields(said(metadata={"note": value, "n": 1})) == {"n": "1"}
    edge = "x" * MAX_VALUE_BYTES
    assert searchable_fields(said(metadata={"note": edge})) == {"note": edge}


def test_fields_are_as_json_writes_them() -> None:
    metadata = {
        "a": "text",
        "b": True,
        "c": False,
        "d": 3,
        "e": 0.5,
        "f": 1e30,
        "g": None,
        "h": [1],
        "i": {},
        "j": "",
        "id": "x1",
    }
    expected = {"a": "text", "b": "true", "c": "false", "d": "3", "e": "0.5", "f": "1e+30", "j": "", "id": "x1"}
    assert searchable_fields(said(metadata=metadata)) == expected
    assert searchable_fields(said(metadata=["a"])) == {}


@given(TEXTS, JSON)
def test_every_word_of_the_content_is_searched_whatever_the_metadata(content: str, metadata: Any) -> None:
    message = said(content, metadata=metadata)
    assert set(words_of(content)) <= set(words_of(searchable_text(message)))
    assert all(isinstance(value, str) for value in searchable_fields(message).values())
