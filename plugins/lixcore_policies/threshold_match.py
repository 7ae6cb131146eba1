"""The match policy that looks at nothing but the similarity."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import attrs

from lixcore.ports.adapter import AdapterContext
from lixcore.ports.reuse_policy import MatchCandidate


@attrs.frozen
class ThresholdMatchOptions:
    """It has no options."""


class ThresholdMatch:
    """The match policy ``threshold``: the most similar response at or above the threshold answers."""

    Options: ClassVar[type[Any]] = ThresholdMatchOptions

    @classmethod
    def open(cls, options: ThresholdMatchOptions, context: AdapterContext) -> Self:
        """Make the policy; it needs nothing."""
        del options, context
        return cls()

    def may_answer(self, query: str | None, candidate: MatchCandidate) -> bool:
        """See `lixcore.ports.reuse_policy.MatchPolicy.may_answer`."""
        del query, candidate
        return True
