"""Policies: decisions that an operator may want to make otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lixcore.domain.message import Message
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import SessionActivity


class EvictionPolicy(Protocol):
    """Chooses the sessions that leave the hot store."""

    def victims(self, candidates: Sequence[SessionActivity], *, now: float, idle_seconds: float) -> Sequence[SessionKey]:
        """The sessions to evict, in that order.

        Args:
            candidates: Hot sessions, longest idle first.
            now: Seconds since the epoch.
            idle_seconds: How long a session may be idle by the configuration.
        """
        ...


class WindowPolicy(Protocol):
    """Chooses which of the newest messages make up the context."""

    def start(self, messages: Sequence[Message], *, max_messages: int, max_tokens: int | None) -> int:
        """The index where the context starts, 0 to ``len(messages)``; see `lixcore.domain.window.window_start`."""
        ...
