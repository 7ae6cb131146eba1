"""Precision and coverage by threshold, drawn with letters: it needs no colour, and no more than 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from lixcore.services.calibrating.calibration import Outcome

_LEVELS: Final = 20
"""How many steps a share is drawn in."""

_WIDTH: Final = 60


def threshold_plot(curves: Mapping[str, Sequence[float | None]], thresholds: Sequence[float], *, marked: float) -> str:
    """A plot with the thresholds from left to right and shares from 0 at the bottom to 1 at the top.

    Args:
        curves: For each letter to draw with, the share at each of the thresholds; None leaves a gap. Where two meet, the first
            is seen.
        thresholds: Ascending, at even distances; 60 at most.
        marked: The threshold that gets a mark under the axis.
    """
    pitch = max(1, _WIDTH // len(thresholds))
    rows = [[" "] * (pitch * len(thresholds)) for _ in range(_LEVELS + 1)]
    for letter, shares in reversed(list(curves.items())):
        for at, share in enumerate(shares):
            if share is not None:
                rows[_LEVELS - round(share * _LEVELS)][at * pitch] = letter
    lines = [
        f"{1 - number / _LEVELS:>5.0%} |".replace("%", " %") + "".join(row) if number % 5 == 0 else f"{'':>6} |" + "".join(row)
        for number, row in enumerate(rows)
    ]
    return "\n".join([*(line.rstrip() for line in lines), *_axis(thresholds, pitch, marked)])


def _axis(thresholds: Sequence[float], pitch: int, marked: float) -> list[str]:
    every = max(1, -(-6 // pitch))  # a label and the space after it
    labels = "".join(f"{threshold:<{pitch * every}.2f}" for threshold in thresholds[::every])
    lines = [f"{'':>6} +{'-' * (pitch * len(thresholds))}", f"{'':>8}{labels}".rstrip()]
    if thresholds[0] <= marked <= thresholds[-1]:
        share = (marked - thresholds[0]) / (thresholds[-1] - thresholds[0])
        lines.append(f"{'':>{8 + round(share * pitch * (len(thresholds) - 1))}}^ configured")
    return lines


def shares(outcomes: Sequence[Outcome]) -> tuple[list[float | None], list[float | None]]:
    """The precisions and the coverages of some outcomes."""
    return [each.precision for each in outcomes], [each.coverage for each in outcomes]
