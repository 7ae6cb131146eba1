"""What a policy may know of candidates, and what it must do without: the part of `EvictionPolicyContract` about numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.session import SessionKey
from lixcore.ports.policy import Candidate, CandidateFact, EvictionPolicy, Surplus, WantsFacts
from lixcore.testing.eviction_policy.asking import AsksPolicies
from lixcore.testing.eviction_policy.judging import ask, check_freed, check_idle_leave, check_named
from lixcore.testing.eviction_policy.situations import IDLE, Situation, situations, without_facts
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.profiles import examples
from lixcore.testing.ground.rules import rule

HUGE = 2**63
"""More bytes than any store has."""


class EvictionFacts(AsksPolicies):
    """Mixed into `EvictionPolicyContract`."""

    def _check_who_must_leave(self, situation: Situation, victims: list[SessionKey]) -> None:
        check_named(situation, victims)
        if not self.spares:
            check_idle_leave(situation, victims)
            check_freed(situation, victims)

    @rule("What a policy wants is asked of the hot store in every round; anything else than a fact is asked of nobody.")
    def test_what_it_wants_are_facts(self, policy: EvictionPolicy) -> None:
        if not isinstance(policy, WantsFacts):
            pytest.skip("this policy wants to know nothing")
        wants = list(policy.wants)
        assert [type(each) for each in wants] == [CandidateFact] * len(wants)
        assert len(set(wants)) == len(wants)
        assert list(policy.wants) == wants, "asked again"

    @rule("A store may be unable to tell sizes or numbers, also to a policy that wants them: then it has to choose without.")
    def test_facts_may_be_missing(self, policy: EvictionPolicy) -> None:
        @examples(60)
        @given(situations())
        def check(situation: Situation) -> None:
            bare = without_facts(situation)
            self._check_who_must_leave(bare, ask(policy, bare))

        check()

    @rule("Stores may tell the size of one session and not of the next, as when it is damaged: the others leave all the same.")
    def test_some_facts_may_be_missing(self, policy: EvictionPolicy) -> None:
        @examples(60)
        @given(situations(sizes=st.none() | st.sampled_from([0, 100, 1000])))
        def check(situation: Situation) -> None:
            self._check_who_must_leave(situation, ask(policy, situation))

        check()

    @rule("A session without messages, or whose first came this instant, has lived for no time: dividing by that must not fail.")
    def test_no_time_and_no_messages_are_fine(self, policy: EvictionPolicy) -> None:
        facts: list[tuple[int | None, float | None]] = [
            (0, None),
            (1, NOON),
            (20, NOON),
            (None, NOON),
            (20, None),
            (0, NOON),
            (3, NOON + 60),
        ]
        for last_active in (NOON, NOON - IDLE, NOON + 60):
            candidates = [
                Candidate(SessionKey(f"s{number}"), last_active, 0 if number % 2 else 100, messages, oldest)
                for number, (messages, oldest) in enumerate(facts)
            ]
            for surplus in (Surplus(), Surplus(sessions=3), Surplus(size=150), Surplus(99, HUGE)):
                situation = Situation(tuple(candidates), surplus=surplus)
                self.judge(situation, ask(policy, situation))

    @rule("Numbers at the ends of what is possible, from a damaged store or a strange configuration, must not stop the janitor.")
    def test_numbers_of_any_size_are_fine(self, policy: EvictionPolicy) -> None:
        times = [0.0, 5e-324, 1.0, NOON, 253_402_300_799.0]
        sizes = [0, 1, HUGE, HUGE - 1, 2**100]
        candidates = [
            Candidate(SessionKey(f"s{number}"), time, size, 10**12, 0.0)
            for number, (time, size) in enumerate(zip(times, sizes, strict=True))
        ]
        for idle_seconds in (0.0, 1e-9, 60 * 1e9):
            for surplus in (Surplus(), Surplus(sessions=HUGE), Surplus(size=2**101), Surplus(1, HUGE)):
                for now in (0.0, NOON, 253_402_300_799.0):
                    situation = Situation(tuple(candidates), now, idle_seconds, surplus)
                    self.judge(situation, ask(policy, situation))
