"""Eviction policies that let the wrong ones leave, too many or too few: the mistakes of plausible authors."""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from lixcore.domain.session import SessionKey
from lixcore.ports.policy import Candidate, CandidateFact, Surplus
from lixcore_policies import LeastRecentlyUsed


class Policy(LeastRecentlyUsed):
    """A right one, and a base for policies that take from the candidates one by one, in an order and with an end of their own."""

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        ordered = self.order(candidates, now)
        chosen = [each for each in ordered if self.is_idle(each, now, idle_seconds)]
        sessions = surplus.sessions - len(chosen)
        size = surplus.size - sum(map(self.size_of, chosen))
        for candidate in ordered:
            if sessions <= 0 and size <= 0:
                break
            if not self.is_idle(candidate, now, idle_seconds):
                chosen.append(candidate)
                sessions -= 1
                size -= self.size_of(candidate)
        return [each.session for each in chosen]

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        del now
        return sorted(candidates, key=lambda each: (each.last_active, each.session.tenant, each.session.id))

    def is_idle(self, candidate: Candidate, now: float, idle_seconds: float) -> bool:
        return now - candidate.last_active >= idle_seconds

    def size_of(self, candidate: Candidate) -> int:
        return candidate.size or 0


class LargestFirst(Policy):
    """A right one, which wants to know something."""

    wants: ClassVar[Collection[CandidateFact]] = (CandidateFact.SIZE,)

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        return sorted(super().order(candidates, now), key=lambda each: -(each.size or 0))


class CountsTheIdleWhenTheirTurnComes(LargestFirst):
    """From the largest down: whoever is idle, and everybody else as long as too much is hot."""

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        chosen: list[SessionKey] = []
        sessions, size = surplus.sessions, surplus.size
        for each in self.order(candidates, now):
            if sessions > 0 or size > 0 or self.is_idle(each, now, idle_seconds):
                chosen.append(each.session)
                sessions -= 1
                size -= each.size or 0
        return chosen


class NamesStrangers(Policy):
    """It keeps a list of what is hot, and does not notice who left by other ways."""

    def __init__(self) -> None:
        self.hot: dict[SessionKey, Candidate] = {}

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        self.hot |= {each.session: each for each in candidates}
        return super().order(list(self.hot.values()), now)


class NamesTheIdleTwice(Policy):
    """Once for being idle, once for the surplus."""

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        idle = [each.session for each in candidates if now - each.last_active >= idle_seconds]
        more = super().victims(candidates, now=now, idle_seconds=idle_seconds, surplus=surplus)
        return [*idle, *more] if surplus.sessions else more


class SortsTheCallersList(Policy):
    """sort(), instead of sorted()."""

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        ordered = super().order(candidates, now)
        if isinstance(candidates, list):
            candidates[:] = ordered
        return ordered


class TakesThemOffTheCallersList(Policy):
    """It takes one after the other off the list, until enough is free."""

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        ordered = super().order(candidates, now)
        if isinstance(candidates, list):
            candidates.clear()
        return ordered


class NeedsAList(Policy):
    """copy() is a list's own."""

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        mine: list[Candidate] = candidates.copy()  # type: ignore[attr-defined]  # that is the mistake
        return super().order(mine, now)


class TakesTheNewestIgnoringIdle(Policy):
    """For the surplus alone, from the wrong end."""

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        del idle_seconds
        chosen = super().victims(self.order(candidates, now)[::-1], now=now, idle_seconds=float("inf"), surplus=surplus)
        return chosen[::-1]


class StopsAtTheFirstInUse(Policy):
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


class NeverFreesBytes(Policy):
    """It was written when the only limit was on sessions."""

    def victims(self, candidates: Sequence[Candidate], *, surplus: Surplus, **when: Any) -> Sequence[SessionKey]:
        return super().victims(candidates, surplus=Surplus(surplus.sessions), **when)


class FreesBytesOrSessions(Policy):
    """Whichever it is asked for first."""

    def victims(self, candidates: Sequence[Candidate], *, surplus: Surplus, **when: Any) -> Sequence[SessionKey]:
        one = Surplus(size=surplus.size) if surplus.size else surplus
        return super().victims(candidates, surplus=one, **when)


class FreesOneMore(Policy):
    """Until less than nothing is left."""

    def victims(self, candidates: Sequence[Candidate], *, surplus: Surplus, **when: Any) -> Sequence[SessionKey]:
        more = Surplus(surplus.sessions + 1, surplus.size) if surplus != Surplus() else surplus
        return super().victims(candidates, surplus=more, **when)


class FreesOneLess(Policy):
    """The last one stays, for good luck."""

    def victims(self, candidates: Sequence[Candidate], *, surplus: Surplus, **when: Any) -> Sequence[SessionKey]:
        return super().victims(candidates, surplus=Surplus(max(0, surplus.sessions - 1), surplus.size), **when)


class DoesNotCountTheIdle(Policy):
    """The idle, and then as many of the others as the surplus says."""

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        ordered = self.order(candidates, now)
        idle = [each.session for each in ordered if self.is_idle(each, now, idle_seconds)]
        used = [each for each in ordered if not self.is_idle(each, now, idle_seconds)]
        return [*idle, *super().victims(used, now=now, idle_seconds=idle_seconds, surplus=surplus)]


class EmptiesTheTierForAnySurplus(Policy):
    """Under pressure, everybody out."""

    def is_idle(self, candidate: Candidate, now: float, idle_seconds: float) -> bool:
        return super().is_idle(candidate, now, idle_seconds) or self.under_pressure

    under_pressure = False

    def victims(self, candidates: Sequence[Candidate], *, surplus: Surplus, **when: Any) -> Sequence[SessionKey]:
        self.under_pressure = surplus != Surplus()
        return super().victims(candidates, surplus=surplus, **when)


class PolicyThatStopsAfterAHundred(Policy):
    """A hundred a round is enough, it seemed."""

    def victims(self, candidates: Sequence[Candidate], **asked: Any) -> Sequence[SessionKey]:
        return super().victims(candidates, **asked)[:100]


class IdleHasToBeLonger(Policy):
    """Longer than, instead of so long or longer."""

    def is_idle(self, candidate: Candidate, now: float, idle_seconds: float) -> bool:
        return now - candidate.last_active > idle_seconds


class TakesTheFutureForIdle(Policy):
    """The difference of two times is their distance."""

    def is_idle(self, candidate: Candidate, now: float, idle_seconds: float) -> bool:
        return abs(now - candidate.last_active) >= idle_seconds


class HasItsOwnClock(Policy):
    """time.time() is the time."""

    def is_idle(self, candidate: Candidate, now: float, idle_seconds: float) -> bool:
        del now
        return time.time() - candidate.last_active >= idle_seconds


class DependsOnTheOrder(Policy):
    """Of those used at the same time the first in the list leaves."""

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        del now
        return sorted(candidates, key=lambda each: each.last_active)


class DrawsLotsInSecret(Policy):
    """Which one leaves makes no difference on average."""

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        del now
        return random.sample(candidates, len(candidates))


class OneGoesForAllOfItsTime(Policy):
    """It puts candidates into a dict by time."""

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        return list({each.last_active: each for each in super().order(candidates, now)}.values())
