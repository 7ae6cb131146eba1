"""How long what is cached lives, as the expiry policy says."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from lixcore.errors import PolicyFailedError
from lixcore.ports.policy import ExpiryPolicy

GROUPS: Final = 8
"""Into how many groups at most the entries of a batch are parted that live for different times: each is a round trip."""


class Lifetimes:
    """Asks the policy for one layer.

    Args:
        policy: Is asked for every entry; None lets all live for as long as is configured.
        layer: The layer's name, for the policy.
        configured: How many seconds are configured.
    """

    def __init__(self, policy: ExpiryPolicy | None, layer: str, configured: float) -> None:
        self._policy = policy
        self._layer = layer
        self._configured = configured

    def one(self) -> float:
        """For how many seconds the next entry lives.

        Raises:
            PolicyFailedError: The policy gave no number of seconds above zero.
        """
        if self._policy is None:
            return self._configured
        seconds = self._policy.seconds(self._layer, self._configured)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < math.inf:
            reason = f"it gave {seconds!r}, which is no number of seconds above zero; nothing is cached"
            raise PolicyFailedError(type(self._policy).__name__, "expiry", reason)
        return seconds

    def groups(self, count: int) -> Iterator[tuple[int, int, float]]:
        """For how many seconds entries live that are stored together: parts of them, in their order, `GROUPS` at most.

        The policy is asked once for each entry. It is not told which one, so that its answers may be dealt out by length.

        Returns:
            Of each part where it begins and ends, and for how many seconds its entries live: the shortest time that the policy
            gave for one of them.
        """
        seconds = sorted(self.one() for _ in range(count))
        size = count if not seconds or seconds[0] == seconds[-1] else math.ceil(count / GROUPS)
        for start in range(0, count, size or 1):
            yield start, min(start + size, count), seconds[start]
