"""The default eviction policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import attrs

from lixcore.domain.session import SessionKey
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.policy import Candidate, Surplus
from lixcore_policies.eviction.leaving import keys_of, leaving


@attrs.frozen
class LeastRecentlyUsedOptions:
    """It has no options."""


class LeastRecentlyUsed:
    """The eviction policy ``lru``: every session that was idle long enough, the least recently used first.

    When more is hot than may be, it goes on in that order until enough would be free.
    """

    Options: ClassVar[type[Any]] = LeastRecentlyUsedOptions

    @classmethod
    def open(cls, options: LeastRecentlyUsedOptions, context: AdapterContext) -> Self:
        """Make the policy; it needs nothing."""
        del options, context
        return cls()

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        """See `lixcore.ports.policy.EvictionPolicy.victims`."""
        chosen = leaving(candidates, now=now, idle_seconds=idle_seconds, surplus=surplus, rank=lambda one: one.last_active)
        return keys_of(chosen)
