"""The eviction policy `chatty-last`: sessions with many messages make room last."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Self

import attrs
from lixcore.domain.session import SessionKey
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.options import option
from lixcore.ports.policy import Candidate, CandidateFact, Surplus


class ChattyLast:
    """See `lixcore.ports.policy.EvictionPolicy`; it also `WantsFacts`.

    The idle leave, whoever they are. Then the quiet ones make room, longest idle first;
    then the chatty ones, the least chatty first.
    """

    @attrs.frozen
    class Options:
        """What a user may set."""

        messages: int = option(
            10, "From so many messages on, a session is chatty.", at_least=1
        )

    def __init__(self, messages: int = 10) -> None:
        self._messages = messages

    @classmethod
    def open(cls, options: Options, context: AdapterContext) -> Self:
        """Make the policy."""
        return cls(options.messages)

    @property
    def wants(self) -> Collection[CandidateFact]:
        """Without this, messages and sizes are None."""
        return {CandidateFact.MESSAGES, CandidateFact.SIZE}

    def victims(
        self,
        candidates: Sequence[Candidate],
        *,
        now: float,
        idle_seconds: float,
        surplus: Surplus,
    ) -> Sequence[SessionKey]:
        """Who leaves, in that order."""
        idle = [each for each in candidates if now - each.last_active >= idle_seconds]
        used = [each for each in candidates if now - each.last_active < idle_seconds]
        chosen = sorted(idle, key=_by_use)
        sessions = surplus.sessions - len(chosen)
        size = surplus.size - sum(each.size or 0 for each in chosen)
        for each in sorted(used, key=self._rank):
            if sessions <= 0 and size <= 0:
                break
            chosen.append(each)
            sessions -= 1
            size -= each.size or 0
        return [each.session for each in chosen]

    def _rank(self, each: Candidate) -> tuple[int, tuple[float, bytes]]:
        messages = each.messages or 0
        return messages if messages >= self._messages else 0, _by_use(each)


def _by_use(each: Candidate) -> tuple[float, bytes]:
    """Equals are told apart by their keys, in whatever order a store lists them."""
    return each.last_active, each.session.digest
