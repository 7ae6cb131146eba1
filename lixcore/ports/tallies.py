"""Counting over all processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable


@runtime_checkable
class KeepsTallies(Protocol):
    """An optional power of a cache's store: sums that all processes and hosts which share the store add to.

    They say how useful the cache is, and decide nothing: a process that is killed may take what it did not add with it.
    """

    def tally(self, changes: Mapping[str, float]) -> None:
        """Add to sums; one that is not there yet begins at zero. One round trip, atomic for each sum.

        Args:
            changes: What to add, by name: lower-case letters and underscores.
        """
        ...

    def tallies(self) -> Mapping[str, float]:
        """All sums by name; empty when nothing was added yet."""
        ...
