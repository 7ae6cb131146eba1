"""A conversation as text for people and prompts."""

from __future__ import annotations

from collections.abc import Sequence

from lixcore.domain.message import Message

MAX_LINE_CHARACTERS = 200


def formatted(messages: Sequence[Message], *, max_lines: int) -> str:
    """One line a message, ``Role: content``, the last ``max_lines`` of them, oldest first.

    Line breaks inside a message become spaces, and content is cut after 200 characters with an ellipsis.
    """
    newest = messages[-max_lines:] if max_lines > 0 else []
    return "\n".join(f"{_one_line(message.role.capitalize())}: {_one_line(message.content)}" for message in newest)


def _one_line(content: str) -> str:
    # Only the start can show: a 16 MiB message is not split into words for a line of 200 characters.
    line = " ".join(content[: MAX_LINE_CHARACTERS * 4].split())
    cut = len(line) > MAX_LINE_CHARACTERS or len(content) > MAX_LINE_CHARACTERS * 4
    return line[: MAX_LINE_CHARACTERS - 1] + "…" if cut else line
