"""What an answer is: candidates, each once, for the caller to keep. The part of the contract that is alike for all policies."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.session import SessionKey
from lixcore.ports.policy import Candidate, EvictionPolicy, Surplus
from lixcore.testing.eviction_policy.asking import AsksPolicies, OpenPolicy
from lixcore.testing.eviction_policy.judging import ask, check_named
from lixcore.testing.eviction_policy.situations import IDLE, Situation, candidates_of, situations
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.hostile import KEYS_THAT_COLLIDE
from lixcore.testing.ground.profiles import examples
from lixcore.testing.ground.rules import rule
from lixcore.testing.ground.threads import at_once

LONG, SHORT = 2 * IDLE, IDLE / 2
THREADS = 6


class EvictionAnswers(AsksPolicies):
    """Mixed into `EvictionPolicyContract`."""

    @rule(
        "An answer of another kind, such as None or a generator, counts as a failure of the policy, and then sessions leave by"
        " session_ttl_seconds only."
    )
    def test_an_answer_is_a_sequence_of_session_keys(self, policy: EvictionPolicy) -> None:
        for ages in ([], [SHORT], [LONG, SHORT]):
            for surplus in (Surplus(), Surplus(sessions=1)):
                answer: object = policy.victims(candidates_of(ages), now=NOON, idle_seconds=IDLE, surplus=surplus)
                assert isinstance(answer, Sequence)
                assert not isinstance(answer, str)
                assert [type(each) for each in answer] == [SessionKey] * len(answer)

    @rule("Where nothing is hot, nothing can leave; a policy that trips over an empty list fails on every idle night.")
    def test_of_no_candidates_none_leaves(self, policy: EvictionPolicy) -> None:
        for surplus in (Surplus(), Surplus(sessions=3), Surplus(size=1000), Surplus(3, 1000)):
            assert ask(policy, Situation((), surplus=surplus)) == []

    @rule("A session that was not offered may be in use, or not exist: naming it shows that the policy confuses sessions.")
    def test_only_candidates_are_named_each_once(self, policy: EvictionPolicy) -> None:
        @examples(100)
        @given(situations())
        def check(situation: Situation) -> None:
            check_named(situation, ask(policy, situation))

        check()

    @rule(
        "The caller goes on with the candidates that it gave, so a policy that sorts or empties their list changes what leaves."
    )
    def test_what_it_was_given_is_not_changed(self, policy: EvictionPolicy) -> None:
        ages = [LONG, SHORT, LONG + 1, 0.0, LONG]
        for surplus in (Surplus(), Surplus(4), Surplus(size=250)):
            given_out = list(reversed(candidates_of(ages, size=100)))
            if self.trusts_the_order:
                given_out.reverse()
            before = list(given_out)
            policy.victims(given_out, now=NOON, idle_seconds=IDLE, surplus=surplus)
            assert given_out == before

    @rule("Candidates come as any sequence; a policy that needs a list fails where the caller has a tuple.")
    def test_candidates_may_come_as_any_sequence(self, policy: EvictionPolicy) -> None:
        candidates = candidates_of([LONG, SHORT, SHORT - 1, 0.0], size=100)
        situation = Situation(candidates, surplus=Surplus(2))
        victims = policy.victims(candidates, now=NOON, idle_seconds=IDLE, surplus=situation.surplus)
        self.judge(situation, list(victims))

    @rule("The caller works through an answer while others ask: it must not change then.")
    def test_an_answer_is_the_callers(self, policy: EvictionPolicy) -> None:
        one = Situation(candidates_of([LONG, LONG + 1, SHORT]))
        two = Situation((Candidate(SessionKey("another"), NOON - LONG),))
        first = policy.victims(list(one.candidates), now=NOON, idle_seconds=IDLE, surplus=one.surplus)
        kept = list(first)
        second = policy.victims(list(two.candidates), now=NOON, idle_seconds=IDLE, surplus=two.surplus)
        assert list(first) == kept, "the next question changed the answer before"
        for answer in (first, second):
            if isinstance(answer, list):
                answer.clear()
        self.judge(one, ask(policy, one))
        self.judge(two, ask(policy, two))

    @rule("What differs only in case, by a NUL or by its tenant is another conversation, and its user may be typing.")
    def test_sessions_that_look_alike_are_told_apart(self, policy: EvictionPolicy) -> None:
        for pair in KEYS_THAT_COLLIDE:
            for idle, used in (pair, pair[::-1]):
                candidates = (Candidate(idle, NOON - LONG, 100), Candidate(used, NOON - SHORT, 100))
                for surplus in (Surplus(), Surplus(sessions=1), Surplus(size=100)):
                    victims = ask(policy, Situation(candidates, surplus=surplus))
                    self.judge(Situation(candidates, surplus=surplus), victims)
                both = Situation(candidates, surplus=Surplus(sessions=2))
                self.judge(both, ask(policy, both))

    @rule("Two janitors, or the same one after a restart, must come to the same answer, or what leaves cannot be explained.")
    def test_the_same_question_has_the_same_answer(self, open_policy: OpenPolicy) -> None:
        if self.draws_lots:
            pytest.skip("this policy declares that it draws lots")

        @examples(60)
        @given(situations())
        def check(situation: Situation) -> None:
            one, two = open_policy(), open_policy()
            answer = ask(one, situation)
            assert ask(two, situation) == answer, "asked of another policy with the same options"
            if not self.remembers:
                assert ask(one, situation) == answer, "asked again"

        check()

    @rule(
        "Stores list sessions of the same time in any order: without a rule of its own for equals, such as their keys, a policy"
        " lets others go on another store."
    )
    def test_the_order_of_the_candidates_does_not_matter(self, open_policy: OpenPolicy) -> None:
        if self.draws_lots or self.trusts_the_order:
            pytest.skip("this policy declares that it draws lots, or relies on the order of the candidates")

        @examples(100)
        @given(situations(least=2), st.randoms(use_true_random=False))
        def check(situation: Situation, random: Random) -> None:
            mixed = list(situation.candidates)
            random.shuffle(mixed)
            other = Situation(tuple(mixed), situation.now, situation.idle_seconds, situation.surplus)
            assert ask(open_policy(), other) == ask(open_policy(), situation)

        check()

    @rule("The janitor's thread and `evict_idle` may ask at the same time: notes kept on the object mix their answers up.")
    def test_many_threads_get_answers_of_their_own(self, policy: EvictionPolicy) -> None:
        def situation_of(thread: int) -> Situation:
            sessions = [SessionKey(f"{thread}:{number}") for number in range(40)]
            candidates = [Candidate(session, NOON - LONG + 10 * n, 100, 5, NOON - LONG) for n, session in enumerate(sessions)]
            return Situation(tuple(candidates), surplus=Surplus(sessions=35, size=3600))

        def work(thread: int) -> None:
            situation = situation_of(thread)
            for _ in range(20):
                self.judge(situation, ask(policy, situation))

        at_once(*(lambda thread=thread: work(thread) for thread in range(THREADS)))
