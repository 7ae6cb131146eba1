"""Which check catches which wrong tiering; ``python -m tests.faults wrong-tierings`` prints it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Literal

import attrs

import wrong_tierings as wrong
from fault_ground import Ground
from fault_rows import Result, Scenario
from injected_operations import OPERATIONS
from injected_runs import Case, Injected, every_call
from injection import FAMILIES, Family
from lasting_stores import Stores
from lixcore.services.conversation.enduring_window import EnduringWindow
from lixcore.services.tiers.tiering import Tiering

Field = Literal["lost", "doubled", "reordered", "foreign"]


@attrs.frozen
class Caught:
    """A wrong service, and the check that catches it.

    Attributes:
        wrong: The class.
        operation: What is done.
        family: What kind of thing happens to a call meanwhile.
        fault: What it is.
        field: What the verdict counts.
    """

    wrong: type[Tiering | EnduringWindow]
    operation: str
    family: Family
    fault: str
    field: Field


CAUGHT: Final = (
    Caught(wrong.ReleasesFirst, "add with overflow", "stopped", "killed after a call", "lost"),
    Caught(wrong.ReleasesByCount, "add with overflow", "interrupted", "another process overflows", "lost"),
    Caught(wrong.ReleasesThroughTheNewest, "evict one", "interrupted", "another process adds", "lost"),
    Caught(wrong.EvictsWithoutLookingAgain, "evict many", "interrupted", "another process adds", "lost"),
    Caught(wrong.TakesTheTicketLast, "add to an absent session", "interrupted", "another process adds and evicts", "lost"),
    Caught(wrong.RestoresOverWhatIsHot, "add to an absent session", "interrupted", "another process adds", "lost"),
    Caught(wrong.RestoresWhatWasCleared, "add to a cleared session", "stopped", "killed before a call", "foreign"),
    Caught(
        wrong.IgnoresWhatTheArchiveHolds,
        "add to a cleared session",
        "wiped",
        "wiped after evictions",
        "reordered",
    ),
    Caught(wrong.NumbersAgainOnRetry, "evict one", "raising", "cut after a write", "doubled"),
    Caught(wrong.SwallowsFailures, "evict one", "raising", "away for a call", "lost"),
    Caught(wrong.SpillsFromTheNewestEnd, "add with overflow", "stopped", "killed before a call", "lost"),
    Caught(wrong.FlushesTheWindowOnly, "add with overflow", "wiped", "wiped after flushes", "lost"),
    Caught(wrong.ClearsWithoutNoting, "clear of a hot session", "stopped", "killed before a call", "foreign"),
    Caught(wrong.ReadsTheArchiveFirst, "read of a hot session", "interrupted", "another process evicts", "lost"),
)

_OPERATIONS: Final = {operation.name: operation for operation in OPERATIONS}


def looked_for(caught: Caught, *, planted: bool) -> Injected:
    """Run its check: with the wrong service, or without."""
    replaced = EnduringWindow if issubclass(caught.wrong, EnduringWindow) else Tiering
    case = Case(Stores("memory", "memory"), _OPERATIONS[caught.operation], {replaced.__name__: caught.wrong} if planted else None)
    return every_call(case, caught.fault, FAMILIES[caught.family][caught.fault])


def _play(_: Ground, __: int, ___: Mapping[str, Any], *, caught: Caught) -> Result:
    found = looked_for(caught, planted=True)
    return Result(found.verdict, found.runs)


SCENARIOS: Final = [
    Scenario(
        name=f"wrong-tierings-{caught.wrong.__name__}",
        fault=f"{caught.operation}: {caught.fault} (must show: {caught.field})",
        letter="w",
        play=partial(_play, caught=caught),
        system=caught.wrong.__name__,
    )
    for caught in CAUGHT
]
