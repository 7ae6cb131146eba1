"""The plugin `toy`: where it is installed, chatty sessions leave last.

It also counts the evictions that it is told of.
"""

from __future__ import annotations

import collections
import logging
from collections.abc import Sequence

from lixcore.domain.session import SessionKey
from lixcore.hooks import hookimpl
from lixcore.ports.events import Evicted
from lixcore.ports.policy import Candidate, Surplus

from lixcore_toy.policy import ChattyLast

_log = logging.getLogger("lixcore_toy")


class ToyPlugin:
    """Decides who leaves, and watches."""

    def __init__(self) -> None:
        self.evictions: collections.Counter[str] = collections.Counter()
        self._policy = ChattyLast()

    @hookimpl
    def lixcore_evict(
        self,
        candidates: Sequence[Candidate],
        now: float,
        idle_seconds: float,
        surplus: Surplus,
    ) -> Sequence[SessionKey] | None:
        """Where there is a surplus, what `chatty-last` says.

        None leaves the decision to the configured policy.
        """
        if surplus.sessions <= 0 and surplus.size <= 0:
            return None
        return self._policy.victims(
            candidates, now=now, idle_seconds=idle_seconds, surplus=surplus
        )

    @hookimpl
    def lixcore_evicted(self, event: Evicted) -> None:
        """Told afterwards, one event at a time."""
        self.evictions[event.session.tenant] += 1
        _log.info("%s left the hot store", event.session.id)
