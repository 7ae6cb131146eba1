"""Where a command's words go: results to standard output, everything else to standard error, and JSON when it was asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lixcore_cli.safe_text import visible

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table


class Output:
    """Writes for people, or, with ``as_json``, for programs. All that came from outside goes through `safe_text`.

    JSON is written in ASCII: escaped text is safe on every terminal and in every locale.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    @cached_property
    def console(self) -> Console:
        """Standard output."""
        from lixcore_cli.terminal import Terminal

        return Terminal(stderr=False)

    @cached_property
    def errors(self) -> Console:
        """Standard error."""
        from lixcore_cli.terminal import Terminal

        return Terminal(stderr=True)

    def document(self, value: Mapping[str, Any], *, stderr: bool = False) -> None:
        """Write one JSON document."""
        (sys.stderr if stderr else sys.stdout).write(json.dumps(value, indent=2) + "\n")

    def lines(self, values: Iterable[Mapping[str, Any]]) -> None:
        """Write JSON lines, one for each value."""
        for value in values:
            sys.stdout.write(json.dumps(value) + "\n")

    def show(self, *parts: RenderableType) -> None:
        """Write for people. Text is taken as it is; square brackets mean nothing."""
        for part in parts:
            self.console.print(part)

    def note(self, text: str) -> None:
        """Tell people something beside the result, on standard error. With ``as_json``, nothing is written."""
        if not self.as_json:
            self.errors.print(visible(text), soft_wrap=True)

    def warn(self, text: str) -> None:
        """Tell of something that is not right but stops nothing, on standard error."""
        self._tell("warning", "yellow", text)

    def fail(self, text: str, *, facts: Mapping[str, Any]) -> None:
        """Tell what stopped the command, on standard error."""
        if self.as_json:
            self.document({"error": {"message": text, **facts}}, stderr=True)
        else:
            self._tell("error", "bold red", text)

    def _tell(self, word: str, style: str, text: str) -> None:
        from rich.text import Text

        self.errors.print(Text.assemble((f"{word}:", style), " ", visible(text)), soft_wrap=True)


def plain_table(*columns: str, right: Iterable[str] = ()) -> Table:
    """A table with few lines; the columns named in ``right`` are aligned there. Cells are folded, never cut."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    numbers = frozenset(right)
    for column in columns:
        is_number = column in numbers
        table.add_column(column, justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
    return table
