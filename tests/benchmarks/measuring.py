"""Timing several ways to do one thing so that they can be compared.

A machine's speed drifts while it is measured. So the cases take turns, a sample each, and a ratio is the median of the ratios
between samples that were taken next to one another.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

import attrs

_SAMPLE_SECONDS = 0.002
_FEWEST_ROUNDS = 5


@attrs.frozen
class Timing:
    """The samples of one case.

    Attributes:
        seconds: For each round, how long one call took.
    """

    seconds: list[float]

    @property
    def p10(self) -> float:
        """What a tenth of the samples do not exceed, in seconds: about what it takes while nobody else uses the machine."""
        return sorted(self.seconds)[len(self.seconds) // 10]

    @property
    def p50(self) -> float:
        """The median, in seconds."""
        return statistics.median(self.seconds)

    @property
    def p99(self) -> float:
        """What 99 of 100 samples do not exceed, in seconds."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, len(self.seconds) * 99 // 100)]

    def ratio_to(self, baseline: Timing) -> float:
        """How many times as long as the baseline it took."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.seconds, baseline.seconds, strict=False))


def _calls_per_sample(call: Callable[[], object]) -> int:
    began = time.perf_counter()
    call()
    return max(1, int(_SAMPLE_SECONDS / max(time.perf_counter() - began, 1e-7)))


def interleaved(
    cases: Mapping[str, Callable[[], object]], *, seconds: float, one_call_a_sample: bool = False, rounds: int | None = None
) -> dict[str, Timing]:
    """Time each case in turn, round after round.

    Args:
        cases: What to call, by name. Each is called once beforehand.
        seconds: For how long, about; there are 5 rounds at least, and a case that has used up its share after one stops there.
        one_call_a_sample: Whether each sample is one call, for percentiles; else calls that take microseconds are bundled.
        rounds: How many at most; None for as many as there is time for.
    """
    calls = {name: _calls_per_sample(call) for name, call in cases.items()}
    samples: dict[str, list[float]] = {name: [] for name in cases}
    share = seconds / len(cases)
    began = time.perf_counter()
    turn = 0
    while turn < _FEWEST_ROUNDS or time.perf_counter() - began < seconds:
        if turn == rounds:
            break
        turn += 1
        for name, call in cases.items():
            if samples[name] and samples[name][0] * calls[name] > share:
                continue
            count = 1 if one_call_a_sample else calls[name]
            start = time.perf_counter()
            for _ in range(count):
                call()
            samples[name].append((time.perf_counter() - start) / count)
    return {name: Timing(taken) for name, taken in samples.items()}
