"""Putting scores together that are not alike: those of words, which have no bound, and cosines, which models spread differently.

All of these are pure, give finite numbers for finite ones, and do not depend on the order in which scores come, but for the order
of what they give.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

_SECONDS_PER_DAY: Final = 86_400.0


def over_typical(scores: Sequence[float | None]) -> list[float]:
    """Scores as multiples of their root mean square.

    So the only score there is becomes 1, and so do equal ones; one among many that are less becomes more, but never more than the
    square root of their number.

    Args:
        scores: Above 0; None, which becomes 0, for what has none.
    """
    known = [score for score in scores if score is not None]
    highest = max(known, default=0.0)
    if not highest > 0:
        return [0.0] * len(scores)
    # By way of shares, since squares of large or small scores are not numbers any more.
    shares = [0.0 if score is None else score / highest for score in scores]
    typical = math.sqrt(math.fsum(share * share for share in shares) / len(known))
    return [share / typical for share in shares]


def above_average(scores: Sequence[float | None]) -> list[float]:
    """How many standard deviations scores are above their mean; 0 for all where they do not differ.

    Args:
        scores: -1 to 1; None for what has none, which is taken to be as low as the lowest.
    """
    known = [score for score in scores if score is not None]
    if not known:
        return [0.0] * len(scores)
    lowest = min(known)
    mean = math.fsum(known) / len(known)
    spread = math.sqrt(math.fsum((score - mean) ** 2 for score in known) / len(known))
    if spread <= _SAME:
        return [0.0] * len(scores)
    return [((lowest if score is None else score) - mean) / spread for score in scores]


_SAME: Final = 1e-9
"""Scores that spread less do not differ: it is a thousand times what cosines are rounded to."""


def borrowed(scores: Sequence[float], neighbours: Sequence[Sequence[int]], weights: Sequence[float]) -> list[float]:
    """What each finding gets of its neighbours on one side: of each that is above 0, a share of its score.

    Args:
        scores: What each finding has by itself.
        neighbours: For each, which ones stand next to it, nearest first, as indexes.
        weights: The share that the nearest lends, the next one, and so on; those beyond lend nothing.
    """
    lent = [max(0.0, score) for score in scores]
    # Summed up exactly: the order in which findings come must not tell two equal ones apart.
    return [
        math.fsum([lent[other] * weight for other, weight in zip(others, weights, strict=False)]) if others else 0.0
        for others in neighbours
    ]


def freshness(age: float, half_life_days: float) -> float:
    """1 for what is said now, or later; half of that after each half-life.

    Args:
        age: How long ago it was said, in seconds.
        half_life_days: Above 0.
    """
    return math.pow(0.5, min(1e4, max(0.0, age) / _SECONDS_PER_DAY / half_life_days))
