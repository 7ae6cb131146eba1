"""The largest sessions make room."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, ClassVar, Final, Self

import attrs

from lixcore.domain.session import SessionKey
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.policy import Candidate, CandidateFact, Surplus
from lixcore_policies.eviction.leaving import keys_of, leaving


@attrs.frozen
class LargestFirstOptions:
    """It has no options."""


class LargestFirst:
    """The eviction policy ``largest-first``: idle sessions first, then the largest, so that the fewest leave.

    Where the hot store cannot measure sessions, it is ``lru``.
    """

    Options: ClassVar[type[Any]] = LargestFirstOptions
    wants: Final[Collection[CandidateFact]] = frozenset({CandidateFact.SIZE})
    """See `lixcore.ports.policy.WantsFacts`."""

    @classmethod
    def open(cls, options: LargestFirstOptions, context: AdapterContext) -> Self:
        """Make the policy; it needs nothing."""
        del options, context
        return cls()

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        """See `lixcore.ports.policy.EvictionPolicy.victims`."""
        chosen = leaving(candidates, now=now, idle_seconds=idle_seconds, surplus=surplus, rank=lambda one: -(one.size or 0))
        return keys_of(chosen)
