"""What the server's clock shows, as well as that can be known without asking."""

from __future__ import annotations

from lixcore.ports.clock import Clock


class ServerClock:
    """Goes on by this process's monotonic clock from what the server told last; by this process's own time until it told any.

    Threads and forked processes need no lock: each assignment is one that the server told.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead: float | None = None  # of the monotonic clock, in seconds

    def heard(self, seconds: float) -> None:
        """Take what the server told a moment ago, in seconds since the epoch: the estimate is early, not late."""
        self._ahead = seconds - self._clock.monotonic()

    def milliseconds(self) -> int:
        """Milliseconds since the epoch."""
        ahead = self._ahead
        return int((self._clock.now() if ahead is None else self._clock.monotonic() + ahead) * 1000)
