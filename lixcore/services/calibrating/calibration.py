"""What a threshold does to labelled pairs of questions: how many cached answers would be right, and how many would be found."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import attrs

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.reuse_policy import MatchCandidate, MatchPolicy
from lixcore.services.calibrating.labelled_pairs import LabelledPair

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST_ACCEPTED: Final = 30
"""With fewer pairs accepted, a share of them says next to nothing, and no threshold is recommended for it."""

_NORMAL_QUANTILE: Final = 1.959963984540054
_STEPS: Final = 100
_SCOPE: Final = Scope(SessionKey("calibration"))


@attrs.frozen
class Interval:
    """Where a share of all pairs like these lies, with a probability of 95 %.

    Attributes:
        low: Its lower end, 0 to 1.
        high: Its upper end.
    """

    low: float
    high: float


def wilson_interval(right: int, of: int) -> Interval:
    """The interval of a share by E. B. Wilson (1927), which also holds for few pairs and for shares near 0 and 1.

    Args:
        right: How many are counted.
        of: Out of how many; for 0, nothing is known, and the interval is 0 to 1.
    """
    if not of:
        return Interval(0.0, 1.0)
    share, square = right / of, _NORMAL_QUANTILE**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _NORMAL_QUANTILE / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


@attrs.frozen
class Outcome:
    """What one threshold does.

    Attributes:
        threshold: The cosine that pairs must have.
        accepted: How many pairs are accepted: one question would get the other's answer.
        right: How many of these ask the same.
        same: How many pairs ask the same in all.
    """

    threshold: float
    accepted: int
    right: int
    same: int

    @property
    def precision(self) -> float | None:
        """The share of the accepted pairs that ask the same; None where none is accepted."""
        return self.right / self.accepted if self.accepted else None

    @property
    def coverage(self) -> float | None:
        """The share of the pairs that ask the same which are accepted; None where there are none."""
        return self.right / self.same if self.same else None

    @property
    def interval(self) -> Interval:
        """Where the precision over all pairs like these lies."""
        return wilson_interval(self.right, self.accepted)


class Calibration:
    """Pairs as they are added, and what thresholds do to them, with a match policy or by themselves.

    Args:
        policy: Is asked once for each pair, whatever its similarity.
    """

    def __init__(self, policy: MatchPolicy) -> None:
        self._policy = policy
        self._similarities = array("d")
        self._same = bytearray()
        self._permitted = bytearray()

    def __len__(self) -> int:
        return len(self._similarities)

    @property
    def same(self) -> int:
        """How many of the pairs ask the same."""
        return sum(self._same)

    def add(self, pair: LabelledPair) -> None:
        """Take a pair: ``a`` is asked, and ``b`` was cached."""
        candidate = MatchCandidate(pair.b, pair.similarity, 0.0, _SCOPE)
        self._permitted.append(bool(self._policy.may_answer(pair.a, candidate)))
        self._similarities.append(pair.similarity)
        self._same.append(pair.same)

    def outcomes(self, thresholds: Sequence[float], *, with_policy: bool) -> list[Outcome]:
        """What each of the thresholds does.

        Args:
            thresholds: Cosines, -1 to 1.
            with_policy: Whether the policy must permit a pair as well.
        """
        import numpy as np

        similarities, same = np.array(self._similarities), np.frombuffer(bytes(self._same), np.uint8).astype(bool)
        permitted = np.frombuffer(bytes(self._permitted), np.uint8).astype(bool) if with_policy else np.ones(len(same), bool)
        accepted, right = np.sort(similarities[permitted]), np.sort(similarities[permitted & same])
        return [
            Outcome(threshold, _at_least(accepted, threshold), _at_least(right, threshold), int(same.sum()))
            for threshold in thresholds
        ]

    def recommended(self, precision: float, *, with_policy: bool) -> Outcome | None:
        """The lowest threshold, of whole hundredths, whose precision is the one wanted or more.

        It is chosen and measured on the same pairs, so expect a little less of others; the interval says how sure it is.

        Args:
            precision: The share of right answers that is wanted, 0 to 1.
            with_policy: Whether the policy must permit a pair as well.

        Returns:
            None where no threshold at which `FEWEST_ACCEPTED` pairs are accepted is as precise.
        """
        steps = [step / _STEPS for step in range(-_STEPS, _STEPS + 1)]
        for outcome in self.outcomes(steps, with_policy=with_policy):
            if outcome.accepted >= FEWEST_ACCEPTED and outcome.right >= precision * outcome.accepted:
                return outcome
        return None

    def shown_thresholds(self, most: int) -> list[float]:
        """Thresholds at even distances that a table of so many rows shows best: from where nearly all same pairs are found, to 1.

        Args:
            most: How many rows there may be; 3 or more.
        """
        import numpy as np

        same = np.frombuffer(bytes(self._same), np.uint8).astype(bool)
        similarities = np.array(self._similarities)
        known = similarities[same] if same.any() else similarities
        lowest = float(np.quantile(known, 0.05)) if len(known) else 0.0
        for hundredths in (1, 2, 5, 10, 20, 50, 100):
            first = math.floor(lowest * _STEPS / hundredths)
            last = _STEPS // hundredths
            if last - first < most:
                break
        first = min(first, last - 2)  # a plot of one point shows nothing
        return [number * hundredths / _STEPS for number in range(first, last + 1)]


def _at_least(ordered: NDArray[np.float64], threshold: float) -> int:
    return len(ordered) - int(ordered.searchsorted(threshold, side="left"))
