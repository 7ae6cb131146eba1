"""The decisions that hold unless a plugin makes others."""

from __future__ import annotations

from collections.abc import Sequence

from lixcore.domain.message import Message
from lixcore.domain.session import SessionKey
from lixcore.domain.window import window_start
from lixcore.ports.hot_store import SessionActivity


class WholeTurns:
    """The window policy: as many of the newest messages as both limits allow, never splitting a call from its results."""

    def start(self, messages: Sequence[Message], *, max_messages: int, max_tokens: int | None) -> int:
        """See `lixcore.domain.window.window_start`."""
        return window_start(messages, max_messages=max_messages, max_tokens=max_tokens)


class LongestIdle:
    """The eviction policy ``lru``: every session that was idle long enough, the least recently used first."""

    def victims(self, candidates: Sequence[SessionActivity], *, now: float, idle_seconds: float) -> Sequence[SessionKey]:
        """See `lixcore.ports.policy.EvictionPolicy.victims`."""
        idle = [candidate for candidate in candidates if now - candidate.last_active >= idle_seconds]
        return [candidate.session for candidate in sorted(idle, key=lambda candidate: candidate.last_active)]
