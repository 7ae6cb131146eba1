"""Text is checked where it enters, and comes back the same."""

from __future__ import annotations

import enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.text import checked_text
from lixcore.errors import InvalidInputError


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_text_comes_back_unchanged(text: str) -> None:
    assert checked_text(text, "content", max_bytes=10_000) == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_the_limit_counts_bytes_of_utf8(text: str) -> None:
    size = len(text.encode())
    assert checked_text(text, "role", max_bytes=size) == text
    with pytest.raises(InvalidInputError, match=f"role is {size:,} bytes long in UTF-8; at most {size - 1:,}"):
        checked_text(text, "role", max_bytes=size - 1)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.characters(categories=["Cs"]))
def test_a_lone_surrogate_is_refused_with_its_place(before: str, surrogate: str) -> None:
    with pytest.raises(InvalidInputError, match=rf"lone surrogate \(U\+{ord(surrogate):04X}\) at index {len(before)}$"):
        checked_text(before + surrogate, "content", max_bytes=10_000)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_nul_is_refused_with_its_place(before: str) -> None:
    with pytest.raises(InvalidInputError, match=f"content has a NUL character at index {len(before)}$"):
        checked_text(before + "\0after", "content", max_bytes=10_000)


def test_nul_and_emptiness_pass_where_they_may() -> None:
    assert checked_text("a\0b", "session_id", max_bytes=3, allow_nul=True) == "a\0b"
    assert checked_text("", "content", max_bytes=0) == ""
    with pytest.raises(InvalidInputError, match="role is empty"):
        checked_text("", "role", max_bytes=9, allow_empty=False)


@pytest.mark.parametrize("value", [None, 1, b"bytes", ["text"]])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(InvalidInputError, match=f"content must be text, not {type(value).__name__}"):
        checked_text(value, "content", max_bytes=9)


class Speaker(enum.StrEnum):
    USER = "user"


class OldSpeaker(str, enum.Enum):  # noqa: UP042  # its str() is "OldSpeaker.USER"
    USER = "user"


@pytest.mark.parametrize("value", [Speaker.USER, OldSpeaker.USER])
def test_a_subclass_of_str_becomes_plain_text(value: str) -> None:
    plain = checked_text(value, "role", max_bytes=9)
    assert type(plain) is str
    assert plain == "user"
