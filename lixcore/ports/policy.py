"""Policies: decisions that an operator may want to make otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import attrs

from lixcore.domain.message import Message
from lixcore.domain.session import SessionKey


@attrs.frozen
class Candidate:
    """A hot session that may be evicted.

    Attributes:
        session: Whose.
        last_active: When it was last used, in seconds since the epoch, by the clock of the process that used it.
        size: What it takes in the hot store, in bytes; None where nobody asked the store, or it cannot tell.
    """

    session: SessionKey
    last_active: float
    size: int | None = None


@attrs.frozen
class Surplus:
    """How much more is hot than the configuration allows; zero where it sets no limit, or there is room.

    Attributes:
        sessions: So many sessions.
        size: So many bytes.
    """

    sessions: int = 0
    size: int = 0


class EvictionPolicy(Protocol):
    """Chooses the sessions that leave the hot store."""

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        """The sessions to evict, in that order: those that were idle long enough, and as many more as free the surplus.

        Args:
            candidates: Hot sessions, longest idle first; all of them when there is a surplus.
            now: Seconds since the epoch.
            idle_seconds: How long a session may be idle by the configuration.
            surplus: How much is to be freed in all; the idle sessions count towards it.

        Returns:
            Some of the candidates. What is none of them is left out. When it raises, the janitor warns, and sessions leave by
            ``session_ttl_seconds`` only.
        """
        ...


class WindowPolicy(Protocol):
    """Chooses which of the newest messages make up the context."""

    def start(self, messages: Sequence[Message], *, max_messages: int, max_tokens: int | None) -> int:
        """The index where the context starts, 0 to ``len(messages)``; see `lixcore.domain.window.window_start`."""
        ...
