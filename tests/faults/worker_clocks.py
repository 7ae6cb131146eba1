"""Clocks that workers may be given: wrong by a constant, or one that steps at random."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any

from lixcore.ports.clock import Clock

HOUR, DAY = 3600.0, 86_400.0


class ShiftedClock:
    """The machine's clock, wrong by a constant number of seconds."""

    def __init__(self, offset: float) -> None:
        self._offset = offset

    def now(self) -> float:
        """Seconds since the epoch."""
        return round(time.time() + self._offset, 6)

    def monotonic(self) -> float:
        """Seconds since some instant; as they are."""
        return time.monotonic()


class JumpingClock(ShiftedClock):
    """Every now and then it is an hour early, or a day late, for a while."""

    def __init__(self, seed: int, every: int) -> None:
        super().__init__(0.0)
        self._chance = random.Random(seed)
        self._every = every

    def now(self) -> float:
        """Seconds since the epoch."""
        if self._chance.randrange(self._every) == 0:
            self._offset = self._chance.choice([-HOUR, DAY, 0.0])
        return super().now()


def clock_named(wanted: Mapping[str, Any] | None, seed: int) -> Clock | None:
    """The clock that a task asks for: ``{"offset": seconds}`` or ``{"jumps_every": calls}``; None for the machine's."""
    if wanted is None:
        return None
    if "offset" in wanted:
        return ShiftedClock(wanted["offset"])
    return JumpingClock(seed, wanted["jumps_every"])
