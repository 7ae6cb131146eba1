"""Which check catches which wrong tiering; ``python -m tests.faults wrong-tierings`` prints it."""

from __future__ import annotations

from typing import Final, Literal

import attrs

import wrong_tierings as wrong
from injected_operations import OPERATIONS
from injected_runs import Case, Injected, every_call
from injection import FAMILIES, Family
from lasting_stores import Stores
from lixcore.services.enduring_window import EnduringWindow
from lixcore.services.tiering import Tiering

Field = Literal["lost", "doubled", "reordered", "foreign", "effect"]


@attrs.frozen
class Caught:
    """A wrong service, and the check that catches it.

    Attributes:
        wrong: The class.
        operation: What is done.
        family: What kind of thing happens to a call meanwhile.
        fault: What it is.
        field: What the verdict counts; ``effect`` stands for an operation that did not do what it is for.
    """

    wrong: type[Tiering | EnduringWindow]
    operation: str
    family: Family
    fault: str
    field: Field

    def found_in(self, injected: Injected) -> bool:
        """Whether that verdict says so."""
        if self.field == "effect":
            return bool(injected.stories) and injected.verdict.is_clean
        return bool(getattr(injected.verdict, self.field))


CAUGHT: Final = (
    Caught(wrong.ReleasesFirst, "add with overflow", "stopped", "killed after a call", "lost"),
    Caught(wrong.ReleasesByCount, "add with overflow", "interrupted", "another process overflows", "lost"),
    Caught(wrong.ReleasesThroughTheNewest, "evict one", "interrupted", "another process adds", "lost"),
    Caught(wrong.EvictsWithoutLookingAgain, "evict many", "interrupted", "another process adds", "lost"),
    Caught(wrong.TakesTheTicketLast, "add to an absent session", "interrupted", "another process adds and evicts", "lost"),
    Caught(wrong.RestoresOverWhatIsHot, "add to an absent session", "interrupted", "another process adds", "lost"),
    Caught(wrong.RestoresWhatWasCleared, "add to a cleared session", "stopped", "killed before a call", "foreign"),
    Caught(wrong.IgnoresWhatTheArchiveHolds, "add to a cleared session", "wiped", "hot store wiped, clock back", "reordered"),
    Caught(wrong.NumbersAgainOnRetry, "evict one", "raising", "cut after a write", "doubled"),
    Caught(wrong.SwallowsFailures, "evict one", "raising", "away for a call", "lost"),
    Caught(wrong.SpillsFromTheNewestEnd, "add with overflow", "stopped", "killed before a call", "lost"),
    Caught(wrong.FlushesTheWindowOnly, "flush", "stopped", "killed before a call", "effect"),
    Caught(wrong.ClearsWithoutNoting, "clear of a hot session", "stopped", "killed before a call", "foreign"),
    Caught(wrong.ReadsTheArchiveFirst, "read of a hot session", "interrupted", "another process evicts", "lost"),
)

_OPERATIONS: Final = {operation.name: operation for operation in OPERATIONS}


def looked_for(caught: Caught, *, planted: bool) -> Injected:
    """Run its check: with the wrong service, or without."""
    replaced = EnduringWindow if issubclass(caught.wrong, EnduringWindow) else Tiering
    case = Case(Stores("memory", "memory"), _OPERATIONS[caught.operation], {replaced.__name__: caught.wrong} if planted else None)
    return every_call(case, caught.fault, FAMILIES[caught.family][caught.fault])


def table() -> str:
    """Each wrong service, its check, and what that says of it and of the right one."""
    lines = [("wrong tiering", "caught by: operation", "fault at every call", "verdict", "wrong", "right")]
    for caught in CAUGHT:
        found, right = looked_for(caught, planted=True), looked_for(caught, planted=False)
        counts = [len(one.stories) if caught.field == "effect" else getattr(one.verdict, caught.field) for one in (found, right)]
        lines.append((caught.wrong.__name__, caught.operation, caught.fault, caught.field, str(counts[0]), str(counts[1])))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)
