"""What came of running a contract."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import attrs


class Outcome(Enum):
    """How a rule came out."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@attrs.frozen
class Failure:
    """One case of a rule that does not hold.

    Attributes:
        case: Which one, where a rule is tried with several values; else empty.
        seen: What was seen: the assertion, or the error.
        counter_example: The smallest example that Hypothesis found, or the steps to it; empty where there is only one way to try.
        trace: Where in the contract, and in the adapter, as a traceback.
    """

    case: str
    seen: str
    counter_example: str = ""
    trace: str = ""


@attrs.frozen
class RuleResult:
    """A rule, and whether the adapter keeps it.

    Attributes:
        rule: Its name, such as ``hot-store/a-session-stays-hot-when-all-is-released``.
        section: What it is about, such as "leases".
        why: Why it matters, in a sentence.
        anchor: Where it is explained, below the address of the documentation.
        outcome: How it came out; failed when one of its cases failed, skipped when all were.
        seconds: How long it took.
        failures: The cases that failed.
        reason: Why it was skipped.
    """

    rule: str
    section: str
    why: str
    anchor: str
    outcome: Outcome
    seconds: float
    failures: Sequence[Failure] = ()
    reason: str = ""


@attrs.frozen
class Obstacle:
    """What kept the contract from being tried, or from being tried to its end.

    Attributes:
        kind: The name of the error's class, such as ``StoreUnavailableError``.
        message: What it said.
    """

    kind: str
    message: str


@attrs.frozen
class ContractReport:
    """What came of running a contract.

    Attributes:
        adapter: The adapter's class, as ``module:name``.
        contract: The contract's class, as its name.
        profile: How thoroughly: ``dev``, ``ci`` or ``nightly``.
        capabilities: What the adapter declares, such as ``persistent``.
        powers: The optional powers that were found, such as ``GrantsLeases``.
        results: Each rule that was tried or skipped, in the contract's order.
        seconds: How long it took in all.
        obstacle: What kept the rest of the rules from being tried; None when all were.
        interrupted: Whether it was interrupted from the keyboard; the results are those until then.
        left_behind: Places that may still hold something, because they could not be removed; a sentence for each.
    """

    adapter: str
    contract: str
    profile: str
    capabilities: Sequence[str]
    powers: Sequence[str]
    results: Sequence[RuleResult]
    seconds: float
    obstacle: Obstacle | None = None
    interrupted: bool = False
    left_behind: Sequence[str] = ()

    @property
    def passed(self) -> Sequence[RuleResult]:
        """The rules that hold."""
        return self._that_are(Outcome.PASSED)

    @property
    def failed(self) -> Sequence[RuleResult]:
        """The rules that do not."""
        return self._that_are(Outcome.FAILED)

    @property
    def skipped(self) -> Sequence[RuleResult]:
        """The rules that were not tried."""
        return self._that_are(Outcome.SKIPPED)

    @property
    def holds(self) -> bool:
        """Whether everything was tried that applies, and no rule failed."""
        return not self.failed and self.obstacle is None and not self.interrupted and bool(self.passed)

    def document(self) -> dict[str, Any]:
        """The same as plain values."""
        plain: dict[str, Any] = attrs.asdict(self, value_serializer=_plain)
        return {**plain, "holds": self.holds}

    def _that_are(self, outcome: Outcome) -> Sequence[RuleResult]:
        return [result for result in self.results if result.outcome is outcome]


def _plain(_instance: object, _field: object, value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
