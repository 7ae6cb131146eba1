"""What an eviction policy may be asked: candidates, a time, and how much has to leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
from hypothesis import strategies as st

from lixcore.domain.session import SessionKey
from lixcore.ports.policy import Candidate, Surplus
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.hostile import KEYS

IDLE = 300.0
"""Seconds after which sessions leave, where a test does not say otherwise."""

MOST = 9
"""How many candidates a drawn situation has at most: what goes wrong with many goes wrong with these."""

# All times are multiples of an eighth of a second, so that differences are exact and "long enough" has one meaning.
_IDLE_SECONDS = st.sampled_from([0.125, 60.0, IDLE, 86_400.0])
_NOWS = st.sampled_from([1e6, NOON, NOON + 0.375, 4e9])
_SIZES = st.sampled_from([0, 1, 100, 100, 1000, 2**40])
_MESSAGES = st.sampled_from([0, 1, 20, 10_000])
_SINCE_OLDEST = st.sampled_from([0.0, 0.125, 3600.0, 86_400.0 * 365, -60.0])


@attrs.frozen
class Situation:
    """What a policy is asked, but for who asks.

    Attributes:
        candidates: Hot sessions, longest idle first.
        now: Seconds since the epoch.
        idle_seconds: How long a session may be idle.
        surplus: How much has to leave in all.
    """

    candidates: tuple[Candidate, ...]
    now: float = NOON
    idle_seconds: float = IDLE
    surplus: Surplus = attrs.Factory(Surplus)

    def is_idle(self, candidate: Candidate) -> bool:
        """Whether it was idle long enough."""
        return self.now - candidate.last_active >= self.idle_seconds

    @property
    def idle(self) -> set[SessionKey]:
        """The sessions that were idle long enough."""
        return {candidate.session for candidate in self.candidates if self.is_idle(candidate)}


def candidates_of(ages: Sequence[float], *, size: int | None = None, now: float = NOON) -> tuple[Candidate, ...]:
    """Sessions ``s0``, ``s1`` and so on that were used so many seconds ago, longest idle first."""
    made = [Candidate(SessionKey(f"s{number}"), now - age, size) for number, age in enumerate(ages)]
    return tuple(sorted(made, key=lambda candidate: candidate.last_active))


@st.composite
def situations(
    draw: st.DrawFn, *, sizes: st.SearchStrategy[int | None] = _SIZES, surplus: bool = True, least: int = 0
) -> Situation:
    """Situations with hostile ids, many equal times, and a surplus that the candidates can free, or cannot.

    Args:
        sizes: What the store says of their sizes.
        surplus: Whether there may be a surplus.
        least: How many candidates there are at least.
    """
    now, idle_seconds = draw(_NOWS), draw(_IDLE_SECONDS)
    ages = st.sampled_from(
        [0.0, 0.125, idle_seconds - 0.125, idle_seconds, idle_seconds, idle_seconds + 0.125, 3 * idle_seconds, -7.0]
    )
    sessions = draw(st.lists(KEYS, min_size=least, max_size=MOST, unique=True))
    candidates = sorted(
        (_candidate(draw, session, now, draw(ages), draw(sizes)) for session in sessions),
        key=lambda candidate: candidate.last_active,
    )
    wanted = _surplus(draw, candidates) if surplus else Surplus()
    return Situation(tuple(candidates), now, idle_seconds, wanted)


def _candidate(draw: st.DrawFn, session: SessionKey, now: float, age: float, size: int | None) -> Candidate:
    messages = draw(st.none() | _MESSAGES)
    oldest = now - draw(_SINCE_OLDEST) if messages else None
    return Candidate(session, now - age, size, messages, oldest)


def _surplus(draw: st.DrawFn, candidates: Sequence[Candidate]) -> Surplus:
    """More than all of them, all of them, some of them, or nothing; of both, of one, or of neither."""
    total = sum(candidate.size or 0 for candidate in candidates)
    sessions = draw(st.just(0) | st.integers(0, len(candidates) + 2))
    size = draw(st.sampled_from([0, 0, 1, 101, total // 2, total, total + 1]))
    return Surplus(sessions, size)


def without_facts(situation: Situation) -> Situation:
    """The same, where nobody asked the store what it knows of the candidates."""
    bare = [Candidate(candidate.session, candidate.last_active) for candidate in situation.candidates]
    return attrs.evolve(situation, candidates=tuple(bare))


Ask = Callable[[Situation], list[SessionKey]]
"""Asks a policy."""
