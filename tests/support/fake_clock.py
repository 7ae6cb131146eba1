"""A clock that tests set."""

from __future__ import annotations


class FakeClock:
    """`lixcore.ports.clock.Clock` that stands still until it is told otherwise; ``wall`` may step back."""

    def __init__(self, wall: float = 1_700_000_000.0) -> None:
        self.wall = wall
        self.elapsed = 0.0

    def now(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.elapsed

    def advance(self, seconds: float) -> None:
        """Let time pass, as both clocks see it."""
        self.wall += seconds
        self.elapsed += seconds
