"""Eviction policies that trip over what they are given, or give what is no answer: the mistakes of plausible authors."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

import numpy as np

from broken.policies_that_choose_wrongly import Policy
from broken.round_trips import round_trip
from lixcore.domain.session import SessionKey
from lixcore.ports.policy import Candidate, CandidateFact, Surplus


class GoesByIdAlone(Policy):
    """And takes the tenants for one."""

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        chosen = super().victims(candidates, now=now, idle_seconds=idle_seconds, surplus=surplus)
        ids = {session.id for session in chosen}
        return [each.session for each in self.order(candidates, now) if each.session.id in ids]


class PolicyThatFoldsCase(Policy):
    """Ids are names, and names have no case."""

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        known = {(each.session.tenant, each.session.id.lower()): each for each in candidates}
        return super().order(list(known.values()), now)


class NeedsCandidates(Policy):
    """It begins with the oldest of them; there always is one."""

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        first = min(candidates, key=lambda each: each.last_active)
        return [first, *(each for each in super().order(candidates, now) if each is not first)]


class NeedsSizes(Policy):
    """Sizes are there, as it says that it wants them."""

    def size_of(self, candidate: Candidate) -> int:
        return candidate.size  # type: ignore[return-value]  # that is the mistake


class PassesOverWhatHasNoSize(Policy):
    """What takes no room needs not leave."""

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        return [each for each in super().order(candidates, now) if each.size is not None]


class DividesByTime(Policy):
    """The least often used first."""

    wants: ClassVar[Collection[CandidateFact]] = (CandidateFact.MESSAGES,)

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        def often(each: Candidate) -> float:
            return 0.0 if each.messages is None or each.oldest is None else each.messages / (now - each.oldest)

        return sorted(super().order(candidates, now), key=often)


class NeedsTheFactsThatItWants(Policy):
    """It wants them, so it gets them."""

    wants: ClassVar[Collection[CandidateFact]] = (CandidateFact.MESSAGES,)

    def order(self, candidates: Sequence[Candidate], now: float) -> Sequence[Candidate]:
        return sorted(super().order(candidates, now), key=lambda each: each.messages)  # type: ignore[arg-type, return-value]  # that is the mistake


class WantsWords(Policy):
    """The name of the fact, as in a configuration."""

    wants: ClassVar[Collection[Any]] = ("size",)


class CountsIn64Bits(Policy):
    """Sizes are summed in an array."""

    def size_of(self, candidate: Candidate) -> int:
        return int(np.int64(candidate.size or 0))


class NamesEachOnceInItsLife(Policy):
    """Who was named is gone."""

    def __init__(self) -> None:
        self.named: set[SessionKey] = set()

    def victims(self, candidates: Sequence[Candidate], **asked: Any) -> Sequence[SessionKey]:
        chosen = [each for each in super().victims(candidates, **asked) if each not in self.named]
        self.named.update(chosen)
        return chosen


class RemembersWhenItSawThemFirst(Policy):
    """And takes that for when they were used last."""

    def __init__(self) -> None:
        self.seen: dict[SessionKey, float] = {}

    def is_idle(self, candidate: Candidate, now: float, idle_seconds: float) -> bool:
        return now - self.seen.setdefault(candidate.session, candidate.last_active) >= idle_seconds


class GivesAnIterator(Policy):
    """Whoever loops over it does not notice."""

    def victims(self, candidates: Sequence[Candidate], **asked: Any) -> Sequence[SessionKey]:
        return iter(super().victims(candidates, **asked))  # type: ignore[return-value]  # that is the mistake


class GivesNoneForNobody(Policy):
    """or None, as hooks of plugins say that they have no answer."""

    def victims(self, candidates: Sequence[Candidate], **asked: Any) -> Sequence[SessionKey]:
        return super().victims(candidates, **asked) or None  # type: ignore[return-value]  # that is the mistake


class GivesCandidates(Policy):
    """Each has its session."""

    def victims(self, candidates: Sequence[Candidate], **asked: Any) -> Sequence[SessionKey]:
        chosen = set(super().victims(candidates, **asked))
        return [each for each in candidates if each.session in chosen]  # type: ignore[misc]  # that is the mistake


class UsesItsListAgain(Policy):
    """It saves an allocation per round."""

    def __init__(self) -> None:
        self.chosen: list[SessionKey] = []

    def victims(self, candidates: Sequence[Candidate], **asked: Any) -> Sequence[SessionKey]:
        self.chosen[:] = super().victims(candidates, **asked)
        return self.chosen


class KeepsNotesOnItself(Policy):
    """Two that ask at the same time read each other's."""

    def victims(self, candidates: Sequence[Candidate], **asked: Any) -> Sequence[SessionKey]:
        self.asked = candidates, asked
        round_trip()
        candidates, asked = self.asked
        return super().victims(candidates, **asked)
