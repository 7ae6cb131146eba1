"""Every hook: when it is called, with what, and what an answer means.

A plugin implements any of them as a function of the same name, marked with `lixcore.hooks.hookimpl`; it may leave out arguments
that it does not need. Plugins that were given in a call are asked first, the last one of them before the others; then those that
are installed, in the order in which the setting ``plugins`` names them, or by name. ``tryfirst`` and ``trylast`` change that.

There are three kinds. *Decisions*: the first plugin that does not answer None decides; when all answer None, or there is none,
the policy does that the configuration names. What a plugin raises, or an answer that cannot be one, is a `PolicyFailedError`
that names the plugin: what was asked for is not done. An implementation with ``wrapper=True`` is called around all that, the
configured policy included. *Redaction*: every plugin is asked, one after the other. *Events*: every plugin is told, after the
fact, on a thread that nothing waits for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lixcore.hooks.marks import hookspec

if TYPE_CHECKING:
    from lixcore.domain.message import Message
    from lixcore.domain.session import SessionKey
    from lixcore.hooks.adapters import PluginAdapter
    from lixcore.ports import events
    from lixcore.ports.cold_archive import ArchiveInfo
    from lixcore.ports.policy import Candidate, Surplus
    from lixcore.ports.ranking import Finding
    from lixcore.ports.reuse_policy import MatchCandidate, NewAnswer


# Registration.


@hookspec
def lixcore_adapters() -> Iterable[PluginAdapter]:
    """Adapters and policies that the plugin brings, beside those that packages register by entry points.

    Called once, when a configuration first lets the plugin in.
    """
    raise NotImplementedError


# Decisions.


@hookspec(firstresult=True)
def lixcore_evict(
    candidates: Sequence[Candidate], now: float, idle_seconds: float, surplus: Surplus
) -> Sequence[SessionKey] | None:
    """The sessions that leave the hot store, in that order: see `lixcore.ports.policy.EvictionPolicy.victims`.

    Called by the janitor in every round that finds idle sessions, or too many hot ones, and by ``evict_idle``. What is known of
    candidates is asked of the hot store for every plugin: sizes, numbers of messages, times.
    """
    raise NotImplementedError


@hookspec(firstresult=True)
def lixcore_window_start(messages: Sequence[Message], max_messages: int, max_tokens: int | None) -> int | None:
    """Where the context starts, as an index into the newest messages: see `lixcore.ports.policy.WindowPolicy.start`.

    Called on every read of a context.
    """
    raise NotImplementedError


@hookspec(firstresult=True)
def lixcore_count_tokens(messages: Sequence[Message]) -> Sequence[int] | None:
    """How many tokens each message takes: see `lixcore.ports.policy.TokenCounter.count`.

    Called by window policies that have a budget of tokens, once for each read of a context.
    """
    raise NotImplementedError


@hookspec(firstresult=True)
def lixcore_retire(history: ArchiveInfo, now: float, ttl_seconds: float | None) -> bool | None:
    """Whether a history leaves the archive for good: see `lixcore.ports.policy.RetentionPolicy.is_over`.

    Called by the janitor about once an hour, for every session that is not hot.
    """
    raise NotImplementedError


@hookspec(firstresult=True)
def lixcore_admit(answer: NewAnswer) -> bool | None:
    """Whether a response is cached: see `lixcore.ports.reuse_policy.AdmissionPolicy.admits`.

    Called whenever a response is about to be cached.
    """
    raise NotImplementedError


@hookspec(firstresult=True)
def lixcore_may_answer(query: str | None, candidate: MatchCandidate) -> bool | None:
    """Whether a cached response answers a query: see `lixcore.ports.reuse_policy.MatchPolicy.may_answer`.

    Called for responses that are similar enough, best first, until one answers; not for one that was made for the very same text.
    """
    raise NotImplementedError


@hookspec(firstresult=True)
def lixcore_cache_seconds(layer: str, configured: float) -> float | None:
    """For how many seconds a new entry of a cache lives: see `lixcore.ports.policy.ExpiryPolicy.seconds`.

    Called whenever something is about to be cached; for a batch, once for each entry.
    """
    raise NotImplementedError


@hookspec(firstresult=True)
def lixcore_rank(findings: Sequence[Finding], now: float) -> Sequence[float] | None:
    """The score of each finding, the higher the better: see `lixcore.ports.ranking.RankingPolicy.rank`.

    Called once for each search that found something. How many neighbours of a hit are among the findings, the configured policy
    says.
    """
    raise NotImplementedError


# Redaction.


@hookspec
def lixcore_redact(text: str) -> str | None:
    """The text as it may be stored; None, or the same text, where there is nothing to remove.

    Called for every text before it is stored anywhere: see `lixcore.ports.policy.RedactionPolicy.redact`. The configured policy
    comes first, then every plugin, each with what the one before it left. When one raises, nothing is stored.
    """
    raise NotImplementedError


# Events.


@hookspec
def lixcore_added(event: events.Added) -> None:
    """A message was stored."""


@hookspec
def lixcore_spilled(event: events.Spilled) -> None:
    """Messages beyond the window moved from the hot store to the archive."""


@hookspec
def lixcore_evicted(event: events.Evicted) -> None:
    """A session left the hot store."""


@hookspec
def lixcore_restored(event: events.Restored) -> None:
    """A session that had left the hot store is hot again."""


@hookspec
def lixcore_forgotten(event: events.Forgotten) -> None:
    """A session was forgotten on request."""


@hookspec
def lixcore_retired(event: events.Retired) -> None:
    """A history was removed from the archive because the retention policy said so."""


@hookspec
def lixcore_hit(event: events.Hit) -> None:
    """A cache had what was asked for."""


@hookspec
def lixcore_miss(event: events.Miss) -> None:
    """A cache did not have what was asked for."""


@hookspec
def lixcore_cached(event: events.Cached) -> None:
    """A cache took something."""


@hookspec
def lixcore_degraded(event: events.Degraded) -> None:
    """A store cannot be used, and lixcore goes on without it."""


@hookspec
def lixcore_recovered(event: events.Recovered) -> None:
    """A store that could not be used works again."""


@hookspec
def lixcore_damaged(event: events.Damaged) -> None:
    """Something that is stored turned out to be damaged."""
