"""The default eviction policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import attrs

from lixcore.domain.session import SessionKey
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.policy import Candidate, Surplus


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
        chosen: list[SessionKey] = []
        sessions, size = surplus.sessions, surplus.size
        for candidate in sorted(candidates, key=_longest_idle_first):
            if now - candidate.last_active < idle_seconds and sessions <= 0 and size <= 0:
                break
            chosen.append(candidate.session)
            sessions -= 1
            size -= candidate.size or 0
        return chosen


def _longest_idle_first(candidate: Candidate) -> tuple[float, str, str]:
    # Of those used at the same time a store may list any first; the key decides, so that the answer is the same everywhere.
    return candidate.last_active, candidate.session.tenant, candidate.session.id
