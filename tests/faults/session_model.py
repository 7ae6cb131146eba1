"""What a session is to those who use it: a list of messages, of which the end is the context."""

from __future__ import annotations

import attrs

from gated_ports import Gate
from lixcore import Stack


@attrs.frozen(eq=False)
class Process:
    """A stack, the gate that its calls pass, and its window."""

    stack: Stack
    gate: Gate
    window: int


@attrs.define
class SessionModel:
    """What was said, who said it, and where the context starts."""

    said: list[str] = attrs.Factory(list)
    by: dict[str, Process] = attrs.Factory(dict)
    fresh_from: int = 0
    maybe_from: int | None = None  # where it may start too: a clear failed, and may show later than at once

    def looks_like(self, context: list[str], window: int) -> bool:
        """Whether it is one of those that there may be; from the fresh one on, the older one is none."""
        old = self.context(window)
        if self.maybe_from is not None:
            self.fresh_from, was = self.maybe_from, self.fresh_from
            if context == self.context(window) != old:
                self.maybe_from = None
                return True
            self.fresh_from = was
        return context == old

    def clear(self) -> None:
        """Start a fresh context."""
        self.fresh_from, self.maybe_from = len(self.said), None

    def context(self, window: int) -> list[str]:
        """Its end."""
        return self.said[self.fresh_from :][-window:] if window else []

    def keep(self, texts: set[str]) -> None:
        """Forget all others."""
        self.fresh_from = sum(text in texts for text in self.said[: self.fresh_from])
        if self.maybe_from is not None:
            self.maybe_from = sum(text in texts for text in self.said[: self.maybe_from])
        self.said = [text for text in self.said if text in texts]
