"""Which sessions leave the hot store, and how they are moved: a few at a time, so that nobody waits long for an end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from lixcore.domain.session import SessionKey
from lixcore.errors import StoreError
from lixcore.ports.clock import Clock
from lixcore.ports.hot_store import HotStore, SessionActivity
from lixcore.ports.policy import Candidate, EvictionPolicy, Surplus, WantsFacts
from lixcore.services.tiers.tiering import BulkEviction, Tiering
from lixcore.services.upkeep.candidate_facts import CandidateFacts

AT_ONCE: Final = 128
"""How many sessions are moved in one step."""


@attrs.frozen
class HotLimits:
    """How long, and how much, may be hot.

    Attributes:
        idle_seconds: Idle for so long, a session leaves if the policy says so.
        ttl_seconds: Idle for so long, it leaves whatever the policy says.
        max_sessions: So many sessions may be hot; None for no limit.
        max_bytes: So many bytes they may take; None for no limit.
    """

    idle_seconds: float
    ttl_seconds: float
    max_sessions: int | None = None
    max_bytes: int | None = None

    @property
    def sets_a_size(self) -> bool:
        """Whether anything else than time makes a session leave."""
        return self.max_sessions is not None or self.max_bytes is not None


@attrs.define
class Evicted:
    """What came of a step, or of several.

    Attributes:
        idle: How many sessions left because nobody used them.
        for_room: How many left because too much was hot.
        still_hot: How many were added to meanwhile, and stayed.
        damaged: Why sessions could not leave, an error for each.
        policy_error: What the policy raised; None when it chose.
    """

    idle: int = 0
    for_room: int = 0
    still_hot: int = 0
    damaged: list[StoreError] = attrs.Factory(list)
    policy_error: Exception | None = None

    def count(self, chosen: Sequence[SessionKey], result: BulkEviction, *, idle: bool) -> None:
        """Add what came of evicting sessions that were idle, or were not."""
        if idle:
            self.idle += result.absent
        else:
            self.for_room += result.absent
        self.still_hot += len(chosen) - result.absent - len(result.damaged)
        self.damaged += result.damaged


class Evictor:
    """Evicts what the limits and the policy say.

    A session that is used between the choice and its turn leaves all the same: its next use makes it hot again.
    """

    def __init__(self, hot: HotStore, tiering: Tiering, policy: EvictionPolicy, clock: Clock, limits: HotLimits) -> None:
        self._hot = hot
        self._facts = CandidateFacts(hot)
        self._tiering = tiering
        self._policy = policy
        self._clock = clock
        self.limits = limits

    def evict_idle(self, idle_seconds: float | None = None) -> int:
        """Evict idle sessions, as the policy chooses them.

        Returns:
            How many left the hot store.

        Raises:
            CorruptDataError: A session is damaged and stayed; all others left all the same.
            PositionConflictError: As above, where the archive holds another message in the place of one.
            StoreRefusedError: As above, where what the archive has of a session may not be written.
        """
        now = self._clock.now()
        idle = self.limits.idle_seconds if idle_seconds is None else idle_seconds
        found = self._hot.sessions(inactive_since=now - idle)
        candidates = [Candidate(each.session, each.last_active) for each in found]
        victims = self._chosen(self._known(candidates), now, idle, Surplus())
        result = self._tiering.evict_many(victims)
        if result.damaged:
            counts = (
                f"{len(result.damaged)} of {len(victims)} idle sessions cannot be archived and stayed hot; {result.absent} moved"
            )
            result.damaged[0].add_note(counts)
            raise result.damaged[0]
        return result.absent

    def steps(self, evicted: Evicted) -> Iterator[None]:
        """Evict everything that is to leave now; pauses after every `AT_ONCE` sessions.

        Each session is tried once. Where some could not leave, others take their turn, until the limits hold or none are left.

        Args:
            evicted: Counts what comes of it.
        """
        asked: set[SessionKey] | None = None  # what was hot at the beginning and was not tried yet: so there is an end
        while True:
            now = self._clock.now()
            found = self._hot.sessions(inactive_since=None if self.limits.sets_a_size else now - self._shortest)
            asked = {each.session for each in found} if asked is None else asked
            idle, more = self._to_leave(now, found, asked, evicted)
            for chosen, is_idle in ((idle, True), (more, False)):
                for start in range(0, len(chosen), AT_ONCE):
                    chunk = chosen[start : start + AT_ONCE]
                    evicted.count(chunk, self._tiering.evict_many(chunk), idle=is_idle)
                    yield
            if not self.limits.sets_a_size or not (idle or more):
                return
            asked.difference_update(idle, more)

    @property
    def _shortest(self) -> float:
        return min(self.limits.idle_seconds, self.limits.ttl_seconds)

    def _to_leave(
        self, now: float, found: Sequence[SessionActivity], asked: set[SessionKey], evicted: Evicted
    ) -> tuple[Sequence[SessionKey], Sequence[SessionKey]]:
        """The sessions that are to leave because they are idle, and those that are to make room; only such as are ``asked``."""
        limits = self.limits
        sizes = {} if limits.max_bytes is None else self._facts.sizes([each.session for each in found])
        candidates = [
            Candidate(each.session, each.last_active, sizes.get(each.session)) for each in found if each.session in asked
        ]
        over = now - limits.ttl_seconds
        leaving = [candidate for candidate in candidates if candidate.last_active <= over]
        rest: Sequence[Candidate] = [candidate for candidate in candidates if candidate.last_active > over]
        surplus = self._surplus(len(found), sum(sizes.values()), leaving)
        if not surplus.sessions and not surplus.size:
            rest = [candidate for candidate in rest if candidate.last_active <= now - self._shortest]
        idle = [candidate.session for candidate in leaving]
        by_session = {candidate.session: candidate for candidate in rest}
        more: list[SessionKey] = []
        if rest and evicted.policy_error is None:
            rest = self._known(rest)
            try:
                chosen = self._chosen(rest, now, limits.idle_seconds, surplus)
            except Exception as error:  # noqa: BLE001  # a stranger's policy must not keep hot what is over its time
                evicted.policy_error = error
                chosen = ()
            for session in chosen:
                is_idle = by_session[session].last_active <= now - limits.idle_seconds
                (idle if is_idle else more).append(session)
        return idle, more

    def _known(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """With what the policy wants to know of them."""
        wants = self._policy.wants if isinstance(self._policy, WantsFacts) else ()
        return self._facts.added(candidates, wants) if wants else candidates

    def _chosen(self, candidates: Sequence[Candidate], now: float, idle: float, surplus: Surplus) -> Sequence[SessionKey]:
        """What the policy names, each once, and nothing that it was not asked about."""
        known = {candidate.session for candidate in candidates}
        victims = self._policy.victims(candidates, now=now, idle_seconds=idle, surplus=surplus)
        return [session for session in dict.fromkeys(victims) if session in known]

    def _surplus(self, count: int, size: int, leaving: Sequence[Candidate]) -> Surplus:
        """What is to be freed beside the sessions that leave anyway."""
        sessions = 0 if self.limits.max_sessions is None else count - len(leaving) - self.limits.max_sessions
        freed = sum(candidate.size or 0 for candidate in leaving)
        of_size = 0 if self.limits.max_bytes is None else size - freed - self.limits.max_bytes
        return Surplus(max(0, sessions), max(0, of_size))
