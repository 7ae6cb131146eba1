"""Rich's console with the manners of this command line. Imported when something is shown."""

from __future__ import annotations

import os
from typing import Final

from rich.console import Console

_PIPE_WIDTH: Final = 4000
"""In a file or a pipe nothing is folded: an id stays one word for ``grep``."""


class Terminal(Console):
    """Takes text as it is: square brackets, numbers and colons mean nothing in it."""

    def __init__(self, *, stderr: bool) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)
        if not self.is_terminal and "COLUMNS" not in os.environ:
            self.width = _PIPE_WIDTH

    def on_broken_pipe(self) -> None:
        """Leave it to the command how it ends; the exit code has a meaning."""
        raise BrokenPipeError
