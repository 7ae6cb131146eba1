"""The decisions that hold unless a plugin makes others."""

from __future__ import annotations

from collections.abc import Sequence

from lixcore.domain.message import Message
from lixcore.domain.window import window_start


class WholeTurns:
    """The window policy: as many of the newest messages as both limits allow, never splitting a call from its results."""

    def start(self, messages: Sequence[Message], *, max_messages: int, max_tokens: int | None) -> int:
        """See `lixcore.domain.window.window_start`."""
        return window_start(messages, max_messages=max_messages, max_tokens=max_tokens)
