"""What a calibration found, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lixcore.errors import InvalidLineError
from lixcore.services.calibrating.calibration import FEWEST_ACCEPTED
from lixcore_cli.output import Output, plain_table
from lixcore_cli.quantities import counted, share
from lixcore_cli.threshold_plot import shares, threshold_plot

if TYPE_CHECKING:
    from lixcore.config import CacheConfig
    from lixcore.services.calibrating.calibration import Calibration, Outcome

MAX_LISTED: Final = 20
"""How many bad lines are listed; all are counted."""

_MOST_ROWS: Final = 21
_MOST_POINTS: Final = 60
_FEW_PAIRS: Final = 200
_FEW_OF_A_KIND: Final = 50
_BARE: Final = "threshold"


class CalibrationReport:
    """Gathers what was wrong with lines, and tells what thresholds do to the others.

    Args:
        out: Where it is told.
        calibration: Gets the pairs.
        config: Names the threshold and the policy that are configured.
        wanted: The precision to recommend a threshold for.

    Attributes:
        calibration: The pairs.
        bad_lines: How many lines were skipped.
    """

    def __init__(self, out: Output, calibration: Calibration, config: CacheConfig, *, wanted: float) -> None:
        self.calibration = calibration
        self.bad_lines = 0
        self._listed: list[InvalidLineError] = []
        self._out = out
        self._configured = config.semantic_similarity_threshold
        self._policy = config.match_policy
        self._wanted = wanted
        self._percent = f"{100 * wanted:.4g} %"

    def note_bad(self, error: InvalidLineError) -> None:
        """Count a line that was skipped."""
        self.bad_lines += 1
        if len(self._listed) < MAX_LISTED:
            self._listed.append(error)

    def tell(self) -> bool:
        """Tell everything; returns whether the wanted precision is reached with the configured policy."""
        best = self.calibration.recommended(self._wanted, with_policy=True)
        if self._out.as_json:
            self._out.document(self._document(best))
        else:
            self._show(best)
        return best is not None

    def _policies(self) -> dict[str, bool]:
        """The policies to compare, and whether each is the configured one."""
        return {_BARE: False} if self._policy == _BARE else {_BARE: False, self._policy: True}

    def _show(self, best: Outcome | None) -> None:
        pairs, same = len(self.calibration), self.calibration.same
        self._out.show(f"{counted(pairs, 'pair')}, {same:,} of the same question.", "")
        self._show_table(best)
        self._out.show(self._plot(), "")
        self._out.show(self._advice(best))
        for warning in self._warnings(best):
            self._out.warn(warning)
        for error in self._listed:
            self._out.warn(f"skipped {error}")
        if self.bad_lines > len(self._listed):
            self._out.warn(f"skipped {self.bad_lines - len(self._listed):,} more bad lines")

    def _show_table(self, best: Outcome | None) -> None:
        recommended = set[float]() if best is None else {best.threshold}
        thresholds = sorted({*self.calibration.shown_thresholds(_MOST_ROWS), self._configured, *recommended})
        names = list(self._policies())
        shares_of = [f"{name}\n{what}" for name in names for what in ("precision", "coverage")]
        columns = ["similarity", *shares_of, f"{names[-1]}\naccepted"]
        table = plain_table(*columns, right=columns)
        found = [self.calibration.outcomes(thresholds, with_policy=each) for each in self._policies().values()]
        for threshold, *outcomes in zip(thresholds, *found, strict=True):
            mark = ("*" if threshold == self._configured else "") + (">" if threshold in recommended else "")
            cells = [f"{mark} {_shown(threshold)}"]
            for outcome in outcomes:
                cells += [share(outcome.right, outcome.accepted), share(outcome.right, outcome.same)]
            table.add_row(*cells, f"{outcomes[-1].accepted:,}", style="bold" if mark else "")
        self._out.show(table, "* configured" + ("   > recommended" if best else ""), "")

    def _plot(self) -> str:
        thresholds = self.calibration.shown_thresholds(_MOST_POINTS)
        curves: dict[str, list[float | None]] = {}
        legend = []
        for name, with_policy in reversed(self._policies().items()):
            precisions, coverages = shares(self.calibration.outcomes(thresholds, with_policy=with_policy))
            letters = ("P", "C") if len(self._policies()) == 1 or with_policy else ("p", "c")
            curves |= dict(zip(letters, (precisions, coverages), strict=True))
            legend.append(f"{letters[0]} precision and {letters[1]} coverage of {name}")
        return f"{threshold_plot(curves, thresholds, marked=self._configured)}\n\n{'; '.join(legend)}"

    def _advice(self, best: Outcome | None) -> str:
        if best is None:
            return (
                f"No threshold is recommended: at none are {FEWEST_ACCEPTED} pairs or more accepted with {self._policy} of which"
                f" {self._percent} are right."
            )
        low, high = best.interval.low, best.interval.high
        return (
            f"For a precision of {self._percent} with {self._policy}: semantic_similarity_threshold = {best.threshold:.2f}\n"
            f"{best.right:,} of the {best.accepted:,} accepted pairs are right: {share(best.right, best.accepted)}; of all pairs"
            f" like these, {100 * low:.1f} to {100 * high:.1f} % (95 % interval).\n"
            f"It finds {share(best.right, best.same)} of what could be found."
        )

    def _warnings(self, best: Outcome | None) -> list[str]:
        pairs, same = len(self.calibration), self.calibration.same
        found = []
        if pairs < _FEW_PAIRS or min(same, pairs - same) < _FEW_OF_A_KIND:
            found.append(
                f"these are few: {counted(same, 'pair')} of the same question, and {pairs - same:,} of different ones; label"
                f" {_FEW_PAIRS} or more, {_FEW_OF_A_KIND} of each kind at least, before you trust this"
            )
        if best is not None and best.interval.low < self._wanted:
            found.append(
                f"with {best.accepted:,} pairs behind it, the precision may be as low as {100 * best.interval.low:.1f} %; label"
                " more pairs, or ask for a higher --precision"
            )
        return found

    def _document(self, best: Outcome | None) -> dict[str, Any]:
        thresholds = sorted({*self.calibration.shown_thresholds(_MOST_POINTS), self._configured})
        policies = self._policies()
        return {
            "pairs": len(self.calibration),
            "same": self.calibration.same,
            "match_policy": self._policy,
            "configured_threshold": self._configured,
            "wanted_precision": self._wanted,
            "recommended": None if best is None else _plain(best),
            "outcomes": {
                name: [_plain(each) for each in self.calibration.outcomes(thresholds, with_policy=with_policy)]
                for name, with_policy in policies.items()
            },
            "warnings": self._warnings(best),
            "bad_lines": {
                "count": self.bad_lines,
                "listed": [
                    {"source": each.source, "line": each.line, "field": each.field, "reason": each.reason}
                    for each in self._listed
                ],
            },
        }


def _shown(threshold: float) -> str:
    return f"{threshold:.2f}" if round(threshold, 2) == threshold else f"{threshold:.6g}"


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "threshold": outcome.threshold,
        "accepted": outcome.accepted,
        "right": outcome.right,
        "precision": outcome.precision,
        "precision_interval": [outcome.interval.low, outcome.interval.high],
        "coverage": outcome.coverage,
    }
