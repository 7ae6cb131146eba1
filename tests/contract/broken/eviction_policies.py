"""Eviction policies that are wrong, in one way each: the mistakes of plausible authors."""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Sequence
from typing import Any, ClassVar

import numpy as np

from broken.cases import Port, case
from lixcore.domain.session import SessionKey
from lixcore.ports.policy import Candidate, CandidateFact, Surplus
from lixcore.testing import EvictionPolicyContract
from lixcore_policies import LeastRecentlyUsed


class _Policy(LeastRecentlyUsed):
    """A base for policies that take from the candidates one by one, in an order and with an end of their own."""

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        chosen: list[SessionKey] = []
        sessions, size = surplus.sessions, surplus.size
        for candidate in self.order(candidates, now):
            if not self.is_idle(candidate, now, idle_seconds) and sessions <= 0 and size <= 0:
                continue
            chosen.append(candidate.session)
            sessions -= 1
            size -= self.size_of(candidate)
        return chosen

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        del now
        return sorted(candidates, key=lambda each: (each.last_active, each.session.tenant, each.session.id))

    def is_idle(self, candidate: Candidate, now: float, idle_seconds: float) -> bool:
        return now - candidate.last_active >= idle_seconds

    def size_of(self, candidate: Candidate) -> int:
        return candidate.size or 0


class LargestFirst(_Policy):
    """A right one, which wants to know something."""

    wants: ClassVar[Collection[CandidateFact]] = (CandidateFact.SIZE,)

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        return sorted(super().order(candidates, now), key=lambda each: -(each.size or 0))


class NamesStrangers(_Policy):
    """It keeps a list of what is hot, and does not notice who left by other ways."""

    def __init__(self) -> None:
        self.hot: dict[SessionKey, Candidate] = {}

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        self.hot |= {each.session: each for each in candidates}
        return super().order(list(self.hot.values()), now)


class NamesTheIdleTwice(_Policy):
    """Once for being idle, once for the surplus."""

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        idle = [each.session for each in candidates if now - each.last_active >= idle_seconds]
        more = super().victims(candidates, now=now, idle_seconds=idle_seconds, surplus=surplus)
        return [*idle, *more] if surplus.sessions else more


class SortsTheCallersList(_Policy):
    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        ordered = super().order(candidates, now)
        if isinstance(candidates, list):
            candidates[:] = ordered
        return ordered


class TakesThemOffTheCallersList(_Policy):
    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        ordered = super().order(candidates, now)
        if isinstance(candidates, list):
            candidates.clear()
        return ordered


class NeedsAList(_Policy):
    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        mine: list[Candidate] = candidates.copy()  # type: ignore[attr-defined]  # that is the mistake
        return super().order(mine, now)


class TakesTheNewestIgnoringIdle(_Policy):
    """For the surplus alone, from the wrong end."""

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        del idle_seconds
        chosen = super().victims(self.order(candidates, now)[::-1], now=now, idle_seconds=float("inf"), surplus=surplus)
        return chosen[::-1]


class StopsAtTheFirstInUse(_Policy):
    """Right for candidates that are longest idle first; it puts the largest first."""

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        chosen: list[SessionKey] = []
        for each in sorted(candidates, key=lambda each: (-(each.size or 0), each.session.tenant, each.session.id)):
            freed = sum(one.size or 0 for one in candidates if one.session in chosen)
            enough = len(chosen) >= surplus.sessions and freed >= surplus.size
            if enough and now - each.last_active < idle_seconds:
                break
            chosen.append(each.session)
        return chosen


class NeverFreesBytes(_Policy):
    def victims(self, candidates: Sequence[Candidate], *, surplus: Surplus, **when: Any) -> Sequence[SessionKey]:
        return super().victims(candidates, surplus=Surplus(surplus.sessions), **when)


class FreesBytesOrSessions(_Policy):
    """Whichever it is asked for first."""

    def victims(self, candidates: Sequence[Candidate], *, surplus: Surplus, **when: Any) -> Sequence[SessionKey]:
        one = Surplus(size=surplus.size) if surplus.size else surplus
        return super().victims(candidates, surplus=one, **when)


class FreesOneMore(_Policy):
    def victims(self, candidates: Sequence[Candidate], *, surplus: Surplus, **when: Any) -> Sequence[SessionKey]:
        more = Surplus(surplus.sessions + 1, surplus.size) if surplus != Surplus() else surplus
        return super().victims(candidates, surplus=more, **when)


class FreesOneLess(_Policy):
    def victims(self, candidates: Sequence[Candidate], *, surplus: Surplus, **when: Any) -> Sequence[SessionKey]:
        return super().victims(candidates, surplus=Surplus(max(0, surplus.sessions - 1), surplus.size), **when)


class DoesNotCountTheIdle(_Policy):
    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        ordered = self.order(candidates, now)
        idle = [each.session for each in ordered if self.is_idle(each, now, idle_seconds)]
        used = [each for each in ordered if not self.is_idle(each, now, idle_seconds)]
        return [*idle, *super().victims(used, now=now, idle_seconds=idle_seconds, surplus=surplus)]


class EmptiesTheTierForAnySurplus(_Policy):
    def is_idle(self, candidate: Candidate, now: float, idle_seconds: float) -> bool:
        return super().is_idle(candidate, now, idle_seconds) or self.under_pressure

    under_pressure = False

    def victims(self, candidates: Sequence[Candidate], *, surplus: Surplus, **when: Any) -> Sequence[SessionKey]:
        self.under_pressure = surplus != Surplus()
        return super().victims(candidates, surplus=surplus, **when)


class StopsAfterAHundred(_Policy):
    def victims(self, candidates: Sequence[Candidate], **asked: Any) -> Sequence[SessionKey]:
        return super().victims(candidates, **asked)[:100]


class IdleHasToBeLonger(_Policy):
    def is_idle(self, candidate: Candidate, now: float, idle_seconds: float) -> bool:
        return now - candidate.last_active > idle_seconds


class TakesTheFutureForIdle(_Policy):
    def is_idle(self, candidate: Candidate, now: float, idle_seconds: float) -> bool:
        return abs(now - candidate.last_active) >= idle_seconds


class HasItsOwnClock(_Policy):
    def is_idle(self, candidate: Candidate, now: float, idle_seconds: float) -> bool:
        del now
        return time.time() - candidate.last_active >= idle_seconds


class DependsOnTheOrder(_Policy):
    """Of those used at the same time the first in the list leaves."""

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        del now
        return sorted(candidates, key=lambda each: each.last_active)


class DrawsLotsInSecret(_Policy):
    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        del now
        return random.sample(candidates, len(candidates))


class OneGoesForAllOfItsTime(_Policy):
    """It puts candidates into a dict by time."""

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        return list({each.last_active: each for each in super().order(candidates, now)}.values())


class GoesByIdAlone(_Policy):
    """And takes the tenants for one."""

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        chosen = super().victims(candidates, now=now, idle_seconds=idle_seconds, surplus=surplus)
        ids = {session.id for session in chosen}
        return [each.session for each in self.order(candidates, now) if each.session.id in ids]


class FoldsCase(_Policy):
    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        known = {(each.session.tenant, each.session.id.lower()): each for each in candidates}
        return super().order(list(known.values()), now)


class NeedsCandidates(_Policy):
    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        first = min(candidates, key=lambda each: each.last_active)
        return [first, *(each for each in super().order(candidates, now) if each is not first)]


class NeedsSizes(_Policy):
    def size_of(self, candidate: Candidate) -> int:
        return candidate.size  # type: ignore[return-value]  # that is the mistake


class PassesOverWhatHasNoSize(_Policy):
    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        return [each for each in super().order(candidates, now) if each.size is not None]


class DividesByTime(_Policy):
    """The least often used first."""

    wants: ClassVar[Collection[CandidateFact]] = (CandidateFact.MESSAGES,)

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        def often(each: Candidate) -> float:
            return 0.0 if each.messages is None or each.oldest is None else each.messages / (now - each.oldest)

        return sorted(super().order(candidates, now), key=often)


class NeedsTheFactsThatItWants(_Policy):
    wants: ClassVar[Collection[CandidateFact]] = (CandidateFact.MESSAGES,)

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        return sorted(super().order(candidates, now), key=lambda each: each.messages)  # type: ignore[arg-type, return-value]  # that is the mistake


class WantsWords(_Policy):
    wants: ClassVar[Collection[Any]] = ("size",)


class CountsIn64Bits(_Policy):
    def size_of(self, candidate: Candidate) -> int:
        return int(np.int64(candidate.size or 0))


class NamesEachOnceInItsLife(_Policy):
    def __init__(self) -> None:
        self.named: set[SessionKey] = set()

    def victims(self, candidates: Sequence[Candidate], **asked: Any) -> Sequence[SessionKey]:
        chosen = [each for each in super().victims(candidates, **asked) if each not in self.named]
        self.named.update(chosen)
        return chosen


class RemembersWhenItSawThemFirst(_Policy):
    """And takes that for when they were used last."""

    def __init__(self) -> None:
        self.seen: dict[SessionKey, float] = {}

    def is_idle(self, candidate: Candidate, now: float, idle_seconds: float) -> bool:
        return now - self.seen.setdefault(candidate.session, candidate.last_active) >= idle_seconds


class GivesAnIterator(_Policy):
    def victims(self, candidates: Sequence[Candidate], **asked: Any) -> Sequence[SessionKey]:
        return iter(super().victims(candidates, **asked))  # type: ignore[return-value]  # that is the mistake


class GivesNoneForNobody(_Policy):
    def victims(self, candidates: Sequence[Candidate], **asked: Any) -> Sequence[SessionKey]:
        return super().victims(candidates, **asked) or None  # type: ignore[return-value]  # that is the mistake


class GivesCandidates(_Policy):
    def victims(self, candidates: Sequence[Candidate], **asked: Any) -> Sequence[SessionKey]:
        chosen = set(super().victims(candidates, **asked))
        return [each for each in candidates if each.session in chosen]  # type: ignore[misc]  # that is the mistake


class UsesItsListAgain(_Policy):
    def __init__(self) -> None:
        self.chosen: list[SessionKey] = []

    def victims(self, candidates: Sequence[Candidate], **asked: Any) -> Sequence[SessionKey]:
        self.chosen[:] = super().victims(candidates, **asked)
        return self.chosen


class KeepsNotesOnItself(_Policy):
    """Two that ask at the same time read each other's."""

    def victims(self, candidates: Sequence[Candidate], **asked: Any) -> Sequence[SessionKey]:
        self.asked = candidates, asked
        time.sleep(0)  # others' turn, as at any line of a longer method
        candidates, asked = self.asked
        return super().victims(candidates, **asked)


_TESTS = EvictionPolicyContract
PORT = Port(
    "eviction-policy",
    EvictionPolicyContract,
    [LeastRecentlyUsed, LargestFirst],
    [
        case(NamesStrangers, _TESTS.test_only_candidates_are_named_each_once),
        case(NamesTheIdleTwice, _TESTS.test_only_candidates_are_named_each_once),
        case(SortsTheCallersList, _TESTS.test_what_it_was_given_is_not_changed),
        case(TakesThemOffTheCallersList, _TESTS.test_what_it_was_given_is_not_changed),
        case(NeedsAList, _TESTS.test_candidates_may_come_as_any_sequence),
        case(TakesTheNewestIgnoringIdle, _TESTS.test_those_that_were_idle_long_enough_leave),
        case(StopsAtTheFirstInUse, _TESTS.test_those_that_were_idle_long_enough_leave),
        case(NeverFreesBytes, _TESTS.test_a_surplus_of_bytes_is_freed_when_it_can_be),
        case(FreesBytesOrSessions, _TESTS.test_both_surpluses_are_freed, _TESTS.test_the_limits_hold_round_after_round),
        case(FreesOneMore, _TESTS.test_nobody_leaves_once_enough_is_free),
        case(FreesOneLess, _TESTS.test_a_surplus_of_sessions_is_freed_when_it_can_be),
        case(DoesNotCountTheIdle, _TESTS.test_idle_sessions_count_towards_the_surplus),
        case(EmptiesTheTierForAnySurplus, _TESTS.test_nobody_leaves_once_enough_is_free),
        case(StopsAfterAHundred, _TESTS.test_thousands_leave_at_once_where_they_have_to),
        case(IdleHasToBeLonger, _TESTS.test_those_that_were_idle_long_enough_leave),
        case(TakesTheFutureForIdle, _TESTS.test_a_session_used_in_the_future_is_not_idle),
        case(HasItsOwnClock, _TESTS.test_it_goes_by_the_time_that_it_is_told),
        case(DependsOnTheOrder, _TESTS.test_the_order_of_the_candidates_does_not_matter),
        case(DrawsLotsInSecret, _TESTS.test_the_same_question_has_the_same_answer),
        case(OneGoesForAllOfItsTime, _TESTS.test_of_equals_as_many_leave_as_have_to),
        case(GoesByIdAlone, _TESTS.test_sessions_that_look_alike_are_told_apart),
        case(FoldsCase, _TESTS.test_sessions_that_look_alike_are_told_apart),
        case(NeedsCandidates, _TESTS.test_of_no_candidates_none_leaves),
        case(NeedsSizes, _TESTS.test_facts_may_be_missing, _TESTS.test_some_facts_may_be_missing),
        case(PassesOverWhatHasNoSize, _TESTS.test_some_facts_may_be_missing),
        case(DividesByTime, _TESTS.test_no_time_and_no_messages_are_fine),
        case(NeedsTheFactsThatItWants, _TESTS.test_facts_may_be_missing),
        case(WantsWords, _TESTS.test_what_it_wants_are_facts),
        case(CountsIn64Bits, _TESTS.test_numbers_of_any_size_are_fine),
        case(NamesEachOnceInItsLife, _TESTS.test_what_stayed_is_named_again),
        case(RemembersWhenItSawThemFirst, _TESTS.test_the_limits_hold_round_after_round),
        case(GivesAnIterator, _TESTS.test_an_answer_is_a_sequence_of_session_keys),
        case(GivesNoneForNobody, _TESTS.test_an_answer_is_a_sequence_of_session_keys),
        case(GivesCandidates, _TESTS.test_an_answer_is_a_sequence_of_session_keys),
        case(UsesItsListAgain, _TESTS.test_an_answer_is_the_callers),
        case(KeepsNotesOnItself, _TESTS.test_many_threads_get_answers_of_their_own),
    ],
)
