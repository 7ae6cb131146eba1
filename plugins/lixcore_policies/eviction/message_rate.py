"""How often a session is used, as far as the hot store knows."""

from __future__ import annotations

from typing import Final

from lixcore.ports.policy import Candidate

STEADY_SECONDS: Final = 300.0
"""Added to every span of time, so that a session's first messages do not make it look busy for ever."""


def messages_per_second(candidate: Candidate, *, now: float, steady_seconds: float) -> float:
    """The messages in its window over the time since the oldest of them: an estimate that all processes share and that ages.

    Where it is not known when the oldest was added, all count as one message when the session was last used.
    """
    since, messages = candidate.oldest, candidate.messages
    if since is None or messages is None:
        since, messages = candidate.last_active, 0 if messages == 0 else 1
    return messages / (max(0.0, now - since) + steady_seconds)
