"""A conversation as text: one line a message."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.message import Message
from lixcore.domain.transcript import MAX_LINE_CHARACTERS, formatted

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300) | st.text(
    "a \n\r\x0b\x85\u2028", max_size=900
)
MESSAGES = st.builds(Message, role=st.text("aB \n\u2028", min_size=1, max_size=8), content=TEXT, timestamp=st.just(0.0))


def said(content: str, role: str = "user") -> Message:
    return Message(role, content, 0.0)


def test_it_reads_as_a_dialogue() -> None:
    messages = [said("Hello!"), said("Hi, how can I help?", "assistant")]
    assert formatted(messages, max_lines=50) == "User: Hello!\nAssistant: Hi, how can I help?"


def test_the_last_lines_are_kept() -> None:
    messages = [said(str(number)) for number in range(5)]
    assert formatted(messages, max_lines=2) == "User: 3\nUser: 4"
    assert formatted(messages, max_lines=5) == formatted(messages, max_lines=6)
    assert formatted(messages, max_lines=0) == formatted(messages, max_lines=-1) == formatted([], max_lines=9) == ""


@given(st.lists(MESSAGES, max_size=6), st.integers(1, 8))
def test_every_message_is_one_line_and_none_is_long(messages: list[Message], max_lines: int) -> None:
    text = formatted(messages, max_lines=max_lines)
    lines = text.splitlines()
    assert len(lines) == min(len(messages), max_lines)
    newest = messages[-max_lines:]
    assert all(len(line) <= len(message.role) + 2 + MAX_LINE_CHARACTERS for line, message in zip(lines, newest, strict=True))


def test_200_characters_fit_and_a_longer_content_is_cut_with_an_ellipsis() -> None:
    assert formatted([said("x" * 200)], max_lines=1) == "User: " + "x" * 200
    assert formatted([said("x" * 201)], max_lines=1) == "User: " + "x" * 199 + "…"
    assert formatted([said("x" * 1000)], max_lines=1) == "User: " + "x" * 199 + "…"


def test_breaks_and_runs_of_blanks_are_one_blank() -> None:
    assert formatted([said("a\n\n  b\u2028c\td ")], max_lines=1) == "User: a b c d"


def test_what_follows_a_long_run_of_blanks_is_marked_as_cut() -> None:
    assert formatted([said("a" + " " * 900 + "b")], max_lines=1) == "User: a…"
