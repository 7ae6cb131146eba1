"""Every fault that real processes can be put through, a little of each; ``tox -e faults`` tries much more."""

from __future__ import annotations

import pytest

from fault_ground import Ground
from fault_rows import LIXCORE, Scenario
from scenarios import SCENARIOS, tried

OURS = [scenario for scenario in SCENARIOS if scenario.system == LIXCORE and scenario.letter != "a"]  # test_injection


@pytest.mark.share(10)
@pytest.mark.parametrize("scenario", OURS, ids=[scenario.name for scenario in OURS])
def test_nothing_is_lost_doubled_reordered_or_foreign(scenario: Scenario, ground: Ground) -> None:
    if (reason := scenario.skip()) is not None:
        pytest.skip(reason)
    result = tried(scenario, ground, size=scenario.ci, rounds=scenario.ci_rounds)
    assert result.runs > 0, "the fault never came about"
    assert result.verdict.acknowledged > 0, "nothing was acknowledged, so that nothing could be lost"
    assert result.verdict.is_clean, "\n".join(result.verdict.examples)
