"""Time that a test sets."""

from __future__ import annotations

NOON = 1_800_000_000.0
"""Where the suite's clocks start; seconds since the epoch."""


class SettableClock:
    """A `lixcore.ports.clock.Clock` that stands still until it is told otherwise, and may be told to step back.

    Args:
        now: Where it starts; seconds since the epoch.
    """

    def __init__(self, now: float = NOON) -> None:
        self._now = now
        self._monotonic = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._now

    def monotonic(self) -> float:
        """Seconds that passed; never steps back."""
        return self._monotonic

    def advance(self, seconds: float) -> float:
        """Move on, or back when ``seconds`` is negative; return the new time."""
        self._now += seconds
        self._monotonic += max(seconds, 0)
        return self._now
