"""A hot store in memory that grants leases by a test's clock, and measures sessions by their payloads."""

from __future__ import annotations

from collections.abc import Sequence

from lixcore.domain.session import SessionKey
from lixcore.ports.clock import Clock
from lixcore_memory import MemoryHotStore


class LeasingHotStore(MemoryHotStore):
    """`GrantsLeases` and `MeasuresSessions` in a few lines; ``leases`` maps a name to its holder and its end."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.clock = clock
        self.leases: dict[str, tuple[str, float]] = {}

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        """See `GrantsLeases`."""
        has, until = self.leases.get(name, (holder, 0.0))
        if has != holder and self.clock.now() < until:
            return False
        self.leases[name] = (holder, self.clock.now() + seconds)
        return True

    def end_lease(self, name: str, *, holder: str) -> None:
        """See `GrantsLeases`."""
        if self.leases.get(name, ("", 0.0))[0] == holder:
            del self.leases[name]

    def sizes(self, sessions: Sequence[SessionKey]) -> Sequence[int]:
        """See `MeasuresSessions`."""
        return [sum(len(entry.payload) for entry in self.oldest(session, limit=2**31)) for session in sessions]
