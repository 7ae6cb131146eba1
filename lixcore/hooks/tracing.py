"""``LIX_TRACE_HOOKS=1``: every call of a hook on standard error, with who was asked and what came of it."""

from __future__ import annotations

import os
import reprlib
import sys
from collections.abc import Mapping
from typing import Any, Final, TextIO

from lixcore.hooks.plugins import Implementation

VARIABLE: Final = "LIX_TRACE_HOOKS"
"""The environment variable that switches it on."""

SHOWN: Final = 100
"""How many characters are shown of an argument or an answer."""

_ON: Final = frozenset({"1", "true", "yes", "on"})
_UNSHOWN: Final = frozenset({"lixcore_redact"})  # its texts hold what must not be kept


class Trace:
    """Writes a line for each call of an implementation.

    Args:
        stream: Where to; standard error, as it is at each call, when not given.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._short = reprlib.Repr()
        self._short.maxtuple = self._short.maxlist = 3
        self._short.maxstring = self._short.maxother = SHOWN

    @staticmethod
    def of_environment() -> Trace | None:
        """The trace that the environment asks for; None, and no cost, when it asks for none."""
        return Trace() if os.environ.get(VARIABLE, "").strip().lower() in _ON else None

    def tell(self, implementation: Implementation, arguments: Mapping[str, Any], outcome: str, answer: object) -> None:
        """Write a line.

        Args:
            implementation: Who was asked.
            arguments: With what.
            outcome: What came of it, such as "answered".
            answer: The answer, or what was raised.
        """
        hook = implementation.hook
        given = ", ".join(f"{name}={self._shown(hook, value)}" for name, value in arguments.items())
        who = f"plugin {implementation.plugin!r} ({implementation.place})"
        stream = self._stream or sys.stderr
        stream.write(f"lixcore hook {hook}({given}): {who} {outcome} {self._shown(hook, answer)}\n")

    def _shown(self, hook: str, value: object) -> str:
        if hook in _UNSHOWN and value is not None:
            return f"<{len(value)} characters>" if isinstance(value, str) else f"<{type(value).__name__}>"
        text = self._short.repr(value)
        # What comes from outside may hold anything, a terminal's control characters as well.
        text = "".join(char if char.isprintable() else "·" for char in text[: SHOWN + 1])
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
