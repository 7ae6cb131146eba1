"""The part of a text that a search found it by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from lixcore_cli.safe_text import visible_line

if TYPE_CHECKING:
    from rich.text import Text

WIDTH: Final = 240
"""About how many characters are shown."""

_LEAD: Final = 60  # before the first word that was found
_ELLIPSIS: Final = "…"

Spans = Sequence[tuple[int, int]]


def best_window(length: int, spans: Spans, *, width: int = WIDTH) -> tuple[int, int]:
    """The start and the end of a part that has as many of the spans as any, the first of such.

    Args:
        length: Of the whole text, in characters.
        spans: Ascending starts and ends in it.
        width: How long the part may be.
    """
    if length <= width:
        return 0, length
    best, most = 0, 0
    for index, (start, _) in enumerate(spans):
        count = sum(1 for _, end in spans[index : index + width] if end <= start - _LEAD + width)
        if count > most:
            best, most = start, count
    begin = min(max(0, best - _LEAD), length - width)
    return begin, begin + width


def snippet(text: str, spans: Spans, *, style: str = "bold yellow") -> Text:
    """One line of a text around what was found in it, which is highlighted; control characters are written out.

    Args:
        text: As it is stored.
        spans: Where what was found stands, as `lixcore.ports.analyzer.Analyzer.spans` gives it.
        style: Of what was found.
    """
    from rich.text import Text

    begin, end = best_window(len(text), spans)
    line = Text(_ELLIPSIS if begin else "")
    at = begin
    for start, stop in spans:
        if stop <= at or start >= end:
            continue
        start, stop = max(start, at), min(stop, end)  # noqa: PLW2901  # what of it is shown
        line.append(visible_line(_flowing(text[at:start])))
        line.append(visible_line(text[start:stop]), style=style)
        at = stop
    line.append(visible_line(_flowing(text[at:end])))
    if end < len(text):
        line.append(_ELLIPSIS)
    return line


def _flowing(text: str) -> str:
    """Without line breaks: a snippet is one line, and no place is that important."""
    return text.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
