"""What trying a fault comes to: results, added up to the rows of one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from history_checker import Verdict

if TYPE_CHECKING:
    from fault_ground import Ground

LIXCORE = "lixcore"
COLUMNS = ("fault", "system", "runs", "acknowledged", "lost", "doubled", "reordered", "foreign", "raised", "at risk")


@attrs.frozen
class Result:
    """One run of a scenario, or several added up.

    Attributes:
        verdict: What the history checker says.
        runs: How often the fault came about.
        raised: How many operations raised, by name of the error.
    """

    verdict: Verdict = attrs.Factory(Verdict)
    runs: int = 0
    raised: Mapping[str, int] = attrs.Factory(dict)

    def __add__(self, other: Result) -> Result:
        """Both together."""
        raised = dict(Counter(self.raised) + Counter(other.raised))
        return Result(self.verdict + other.verdict, self.runs + other.runs, raised)


@attrs.frozen(kw_only=True)
class Scenario:
    """A fault that can be tried any number of times.

    Attributes:
        name: For the command line, such as ``killed-workers-redis``.
        fault: What happens, in a few words.
        letter: Of the kind of fault.
        play: Tries it once with a seed and the sizes of the scale.
        ci: Sizes for every change to the code.
        nightly: Sizes for a night.
        ci_rounds: How often it is tried for every change.
        nightly_rounds: How often in a night.
        system: What is tried.
        skip: Says why it cannot be tried here; None where it can.
    """

    name: str
    fault: str
    letter: str
    play: Callable[[Ground, int, Mapping[str, Any]], Result]
    ci: Mapping[str, Any] = attrs.Factory(dict)
    nightly: Mapping[str, Any] = attrs.Factory(dict)
    ci_rounds: int = 1
    nightly_rounds: int = 1
    system: str = LIXCORE
    skip: Callable[[], str | None] = lambda: None


@attrs.frozen
class Row:
    """One line of the table."""

    scenario: Scenario
    result: Result

    @property
    def cells(self) -> tuple[str, ...]:
        """Of `COLUMNS`."""
        verdict = self.result.verdict
        numbers = (verdict.acknowledged, verdict.lost, verdict.doubled, verdict.reordered, verdict.foreign)
        return (
            f"({self.scenario.letter}) {self.scenario.fault}",
            self.scenario.system,
            *(str(number) for number in (self.result.runs, *numbers, sum(self.result.raised.values()), verdict.excused)),
        )

    @property
    def plain(self) -> dict[str, Any]:
        """For JSON."""
        verdict = attrs.asdict(self.result.verdict)
        return {
            "scenario": self.scenario.name,
            "fault": self.scenario.fault,
            "letter": self.scenario.letter,
            "system": self.scenario.system,
            "runs": self.result.runs,
            **verdict,
            "raised": dict(sorted(self.result.raised.items())),
        }


def table(rows: Iterable[Row]) -> str:
    """All rows, aligned."""
    lines: Sequence[Sequence[str]] = [COLUMNS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    texts = []
    for line in lines:
        cells = [
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        texts.append("  ".join(cells).rstrip())
    texts.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(texts)
