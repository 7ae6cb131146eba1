"""Who leaves the hot store under each bundled policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.session import SessionKey
from lixcore.ports.policy import Candidate, CandidateFact, Surplus, WantsFacts
from lixcore_policies import GreedyDual, LargestFirst, LeastFrequentlyUsed, LeastRecentlyUsed
from lixcore_policies.eviction import greedy_dual

NOW, IDLE = 1_000_000.0, 600.0
POLICIES: list[Callable[[], Any]] = [LeastRecentlyUsed, LeastFrequentlyUsed, LargestFirst, GreedyDual]
EVERY = pytest.mark.parametrize("make", POLICIES)

CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.builds(SessionKey, st.sampled_from("abcdefgh"), st.sampled_from(["t", "u"])),
        st.sampled_from([NOW, NOW - 1, NOW - IDLE + 1, NOW - IDLE, NOW - 2 * IDLE, NOW + 5]),
        st.none() | st.integers(0, 5) | st.integers(0, 10**9),
        st.none() | st.integers(0, 40),
        st.none() | st.sampled_from([NOW - 3 * IDLE, NOW - 1, NOW, NOW + 9, 0.5]),
    ),
    max_size=12,
    unique_by=lambda candidate: candidate.session,
)
SURPLUS = st.builds(Surplus, st.integers(0, 14), st.integers(0, 12) | st.integers(0, 10**10))


def chosen(policy: Any, candidates: Sequence[Candidate], surplus: Surplus) -> list[SessionKey]:
    return list(policy.victims(candidates, now=NOW, idle_seconds=IDLE, surplus=surplus))


def named(name: str, **facts: Any) -> Candidate:
    return Candidate(SessionKey(name), **{"last_active": NOW - 10, **facts})


def order(policy: Any, candidates: Sequence[Candidate]) -> str:
    return "".join(key.id for key in chosen(policy, candidates, Surplus(sessions=len(candidates))))


@EVERY
@given(CANDIDATES, SURPLUS)
def test_the_idle_leave_first_and_then_as_many_as_free_the_surplus_and_no_more(
    make: Callable[[], Any], candidates: list[Candidate], surplus: Surplus
) -> None:
    victims = chosen(make(), candidates, surplus)
    by_key = {candidate.session: candidate for candidate in candidates}
    assert len(set(victims)) == len(victims)
    idle = [key for key in by_key if NOW - by_key[key].last_active >= IDLE]
    assert set(victims[: len(idle)]) == set(idle)
    ages = [by_key[key].last_active for key in victims[: len(idle)]]
    assert ages == sorted(ages), "longest idle first"

    def frees(keys: Sequence[SessionKey]) -> bool:
        return len(keys) >= surplus.sessions and sum(by_key[key].size or 0 for key in keys) >= surplus.size

    assert frees(victims) or len(victims) == len(candidates)
    if len(victims) > len(idle):
        assert not frees(victims[:-1])


@EVERY
@given(CANDIDATES, SURPLUS, st.randoms(use_true_random=False))
def test_the_order_of_the_question_does_not_matter(
    make: Callable[[], Any], candidates: list[Candidate], surplus: Surplus, random: Any
) -> None:
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert chosen(make(), candidates, surplus) == chosen(make(), shuffled, surplus)


@EVERY
def test_where_all_are_alike_the_ids_decide(make: Callable[[], Any]) -> None:
    assert order(make(), [named(name) for name in "cab"]) == "abc"


@pytest.mark.parametrize(
    ("make", "wanted"),
    [
        (LeastRecentlyUsed, None),
        (LeastFrequentlyUsed, {CandidateFact.MESSAGES}),
        (LargestFirst, {CandidateFact.SIZE}),
        (GreedyDual, {CandidateFact.SIZE, CandidateFact.MESSAGES}),
    ],
)
def test_each_says_what_it_wants_to_know(make: Callable[[], Any], wanted: set[CandidateFact] | None) -> None:
    policy = make()
    assert (set(policy.wants) if isinstance(policy, WantsFacts) else None) == wanted


def test_lru_lets_go_who_was_used_longest_ago() -> None:
    assert order(LeastRecentlyUsed(), [named("b", last_active=NOW - 2), named("a", last_active=NOW - 1)]) == "ba"


def test_lfu_lets_go_who_has_the_fewest_messages_per_time_and_forgets_old_fame() -> None:
    policy = LeastFrequentlyUsed()
    busy = named("a", messages=20, oldest=NOW - 100, last_active=NOW - 20)
    seldom = named("b", messages=20, oldest=NOW - 90_000, last_active=NOW - 1)
    new = named("c", messages=1, oldest=NOW - 1, last_active=NOW - 1)
    assert order(policy, [busy, seldom, new]) == "bca"
    later = policy.victims([busy, seldom, new], now=NOW + 1e7, idle_seconds=1e9, surplus=Surplus(sessions=3))
    assert [key.id for key in later] == ["c", "b", "a"], "as time passes, all that counts is how many messages there are"


def test_an_empty_session_leaves_before_one_that_has_messages() -> None:
    for policy in (LeastFrequentlyUsed(), GreedyDual()):
        assert order(policy, [named("a", messages=3, oldest=NOW - 500, size=9), named("b", messages=0, size=9)]) == "ba"


def test_largest_first_lets_go_the_largest_and_so_the_fewest() -> None:
    sizes = {"a": 5, "b": 50, "c": 500}
    candidates = [named(name, size=size) for name, size in sizes.items()]
    assert order(LargestFirst(), candidates) == "cba"
    assert chosen(LargestFirst(), candidates, Surplus(size=400)) == [SessionKey("c")]


def test_gdsf_lets_go_the_larger_of_two_that_are_used_alike_and_the_less_used_of_two_alike_in_size() -> None:
    one = {"messages": 10, "oldest": NOW - 300}
    assert order(GreedyDual(), [named("a", size=100, **one), named("b", size=10_000, **one)]) == "ba"
    half = {"messages": 5, "oldest": NOW - 300}
    assert order(GreedyDual(), [named("a", size=100, **one), named("b", size=100, **half)]) == "ba"


def test_gdsf_keeps_a_large_one_where_large_ones_cost_most_to_bring_back() -> None:
    busy = named("a", size=10**6, messages=20, oldest=NOW - 300)
    quiet = named("b", size=10**4, messages=10, oldest=NOW - 300)
    assert order(GreedyDual(restore_seconds=1.0, restore_seconds_per_mebibyte=0.0), [busy, quiet]) == "ab"
    assert order(GreedyDual(restore_seconds=0.0, restore_seconds_per_mebibyte=1.0), [busy, quiet]) == "ba"


def test_gdsf_lets_go_of_what_was_once_worth_keeping_and_was_not_used_since() -> None:
    policy = GreedyDual(steady_seconds=1e6)  # so that nothing but the inflation ages
    old = named("z", size=100, messages=10, oldest=NOW, last_active=NOW)
    rounds = 0
    while True:
        now = NOW + rounds
        fresh = [named(name, size=100, messages=4, oldest=now - 1, last_active=now - 0.5) for name in ("a", "b")]
        victims = policy.victims([old, *fresh], now=now, idle_seconds=1e9, surplus=Surplus(sessions=1))
        if victims == [old.session]:
            break
        rounds += 1
        assert rounds < 50
    assert rounds > 1, "its ten messages kept it for a while"


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 10**6)), max_size=30))
def test_gdsf_never_deflates_whatever_its_clock_does(rounds: list[tuple[int, int]]) -> None:
    policy = GreedyDual()
    for at, size in rounds:
        now = NOW + at
        both = [named("a", size=size, messages=3, oldest=now - 60, last_active=now - 1), named("b", size=1, last_active=now)]
        policy.victims(both, now=now, idle_seconds=1e9, surplus=Surplus(sessions=1))
        assert policy._inflations == sorted(policy._inflations)
        assert policy._times == sorted(policy._times)


def test_gdsf_remembers_a_limited_number_of_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greedy_dual, "STEPS_KEPT", 8)
    policy = GreedyDual()
    for step in range(100):
        one = named("a", size=10, messages=3, oldest=NOW, last_active=NOW + step)
        policy.victims([one], now=NOW + step, idle_seconds=1e9, surplus=Surplus(sessions=1))
        assert len(policy._times) == len(policy._inflations) <= 8
    assert policy._times[-1] == NOW + 99
