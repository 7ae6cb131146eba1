"""Sessions that are seldom used make room."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, ClassVar, Final, Self

import attrs

from lixcore.domain.session import SessionKey
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.options import option
from lixcore.ports.policy import Candidate, CandidateFact, Surplus
from lixcore_policies.eviction.leaving import keys_of, leaving
from lixcore_policies.eviction.message_rate import STEADY_SECONDS, messages_per_second


@attrs.frozen
class LeastFrequentlyUsedOptions:
    """The options of `LeastFrequentlyUsed`."""

    steady_seconds: float = option(
        STEADY_SECONDS,
        "How many seconds are added to the time that a session's messages are spread over; more of them favour sessions with many"
        " messages over those that just began.",
        at_least=0.001,
        at_most=1e9,
    )


class LeastFrequentlyUsed:
    """The eviction policy ``lfu``: idle sessions first, then those with the fewest messages per time in their window.

    How often a session is used ages by itself: where nothing is added, the time since its oldest message grows.

    Args:
        steady_seconds: Added to that time.
    """

    Options: ClassVar[type[Any]] = LeastFrequentlyUsedOptions
    wants: Final[Collection[CandidateFact]] = frozenset({CandidateFact.MESSAGES})
    """See `lixcore.ports.policy.WantsFacts`."""

    def __init__(self, *, steady_seconds: float = STEADY_SECONDS) -> None:
        self._steady_seconds = steady_seconds

    @classmethod
    def open(cls, options: LeastFrequentlyUsedOptions, context: AdapterContext) -> Self:
        """Make the policy of its options."""
        del context
        return cls(steady_seconds=options.steady_seconds)

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        """See `lixcore.ports.policy.EvictionPolicy.victims`."""

        def rank(candidate: Candidate) -> float:
            return messages_per_second(candidate, now=now, steady_seconds=self._steady_seconds)

        return keys_of(leaving(candidates, now=now, idle_seconds=idle_seconds, surplus=surplus, rank=rank))
