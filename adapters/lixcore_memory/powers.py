"""Leases and sums for stores in memory. Both leave locking to the store that has them."""

from __future__ import annotations

from collections.abc import Mapping


class Leases:
    """What `lixcore.ports.leases.GrantsLeases` asks for. ``now`` is by a clock that never steps back."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[str, float]] = {}  # holder and end

    def take(self, name: str, holder: str, seconds: float, *, now: float) -> bool:
        """Take or renew a lease; False while another holder has it."""
        current, end = self._held.get(name, (holder, now))
        if current != holder and now < end:
            return False
        self._held[name] = (holder, now + seconds)
        return True

    def give_back(self, name: str, holder: str) -> None:
        """End a lease if the holder has it."""
        if name in self._held and self._held[name][0] == holder:
            del self._held[name]

    def clear(self) -> None:
        """End all."""
        self._held.clear()


class Tallies:
    """What `lixcore.ports.tallies.KeepsTallies` asks for."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}

    def add(self, changes: Mapping[str, float]) -> None:
        """Add to sums."""
        for name, change in changes.items():
            self._sums[name] = self._sums.get(name, 0.0) + change

    def all(self) -> dict[str, float]:
        """A copy of all sums."""
        return dict(self._sums)

    def clear(self) -> None:
        """Drop all."""
        self._sums.clear()
