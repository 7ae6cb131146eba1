"""A clock that tests set."""

from __future__ import annotations


class SettableClock:
    """`lixcore.ports.clock.Clock` that stands still until it is moved; the two times move apart when a test says so.

    Attributes:
        time: What `now` says.
        elapsed: What `monotonic` says.
    """

    def __init__(self, time: float = 1_700_000_000.0) -> None:
        self.time = time
        self.elapsed = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.time

    def monotonic(self) -> float:
        """Seconds since some instant."""
        return self.elapsed

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.time += seconds
        self.elapsed += seconds
