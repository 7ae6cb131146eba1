"""The default ranking: words and meaning, and who stands next to whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final, Self

import attrs

from lixcore.domain.ranking import above_average, borrowed, freshness, over_typical
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.options import option
from lixcore.ports.ranking import Finding

_FURTHER: Final = 0.6
"""Of what one neighbour lends, the share that the next one beyond it lends."""

_BACKWARDS: Final = 0.6
"""Of what a neighbour before lends, the share that one after does: an answer follows its question."""


@attrs.frozen
class HybridRankingOptions:
    """The options of `HybridRanking`."""

    text_weight: float = option(
        1.0,
        "How much it counts that words fit, of which a hit that is neither good nor bad has 1.",
        at_least=0,
        at_most=100,
    )
    vector_weight: float = option(
        0.4,
        "How much it counts that embeddings are similar, in standard deviations above the average.",
        at_least=0,
        at_most=100,
    )
    neighbour_weight: float = option(
        0.5, "Which share of its score a message lends to the one after it; others next to it get less.", at_least=0, at_most=1
    )
    reach: int = option(2, "How many messages on either side of a message lend it weight.", at_least=0, at_most=5)
    half_life_days: float = option(
        0.0,
        "After how many days it counts half that a message is new; with 0, age does not count.",
        at_least=0,
        at_most=36_500,
    )
    recency_weight: float = option(
        0.5, "How much it counts that a message is new, where half_life_days is above 0.", at_least=0, at_most=100
    )


class HybridRanking:
    """The ranking policy ``hybrid``: how well words fit, how similar embeddings are, and what neighbours lend.

    Scores by words are taken as multiples of their root mean square, cosines as standard deviations above their mean: see
    `lixcore.domain.ranking`. What is above 0 of that sum is lent to neighbours. Last, what is new gets `recency_weight`, which
    halves with every `half_life_days`.
    """

    Options: ClassVar[type[Any]] = HybridRankingOptions

    def __init__(self, options: HybridRankingOptions | None = None) -> None:
        self._options = options or HybridRankingOptions()
        weight = self._options.neighbour_weight
        self._before = [weight * _FURTHER**distance for distance in range(self._options.reach)]
        self._after = [_BACKWARDS * share for share in self._before]

    @classmethod
    def open(cls, options: HybridRankingOptions, context: AdapterContext) -> Self:
        """Make the policy of its options."""
        del context
        return cls(options)

    @property
    def reach(self) -> int:
        """See `lixcore.ports.ranking.RankingPolicy`."""
        return self._options.reach if self._options.neighbour_weight else 0

    def rank(self, findings: Sequence[Finding], *, now: float) -> Sequence[float]:
        """See `lixcore.ports.ranking.RankingPolicy.rank`."""
        options = self._options
        texts = over_typical([finding.text for finding in findings])
        vectors = above_average([finding.vector for finding in findings])
        own = [options.text_weight * text + options.vector_weight * vector for text, vector in zip(texts, vectors, strict=True)]
        # What only stands next to a hit was not found: it has nothing to lend.
        lending = [0.0 if each.text is None and each.vector is None else score for each, score in zip(findings, own, strict=True)]
        before = borrowed(lending, [finding.before for finding in findings], self._before)
        after = borrowed(lending, [finding.after for finding in findings], self._after)
        scores = [sum(parts) for parts in zip(own, before, after, strict=True)]
        if options.half_life_days:
            for index, finding in enumerate(findings):
                if finding.timestamp is not None:
                    scores[index] += options.recency_weight * freshness(now - finding.timestamp, options.half_life_days)
        return scores
