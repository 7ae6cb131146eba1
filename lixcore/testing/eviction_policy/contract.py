"""`EvictionPolicyContract`: what every eviction policy answers, whichever sessions it finds worth keeping."""

from __future__ import annotations

from lixcore.testing.eviction_policy.answers import EvictionAnswers
from lixcore.testing.eviction_policy.asking import OpenPolicy
from lixcore.testing.eviction_policy.choices import EvictionChoices
from lixcore.testing.eviction_policy.facts import EvictionFacts
from lixcore.testing.eviction_policy.machine import run_tier
from lixcore.testing.ground.rules import rule


class EvictionPolicyContract(EvictionAnswers, EvictionChoices, EvictionFacts):
    """What every eviction policy answers: subclass it and name the class behind the entry point.

    Which sessions are worth keeping is the policy's own affair, and how long it takes is not asserted. What a policy may do that
    some of the rules forbid, it declares; see the attributes of `lixcore.testing.eviction_policy.asking.AsksPolicies`.
    """

    @rule("Only over many rounds is it seen whether the limits hold: with sessions that come back, grow, or could not leave.")
    def test_the_limits_hold_round_after_round(self, open_policy: OpenPolicy) -> None:
        run_tier(open_policy, self.judge, spares=self.spares)
