"""Whether an answer of an eviction policy is one that an honest policy may give, worked out without any policy."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from lixcore.domain.session import SessionKey
from lixcore.ports.policy import EvictionPolicy
from lixcore.testing.eviction_policy.situations import Situation


def ask(policy: EvictionPolicy, situation: Situation) -> list[SessionKey]:
    """The policy's answer, as a list of the caller's own."""
    answer = policy.victims(
        list(situation.candidates), now=situation.now, idle_seconds=situation.idle_seconds, surplus=situation.surplus
    )
    return list(answer)


def check_named(situation: Situation, victims: Sequence[SessionKey]) -> None:
    """Only candidates are named, each once."""
    offered = {candidate.session for candidate in situation.candidates}
    assert [session for session in victims if session not in offered] == [], "these were not offered"
    assert len(set(victims)) == len(victims), f"some are named twice: {victims}"


def check_idle_leave(situation: Situation, victims: Sequence[SessionKey]) -> None:
    """Whoever was idle long enough is named."""
    left = situation.idle - set(victims)
    assert left == set(), f"idle for {situation.idle_seconds} s or longer, and not named"


def check_freed(situation: Situation, victims: Sequence[SessionKey]) -> None:
    """The surplus would be gone, or else nobody is left. Where sizes are not known, only sessions count."""
    everybody = {candidate.session for candidate in situation.candidates}
    if set(victims) >= everybody:
        return
    surplus = situation.surplus
    assert len(victims) >= surplus.sessions, f"{surplus.sessions} sessions are to leave; more could be named"
    sizes = [candidate.size for candidate in situation.candidates]
    if None not in sizes:
        freed = _freed(situation, victims)
        assert freed >= surplus.size, f"{surplus.size} bytes are to be freed, these free {freed}; more could be named"


def check_no_more_than_needed(situation: Situation, victims: Sequence[SessionKey]) -> None:
    """Beside the idle, nobody is named once those before it, and the idle, free the surplus."""
    idle = situation.idle
    more = [session for session in victims if session not in idle]
    first = [session for session in victims if session in idle]
    for before, session in zip(accumulate(([each] for each in more), initial=[]), more, strict=False):
        leaving = [*first, *before]
        enough_sessions = len(leaving) >= situation.surplus.sessions
        enough_bytes = _freed(situation, leaving) >= situation.surplus.size
        assert not (enough_sessions and enough_bytes), f"{session!r} is in use, and without it enough is free"


def _freed(situation: Situation, victims: Sequence[SessionKey]) -> int:
    named = set(victims)
    return sum(candidate.size or 0 for candidate in situation.candidates if candidate.session in named)
