"""A hot tier that is used, grows and is cleared by a policy round after round, by Hypothesis' state machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize
from hypothesis.stateful import rule as step

from lixcore.domain.session import SessionKey
from lixcore.ports.policy import Candidate, CandidateFact, EvictionPolicy, Surplus, WantsFacts
from lixcore.testing.eviction_policy.judging import ask
from lixcore.testing.eviction_policy.situations import IDLE, Situation
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.hostile import KEYS_THAT_COLLIDE
from lixcore.testing.ground.profiles import run_machine

Judge = Callable[[Situation, Sequence[SessionKey]], None]

_SESSIONS = list(dict.fromkeys([*chain.from_iterable(KEYS_THAT_COLLIDE), *(SessionKey(f"s{n}") for n in range(6))]))[:16]

_SOME_SESSIONS = st.lists(st.sampled_from(_SESSIONS), min_size=1, max_size=8)
_SIZES = st.sampled_from([0, 10, 100, 100, 1000])
_PAUSES = st.sampled_from([0.0, 0.0, 1.0, 60.0])
_BUSY = st.just(frozenset[SessionKey]()) | st.frozensets(st.sampled_from(_SESSIONS), max_size=4)
_LIMITS: list[tuple[int | None, int | None]] = [(None, None), (0, None), (3, None), (None, 0), (None, 500), (2, 500), (4, 2500)]
"""How many sessions may be hot, and how many bytes; both at once, as each hides what is wrong with the other."""


@attrs.define
class _Hot:
    """What the tier knows of a session."""

    last_active: float
    size: int
    messages: int
    oldest: float


def run_tier(open_policy: Callable[[], EvictionPolicy], judge: Judge, *, spares: bool) -> None:  # noqa: C901  # a machine closes over its policy
    """Run random histories of use and rounds; every answer is judged, and the limits hold where nobody had to stay."""

    class Tier(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.policy = open_policy()
            self.hot: dict[SessionKey, _Hot] = {}
            self.now = NOON
            self.max_sessions: int | None = None
            self.max_bytes: int | None = None

        @initialize(limits=st.sampled_from(_LIMITS))
        def configure(self, limits: tuple[int | None, int | None]) -> None:
            self.max_sessions, self.max_bytes = limits

        @step(sessions=_SOME_SESSIONS, sizes=st.lists(_SIZES, min_size=8, max_size=8), pause=_PAUSES, busy=_BUSY)
        def use(self, sessions: list[SessionKey], sizes: list[int], pause: float, busy: frozenset[SessionKey]) -> None:
            """Some sessions are used, one after the other, and the janitor comes by."""
            for session, size in zip(sessions, sizes, strict=False):
                self.now += pause
                held = self.hot.setdefault(session, _Hot(self.now, 0, 0, self.now))
                held.last_active = self.now
                held.size += size
                held.messages += 1
            self.clear(busy)

        @step(seconds=st.sampled_from([0.125, 60.0, IDLE - 60.0, IDLE, 86_400.0]))
        def pass_time(self, seconds: float) -> None:
            self.now += seconds

        @step(seconds=st.sampled_from([1.0, 60.0, IDLE]))
        def step_back(self, seconds: float) -> None:
            self.now -= seconds

        @step(busy=_BUSY)
        def clear(self, busy: frozenset[SessionKey]) -> None:
            """Clear the tier as the janitor does; who is busy is used again meanwhile, and stays."""
            situation = self.situation()
            victims = ask(self.policy, situation)
            judge(situation, victims)
            for session in victims:
                if session not in busy:
                    del self.hot[session]
            if not spares and not busy & set(victims):
                self.check_limits()

        def situation(self) -> Situation:
            surplus = Surplus(
                max(0, len(self.hot) - self.max_sessions) if self.max_sessions is not None else 0,
                max(0, sum(held.size for held in self.hot.values()) - self.max_bytes) if self.max_bytes is not None else 0,
            )
            asked = [
                each for each in map(self.candidate, self.hot) if surplus != Surplus() or self.now - each.last_active >= IDLE
            ]
            asked.sort(key=lambda candidate: candidate.last_active)
            return Situation(tuple(asked), self.now, IDLE, surplus)

        def candidate(self, session: SessionKey) -> Candidate:
            held = self.hot[session]
            wants = self.policy.wants if isinstance(self.policy, WantsFacts) else ()
            size = held.size if self.max_bytes is not None or CandidateFact.SIZE in wants else None
            if CandidateFact.MESSAGES in wants:
                return Candidate(session, held.last_active, size, held.messages, held.oldest)
            return Candidate(session, held.last_active, size)

        def check_limits(self) -> None:
            assert self.max_sessions is None or len(self.hot) <= self.max_sessions
            assert self.max_bytes is None or sum(held.size for held in self.hot.values()) <= self.max_bytes
            idle = [session for session, held in self.hot.items() if self.now - held.last_active >= IDLE]
            assert idle == []

    run_machine(Tier, histories=150)  # each takes milliseconds
