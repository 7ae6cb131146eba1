"""Who leaves: the part that all eviction policies share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lixcore.domain.session import SessionKey
from lixcore.ports.policy import Candidate, Surplus


def idle_first(candidates: Sequence[Candidate], *, now: float, idle_seconds: float) -> tuple[list[Candidate], list[Candidate]]:
    """Those that were idle long enough, longest idle first; and all others."""
    idle: list[Candidate] = []
    others: list[Candidate] = []
    for candidate in candidates:
        (idle if now - candidate.last_active >= idle_seconds else others).append(candidate)
    idle.sort(key=lambda candidate: (candidate.last_active, by_key(candidate)))
    return idle, others


def by_key(candidate: Candidate) -> tuple[str, str]:
    """What settles ties, so that the same candidates leave in the same order everywhere."""
    return candidate.session.tenant, candidate.session.id


def leaving(
    candidates: Sequence[Candidate],
    *,
    now: float,
    idle_seconds: float,
    surplus: Surplus,
    rank: Callable[[Candidate], Any],
) -> list[Candidate]:
    """All that were idle long enough, then others by rank, until the surplus would be freed.

    Args:
        candidates: Who may leave.
        now: Seconds since the epoch.
        idle_seconds: How long is long enough.
        surplus: What is to be freed in all.
        rank: The lowest leaves first; of several with the same, the one that was idle longest.
    """
    chosen, others = idle_first(candidates, now=now, idle_seconds=idle_seconds)
    sessions = surplus.sessions - len(chosen)
    size = surplus.size - sum(candidate.size or 0 for candidate in chosen)
    if sessions > 0 or size > 0:
        others.sort(key=lambda candidate: (rank(candidate), candidate.last_active, by_key(candidate)))
        for candidate in others:
            if sessions <= 0 and size <= 0:
                break
            chosen.append(candidate)
            sessions -= 1
            size -= candidate.size or 0
    return chosen


def keys_of(candidates: Sequence[Candidate]) -> list[SessionKey]:
    """Their sessions."""
    return [candidate.session for candidate in candidates]
