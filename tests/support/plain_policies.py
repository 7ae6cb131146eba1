"""Policies that answer what can be told apart from any plugin's answer, and keep what they were asked."""

from __future__ import annotations

from collections.abc import Sequence

from lixcore.domain.message import Message
from lixcore.domain.session import SessionKey
from lixcore.ports.cold_archive import ArchiveInfo
from lixcore.ports.policies import Policies
from lixcore.ports.policy import Candidate, Surplus
from lixcore.ports.ranking import Finding
from lixcore.ports.reuse_policy import MatchCandidate, NewAnswer


class PlainPolicy:
    """All policies in one: the first candidate leaves, all messages are shown, each takes a token, nothing else is allowed.

    Attributes:
        asked: What was asked of it, in order.
        error: What it raises instead; None for nothing.
    """

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self.error = error

    def _note(self, what: str) -> None:
        self.asked.append(what)
        if self.error is not None:
            raise self.error

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        del now, idle_seconds, surplus
        self._note("victims")
        return [candidate.session for candidate in candidates[:1]]

    def start(self, messages: Sequence[Message], *, max_messages: int, max_tokens: int | None) -> int:
        del messages, max_messages, max_tokens
        self._note("start")
        return 0

    def count(self, messages: Sequence[Message]) -> Sequence[int]:
        self._note("count")
        return [1 for _ in messages]

    def is_over(self, history: ArchiveInfo, *, now: float, ttl_seconds: float | None) -> bool:
        del history, now, ttl_seconds
        self._note("is_over")
        return False

    def admits(self, answer: NewAnswer) -> bool:
        del answer
        self._note("admits")
        return False

    def may_answer(self, query: str | None, candidate: MatchCandidate) -> bool:
        del query, candidate
        self._note("may_answer")
        return False

    def seconds(self, layer: str, configured: float) -> float:
        del layer
        self._note("seconds")
        return configured

    reach = 1

    def rank(self, findings: Sequence[Finding], *, now: float) -> Sequence[float]:
        del now
        self._note("rank")
        return [0.0 for _ in findings]

    def redact(self, text: str) -> str:
        self._note("redact")
        return text


def plain_policies(policy: PlainPolicy | None = None, *, redacts: bool = False) -> Policies:
    """Policies that are all one."""
    policy = policy or PlainPolicy()
    return Policies(
        eviction=policy,
        window=policy,
        tokens=policy,
        retention=policy,
        admission=policy,
        match=policy,
        expiry=policy,
        ranking=policy,
        redaction=policy if redacts else None,
    )
