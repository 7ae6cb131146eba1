"""The default eviction policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import attrs

from lixcore.domain.session import SessionKey
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.hot_store import SessionActivity


@attrs.frozen
class LeastRecentlyUsedOptions:
    """It has no options."""


class LeastRecentlyUsed:
    """The eviction policy ``lru``: every session that was idle long enough, the least recently used first."""

    Options: ClassVar[type[Any]] = LeastRecentlyUsedOptions

    @classmethod
    def open(cls, options: LeastRecentlyUsedOptions, context: AdapterContext) -> Self:
        """Make the policy; it needs nothing."""
        del options, context
        return cls()

    def victims(self, candidates: Sequence[SessionActivity], *, now: float, idle_seconds: float) -> Sequence[SessionKey]:
        """See `lixcore.ports.policy.EvictionPolicy.victims`."""
        idle = [candidate for candidate in candidates if now - candidate.last_active >= idle_seconds]
        return [candidate.session for candidate in sorted(idle, key=lambda candidate: candidate.last_active)]
