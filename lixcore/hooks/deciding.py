"""The policies' ports over pluggy's manager."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import attrs

from lixcore.domain.message import Message
from lixcore.domain.session import SessionKey
from lixcore.hooks.manager import chain, manager_of
from lixcore.hooks.plugins import Plugins
from lixcore.hooks.tracing import Trace
from lixcore.ports.cold_archive import ArchiveInfo
from lixcore.ports.policies import Policies
from lixcore.ports.policy import Candidate, CandidateFact, RedactionPolicy, Surplus
from lixcore.ports.ranking import Finding
from lixcore.ports.reuse_policy import MatchCandidate, NewAnswer

Ask = Callable[..., Any]

_RANK: Final = "lixcore_rank"
_REDACT: Final = "lixcore_redact"


def asking_plugins(policies: Policies, plugins: Plugins, trace: Trace | None) -> Policies:
    """Those policies that some plugin answers for, asking it; all others as they are."""
    answers = {hook: answer(policies) for hook, answer in _CONFIGURED.items() if plugins.answer(hook)}
    redacts = {_REDACT} if plugins.answer(_REDACT) else set()
    if not answers and not redacts:
        return policies
    manager = manager_of(plugins, answers.keys() | redacts, answers, trace=trace)
    changed: dict[str, Any] = {
        field: make(getattr(manager.hook, hook)) for hook, (field, make) in _FIELDS.items() if hook in answers
    }
    if _RANK in answers:
        changed["ranking"] = _Ranking(getattr(manager.hook, _RANK), policies.ranking.reach)
    if redacts:
        changed["redaction"] = _Redaction(policies.redaction, chain(manager, _REDACT))
    return attrs.evolve(policies, **changed)


@attrs.frozen
class _Eviction:
    _ask: Ask

    @property
    def wants(self) -> Collection[CandidateFact]:
        # Which of them a plugin looks at nobody knows; sessions are evicted seldom.
        return frozenset(CandidateFact)

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        # A tuple: what a plugin does to what it is shown must not change what the core goes by.
        answer: Sequence[SessionKey] = self._ask(
            candidates=tuple(candidates), now=now, idle_seconds=idle_seconds, surplus=surplus
        )
        return answer


@attrs.frozen
class _Window:
    _ask: Ask

    def start(self, messages: Sequence[Message], *, max_messages: int, max_tokens: int | None) -> int:
        answer: int = self._ask(messages=tuple(messages), max_messages=max_messages, max_tokens=max_tokens)
        return answer


@attrs.frozen
class _Tokens:
    _ask: Ask

    def count(self, messages: Sequence[Message]) -> Sequence[int]:
        answer: Sequence[int] = self._ask(messages=tuple(messages))
        return answer


@attrs.frozen
class _Retention:
    _ask: Ask

    def is_over(self, history: ArchiveInfo, *, now: float, ttl_seconds: float | None) -> bool:
        answer: bool = self._ask(history=history, now=now, ttl_seconds=ttl_seconds)
        return answer


@attrs.frozen
class _Admission:
    _ask: Ask

    def admits(self, answer: NewAnswer) -> bool:
        admitted: bool = self._ask(answer=answer)
        return admitted


@attrs.frozen
class _Match:
    _ask: Ask

    def may_answer(self, query: str | None, candidate: MatchCandidate) -> bool:
        answer: bool = self._ask(query=query, candidate=candidate)
        return answer


@attrs.frozen
class _Expiry:
    _ask: Ask

    def seconds(self, layer: str, configured: float) -> float:
        answer: float = self._ask(layer=layer, configured=configured)
        return answer


@attrs.frozen
class _Ranking:
    _ask: Ask
    reach: int

    def rank(self, findings: Sequence[Finding], *, now: float) -> Sequence[float]:
        answer: Sequence[float] = self._ask(findings=tuple(findings), now=now)
        return answer


@attrs.frozen
class _Redaction:
    """The configured redaction, then one plugin after the other."""

    _configured: RedactionPolicy | None
    _plugins: Sequence[Ask]

    def redact(self, text: str) -> str:
        redacted = text if self._configured is None else self._configured.redact(text)
        for ask in self._plugins:
            answer: str | None = ask(redacted)
            redacted = redacted if answer is None else answer
        return text if redacted == text else redacted


_FIELDS: Final[Mapping[str, tuple[str, Callable[[Ask], Any]]]] = {
    "lixcore_evict": ("eviction", _Eviction),
    "lixcore_window_start": ("window", _Window),
    "lixcore_count_tokens": ("tokens", _Tokens),
    "lixcore_retire": ("retention", _Retention),
    "lixcore_admit": ("admission", _Admission),
    "lixcore_may_answer": ("match", _Match),
    "lixcore_cache_seconds": ("expiry", _Expiry),
}


def _evicting(policies: Policies) -> Ask:
    def victims(candidates: Sequence[Candidate], now: float, idle_seconds: float, surplus: Surplus) -> Sequence[SessionKey]:
        return policies.eviction.victims(candidates, now=now, idle_seconds=idle_seconds, surplus=surplus)

    return victims


def _windowing(policies: Policies) -> Ask:
    def start(messages: Sequence[Message], max_messages: int, max_tokens: int | None) -> int:
        return policies.window.start(messages, max_messages=max_messages, max_tokens=max_tokens)

    return start


def _retiring(policies: Policies) -> Ask:
    def is_over(history: ArchiveInfo, now: float, ttl_seconds: float | None) -> bool:
        return policies.retention.is_over(history, now=now, ttl_seconds=ttl_seconds)

    return is_over


def _ranking(policies: Policies) -> Ask:
    def rank(findings: Sequence[Finding], now: float) -> Sequence[float]:
        return policies.ranking.rank(findings, now=now)

    return rank


_CONFIGURED: Final[Mapping[str, Callable[[Policies], Ask]]] = {
    "lixcore_evict": _evicting,
    "lixcore_window_start": _windowing,
    "lixcore_count_tokens": lambda policies: policies.tokens.count,
    "lixcore_retire": _retiring,
    "lixcore_admit": lambda policies: policies.admission.admits,
    "lixcore_may_answer": lambda policies: policies.match.may_answer,
    "lixcore_cache_seconds": lambda policies: policies.expiry.seconds,
    _RANK: _ranking,
}
