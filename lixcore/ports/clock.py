"""Time, as a port: tests set it, programs run on `SystemClock`."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Tells the time. It may step back or jump ahead, as clocks of real machines do."""

    def now(self) -> float:
        """Seconds since the epoch, to the microsecond."""
        ...

    def monotonic(self) -> float:
        """Seconds since some instant; never steps back. For durations and time-outs."""
        ...
