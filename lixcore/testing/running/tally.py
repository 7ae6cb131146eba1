"""Keeps what the process that tries a contract tells, and makes the results of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from lixcore.testing.running.report import Failure, Obstacle, Outcome, RuleResult

Progress = Callable[[str, int, int], None]
"""Is called before each case: with its rule's name, how many were tried before it, and how many there are."""


@attrs.define
class _Case:
    """One case of a rule: what is known of the rule, and how the case came out."""

    rule: Mapping[str, str]
    outcome: Outcome
    seconds: float
    failure: Failure | None = None
    reason: str = ""


class Tally:
    """What is known so far.

    Attributes:
        capabilities: What the adapter declares.
        powers: The optional powers that were found.
        obstacle: What keeps everything else from being tried.
        left_behind: What could not be removed.
        unknown: The names of all rules, where none of them was asked for; else empty.
        is_over: Whether the process came to its end, and gave back what it had.
    """

    def __init__(self, progress: Progress) -> None:
        self.capabilities: Sequence[str] = ()
        self.powers: Sequence[str] = ()
        self.obstacle: Obstacle | None = None
        self.left_behind: list[str] = []
        self.unknown: Sequence[str] = ()
        self.is_over = False
        self._progress = progress
        self._cases: dict[str, _Case] = {}
        self._trying: tuple[str, Mapping[str, str]] | None = None
        self._since = 0.0
        self._places: dict[str, Mapping[str, Any]] = {}
        self._count = 0

    @property
    def done(self) -> tuple[str, ...]:
        """The cases that were tried."""
        return tuple(self._cases)

    @property
    def places(self) -> tuple[Mapping[str, Any], ...]:
        """The options of places that were made and not given back."""
        return tuple(self._places.values())

    def take(self, event: dict[str, Any]) -> None:
        """Keep an event."""
        kind = event.pop("kind")
        getattr(self, f"_take_{kind}")(**event)

    def end_of_case(self, seen: str, words: str) -> bool:
        """The process ended in the middle of a case: that is how the case came out. False when it was not in one."""
        if self._trying is None:
            return False
        case, rule = self._trying
        seconds = time.monotonic() - self._since
        self._keep(case, _Case(rule, Outcome.FAILED, seconds, Failure(_values(case), seen, trace=words)))
        self._trying = None
        return True

    def results(self) -> Iterator[RuleResult]:
        """Each rule, in the order in which they were tried."""
        by_rule: dict[str, list[_Case]] = {}
        for case in self._cases.values():
            by_rule.setdefault(case.rule["rule"], []).append(case)
        for cases in by_rule.values():
            outcomes = {case.outcome for case in cases}
            outcome = next((each for each in (Outcome.FAILED, Outcome.PASSED) if each in outcomes), Outcome.SKIPPED)
            yield RuleResult(
                **cases[0].rule,
                outcome=outcome,
                seconds=round(sum(case.seconds for case in cases), 3),
                failures=tuple(case.failure for case in cases if case.failure is not None),
                reason=cases[0].reason if outcome is Outcome.SKIPPED else "",
            )

    def _take_begin(self, count: int, capabilities: Sequence[str], powers: Sequence[str], unknown: Sequence[str]) -> None:
        self.capabilities, self.powers, self.unknown = tuple(capabilities), tuple(powers), tuple(unknown)
        self._count = len(self._cases) + count
        self._places.clear()  # what an earlier process left was erased, or told

    def _take_left(self, message: str) -> None:
        self.left_behind.append(message)

    def _take_obstacle(self, name: str, message: str) -> None:
        self.obstacle = Obstacle(name, message)

    def _take_place(self, number: str, options: Mapping[str, Any]) -> None:
        self._places[number] = options

    def _take_given_back(self, number: str) -> None:
        self._places.pop(number, None)

    def _take_trying(self, case: str, rule: Mapping[str, str]) -> None:
        self._progress(rule["rule"], len(self._cases), self._count)
        self._trying, self._since = (case, rule), time.monotonic()

    def _take_result(
        self,
        *,
        case: str,
        rule: Mapping[str, str],
        outcome: str,
        seconds: float,
        failure: Mapping[str, str] | None = None,
        reason: str = "",
    ) -> None:
        found = None if failure is None else Failure(_values(case), **failure)
        self._keep(case, _Case(rule, Outcome(outcome), seconds, found, reason))

    def _take_end(self) -> None:
        self.is_over = True

    def _take_tried(self, case: str) -> None:
        del case
        self._trying = None

    def _keep(self, case: str, new: _Case) -> None:
        before = self._cases.get(case)
        if (
            before is None or before.outcome is not Outcome.FAILED
        ):  # a case that failed may fail once more when it is cleared away
            self._cases[case] = new


def _values(case: str) -> str:
    """What a case is tried with, out of pytest's id of it."""
    _, bracket, values = case.partition("[")
    return values.removesuffix("]") if bracket else ""
