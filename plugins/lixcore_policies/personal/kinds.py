"""A kind of data, and how it is taken out of a text."""

from __future__ import annotations

import re
from collections.abc import Callable

import attrs


def _whole(match: re.Match[str]) -> int:
    return match.end()


def _always(_: str) -> bool:
    return True


@attrs.frozen
class Kind:
    """A kind of data.

    Attributes:
        name: What it is called in the configuration; in capitals and brackets it is what texts have in its place.
        pattern: Where it may be. It must not match the empty text, nor try one character again and again.
        end_of: Gives where a match really ends; its start, where it is something else.
        may_be_in: A quick look, so that most texts cost next to nothing: whether it may be in a text at all.
        has_digits: Whether each has a digit, which most texts do not.
    """

    name: str
    pattern: re.Pattern[str]
    end_of: Callable[[re.Match[str]], int] = _whole
    may_be_in: Callable[[str], bool] = _always
    has_digits: bool = False

    @property
    def label(self) -> str:
        """What stands in its place, such as ``[EMAIL]``."""
        return f"[{self.name.upper()}]"

    def replaced_in(self, text: str) -> str:
        """The text with the label in the place of each; the very same one where there is none."""
        if not self.may_be_in(text):
            return text
        found = self.pattern.search(text)
        if found is None:
            return text
        parts: list[str] = []
        kept = 0
        while found is not None:
            start, end = found.start(), self.end_of(found)
            if end > start:
                parts += (text[kept:start], self.label)
                kept = end
            found = self.pattern.search(text, max(end, start + 1))
        if not parts:
            return text
        parts.append(text[kept:])
        return "".join(parts)
