"""Sessions that are seldom used, large, and cheap to bring back make room."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from typing import Any, ClassVar, Final, Self

import attrs

from lixcore.domain.session import SessionKey
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.options import option
from lixcore.ports.policy import Candidate, CandidateFact, Surplus
from lixcore_policies.eviction.leaving import keys_of, leaving
from lixcore_policies.eviction.message_rate import STEADY_SECONDS, messages_per_second

STEPS_KEPT: Final = 1024
"""How many steps of the inflation are remembered; of more than that, every second one."""


@attrs.frozen
class GreedyDualOptions:
    """The options of `GreedyDual`."""

    restore_seconds: float = option(
        0.001, "How many seconds it takes to make a session hot again, however small it is.", at_least=0, at_most=1e6
    )
    restore_seconds_per_mebibyte: float = option(
        0.05, "How many seconds more that takes for each mebibyte of the session.", at_least=0, at_most=1e6
    )
    steady_seconds: float = option(
        STEADY_SECONDS,
        "How many seconds are added to the time that a session's messages are spread over; more of them favour sessions with many"
        " messages over those that just began.",
        at_least=0.001,
        at_most=1e9,
    )


class GreedyDual:
    """The eviction policy ``gdsf``, Greedy-Dual-Size-Frequency (Cherkasova, 1998): idle sessions first, then the lowest priority.

    A session's priority is the inflation when it was last used, plus how often it is used times what it costs to restore, over
    its size. The inflation is the priority of the last one that made room: it grows, and so what was once worth keeping is not
    for ever. It is this process's own, as the janitor's work is; a new process begins at zero and soon has another.

    Args:
        restore_seconds: What every restore costs.
        restore_seconds_per_mebibyte: What it costs more for the session's size.
        steady_seconds: See `lixcore_policies.eviction.message_rate`.
    """

    Options: ClassVar[type[Any]] = GreedyDualOptions
    wants: Final[Collection[CandidateFact]] = frozenset(CandidateFact)
    """See `lixcore.ports.policy.WantsFacts`."""

    def __init__(
        self,
        *,
        restore_seconds: float = 0.001,
        restore_seconds_per_mebibyte: float = 0.05,
        steady_seconds: float = STEADY_SECONDS,
    ) -> None:
        self._fixed = restore_seconds
        self._per_byte = restore_seconds_per_mebibyte / 1024 / 1024
        self._steady_seconds = steady_seconds
        # From each time on, the inflation is the value of the same index; both ascend. No session is remembered.
        self._times: list[float] = []
        self._inflations: list[float] = []

    @classmethod
    def open(cls, options: GreedyDualOptions, context: AdapterContext) -> Self:
        """Make the policy of its options."""
        del context
        return cls(
            restore_seconds=options.restore_seconds,
            restore_seconds_per_mebibyte=options.restore_seconds_per_mebibyte,
            steady_seconds=options.steady_seconds,
        )

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        """See `lixcore.ports.policy.EvictionPolicy.victims`."""
        times, inflations = list(self._times), list(self._inflations)

        def priority(candidate: Candidate) -> float:
            step = bisect_right(times, candidate.last_active)
            often = messages_per_second(candidate, now=now, steady_seconds=self._steady_seconds)
            worth = often * (self._fixed / max(candidate.size or 1, 1) + self._per_byte)
            return (inflations[step - 1] if step else 0.0) + worth

        chosen = leaving(candidates, now=now, idle_seconds=idle_seconds, surplus=surplus, rank=priority)
        for_room = [candidate for candidate in chosen if now - candidate.last_active < idle_seconds]
        if for_room:
            self._inflate(priority(for_room[-1]), now)
        return keys_of(chosen)

    def _inflate(self, value: float, now: float) -> None:
        kept = bisect_right(self._times, now)  # where the clock stepped back, what is ahead of it comes never
        highest = max(value, self._inflations[-1] if self._inflations else 0.0)
        times, inflations = [*self._times[:kept], now], [*self._inflations[:kept], highest]
        if len(times) > STEPS_KEPT:
            times, inflations = times[1::2], inflations[1::2]
        self._times, self._inflations = times, inflations
