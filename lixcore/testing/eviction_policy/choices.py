"""Who leaves, as far as the configuration says so: the part of `EvictionPolicyContract` about idle sessions and the surplus."""

from __future__ import annotations

import pytest
from hypothesis import given

from lixcore.domain.session import SessionKey
from lixcore.ports.policy import Candidate, EvictionPolicy, Surplus
from lixcore.testing.eviction_policy.asking import AsksPolicies
from lixcore.testing.eviction_policy.judging import ask, check_freed, check_idle_leave, check_no_more_than_needed
from lixcore.testing.eviction_policy.situations import IDLE, Situation, candidates_of, situations
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.profiles import examples
from lixcore.testing.ground.rules import rule

MANY = 5000


class EvictionChoices(AsksPolicies):
    """Mixed into `EvictionPolicyContract`."""

    def _must_free(self) -> None:
        if self.spares:
            pytest.skip("this policy declares that it spares sessions")

    def _must_not_free_ahead(self) -> None:
        if self.frees_ahead:
            pytest.skip("this policy declares that it frees ahead")

    @rule("Who is idle for evict_after_minutes leaves: otherwise the hot store fills with conversations that ended long ago.")
    def test_those_that_were_idle_long_enough_leave(self, policy: EvictionPolicy) -> None:
        self._must_free()
        situation = Situation(candidates_of([IDLE + 1, IDLE, IDLE - 0.125, 0.0]))
        assert set(ask(policy, situation)) >= {SessionKey("s0"), SessionKey("s1")}, "idle for just so long is long enough"

        @examples(100)
        @given(situations())
        def check(situation: Situation) -> None:
            check_idle_leave(situation, ask(policy, situation))

        check()

    @rule(
        "A session that leaves while its user is typing has to be restored at once: that costs both tiers, and the user's time."
    )
    def test_without_a_surplus_nobody_else_leaves(self, policy: EvictionPolicy) -> None:
        self._must_not_free_ahead()

        @examples(100)
        @given(situations(surplus=False))
        def check(situation: Situation) -> None:
            assert set(ask(policy, situation)) <= situation.idle

        check()

    @rule("The limit `hot_max_sessions` holds only if the policy names as many as it is asked for, whoever they are.")
    def test_a_surplus_of_sessions_is_freed_when_it_can_be(self, policy: EvictionPolicy) -> None:
        self._must_free()
        candidates = candidates_of([1.0, 2.0, 3.0, 4.0, 5.0], size=100)
        for surplus in range(1, 9):
            situation = Situation(candidates, surplus=Surplus(sessions=surplus))
            assert len(ask(policy, situation)) >= min(surplus, 5)

    @rule("The limit `hot_max_bytes` keeps the store within its memory: it holds only if the policy frees what it is asked for.")
    def test_a_surplus_of_bytes_is_freed_when_it_can_be(self, policy: EvictionPolicy) -> None:
        self._must_free()
        sizes = [1000, 10, 500, 0, 200]
        candidates = [Candidate(SessionKey(f"s{n}"), NOON - 10 + n, size, 4, NOON - 60) for n, size in enumerate(sizes)]
        for surplus in (1, 10, 199, 1000, 1001, 1500, 1709, 1710, 1711, 10**9):
            situation = Situation(tuple(candidates), surplus=Surplus(size=surplus))
            check_freed(situation, ask(policy, situation))

        @examples(100)
        @given(situations())
        def check(situation: Situation) -> None:
            check_freed(situation, ask(policy, situation))

        check()

    @rule("Both limits may be exceeded at once, and each by other sessions: freeing one surplus does not excuse the other.")
    def test_both_surpluses_are_freed(self, policy: EvictionPolicy) -> None:
        self._must_free()
        sizes = [1, 1000, 1, 1, 1, 200]
        candidates = [Candidate(SessionKey(f"s{n}"), NOON - 10 + n, size, 4, NOON - 60) for n, size in enumerate(sizes)]
        for surplus in (Surplus(4, 1), Surplus(1, 1001), Surplus(2, 1201), Surplus(5, 200), Surplus(1, 5), Surplus(6, 1204)):
            situation = Situation(tuple(candidates), surplus=surplus)
            check_freed(situation, ask(policy, situation))

    @rule("Idle sessions leave anyway; a policy that does not count them sends away as many again that are in use.")
    def test_idle_sessions_count_towards_the_surplus(self, policy: EvictionPolicy) -> None:
        self._must_not_free_ahead()
        candidates = candidates_of([IDLE, IDLE + 5, IDLE + 9, 4.0, 3.0, 2.0], size=100)
        for surplus in (Surplus(sessions=3), Surplus(size=300), Surplus(1, 250)):
            assert set(ask(policy, Situation(candidates, surplus=surplus))) <= {SessionKey(f"s{n}") for n in range(3)}

    @rule("Everybody who leaves in vain has to be restored: when enough is free, the rest may stay.")
    def test_nobody_leaves_once_enough_is_free(self, policy: EvictionPolicy) -> None:
        self._must_not_free_ahead()
        for surplus in range(6):
            situation = Situation(candidates_of([1.0, 2.0, 3.0, 4.0, 5.0], size=100), surplus=Surplus(surplus, surplus * 50))
            assert len(ask(policy, situation)) <= surplus

        @examples(100)
        @given(situations())
        def check(situation: Situation) -> None:
            check_no_more_than_needed(situation, ask(policy, situation))

        check()

    @rule("Sessions that were used at the same instant are as many as they are: each counts, and none takes another along.")
    def test_of_equals_as_many_leave_as_have_to(self, policy: EvictionPolicy) -> None:
        for surplus in range(8):
            situation = Situation(candidates_of([5.0] * 8, size=100), surplus=Surplus(sessions=surplus))
            self.judge(situation, ask(policy, situation))
        idle = Situation(candidates_of([IDLE] * 8, size=100))
        self.judge(idle, ask(policy, idle))

    @rule("A limit that is set for the first time makes thousands leave at once; a policy that stops early needs days for them.")
    def test_thousands_leave_at_once_where_they_have_to(self, policy: EvictionPolicy) -> None:
        candidates = candidates_of([IDLE - 1 + number / 1024 for number in range(MANY)], size=10)
        for surplus in (Surplus(sessions=MANY - 7), Surplus(size=10 * (MANY - 7))):
            situation = Situation(candidates, surplus=surplus)
            victims = ask(policy, situation)
            if not self.spares:
                assert len(victims) >= MANY - 7
            if not self.frees_ahead:
                assert len(victims) <= MANY - 7

    @rule(
        "Hosts' clocks differ: a policy that reads one of its own takes sessions for idle that are not, or the other way round."
    )
    def test_it_goes_by_the_time_that_it_is_told(self, policy: EvictionPolicy) -> None:
        for now in (1e6, NOON, 4e9):
            situation = Situation(candidates_of([IDLE + 1, IDLE - 1], size=100, now=now), now)
            self.judge(situation, ask(policy, situation))
            if not self.spares:
                assert SessionKey("s0") in ask(policy, situation)
            if not self.frees_ahead:
                assert SessionKey("s1") not in ask(policy, situation)

    @rule("Another host's clock may be ahead: a session that was used in the future is in use, and no reason to fail.")
    def test_a_session_used_in_the_future_is_not_idle(self, policy: EvictionPolicy) -> None:
        candidates = candidates_of([-3600.0, -0.125, 0.0], size=100)
        if not self.frees_ahead:
            assert ask(policy, Situation(candidates)) == []
        if not self.spares:
            assert len(ask(policy, Situation(candidates, surplus=Surplus(sessions=2)))) >= 2

    @rule("With evict_after_minutes = 0 every session is idle at once, also one that is used at this very instant.")
    def test_with_no_time_to_be_idle_all_leave(self, policy: EvictionPolicy) -> None:
        self._must_free()
        situation = Situation(candidates_of([0.0, 0.0, 3.0]), idle_seconds=0.0)
        assert len(ask(policy, situation)) == 3

    @rule("What could not leave this time, because the archive failed or it was just used, has to be named again the next time.")
    def test_what_stayed_is_named_again(self, policy: EvictionPolicy) -> None:
        for situation in (
            Situation(candidates_of([IDLE, IDLE + 1], size=100)),
            Situation(candidates_of([1.0, 2.0, 3.0], size=100), surplus=Surplus(sessions=2)),
            Situation(candidates_of([1.0, 2.0, 3.0], size=100), surplus=Surplus(size=150)),
        ):
            for _ in range(4):
                self.judge(situation, ask(policy, situation))
