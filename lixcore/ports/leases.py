"""One of many may do it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class GrantsLeases(Protocol):
    """An optional power of a store: lets one of all processes and hosts that share the store do a job, for a while."""

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        """Take a lease, or renew the one that the holder has. It ends after ``seconds``, whatever becomes of the holder.

        Args:
            name: What for; lower-case letters, digits and hyphens.
            holder: Who, unique among all processes.
            seconds: From now on, by the store's own clock where it has one.

        Returns:
            False while another holder has it.
        """
        ...

    def end_lease(self, name: str, *, holder: str) -> None:
        """Give a lease back before it ends by itself; nothing happens when the holder has it no more."""
        ...
