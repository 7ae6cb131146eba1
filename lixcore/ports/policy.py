"""Policies of the two tiers: decisions that an operator may want to make otherwise.

A policy is chosen by its name in the configuration. A plugin that answers the hook of the same decision comes before it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import Enum
from typing import Protocol, runtime_checkable

import attrs

from lixcore.domain.message import Message
from lixcore.domain.session import SessionKey
from lixcore.ports.cold_archive import ArchiveInfo


@attrs.frozen
class Candidate:
    """A hot session that may be evicted.

    Attributes:
        session: Whose.
        last_active: When it was last used, in seconds since the epoch, by the clock of the process that used it.
        size: What it takes in the hot store, in bytes; None where nobody asked the store, or it cannot tell.
        messages: How many messages it has in the hot store; None where nobody asked.
        oldest: When the oldest of them was added, in seconds since the epoch; None where nobody asked, or it has none.
    """

    session: SessionKey
    last_active: float
    size: int | None = None
    messages: int | None = None
    oldest: float | None = None


class CandidateFact(Enum):
    """What costs a question to the hot store, and is asked only for policies that want it."""

    SIZE = "size"
    """`Candidate.size`."""
    MESSAGES = "messages"
    """`Candidate.messages` and `Candidate.oldest`."""


@attrs.frozen
class Surplus:
    """How much more is hot than the configuration allows; zero where it sets no limit, or there is room.

    Attributes:
        sessions: So many sessions.
        size: So many bytes.
    """

    sessions: int = 0
    size: int = 0


class EvictionPolicy(Protocol):
    """Chooses the sessions that leave the hot store."""

    def victims(
        self, candidates: Sequence[Candidate], *, now: float, idle_seconds: float, surplus: Surplus
    ) -> Sequence[SessionKey]:
        """The sessions to evict, in that order: those that were idle long enough, and as many more as free the surplus.

        Args:
            candidates: Hot sessions, longest idle first; all of them when there is a surplus.
            now: Seconds since the epoch.
            idle_seconds: How long a session may be idle by the configuration.
            surplus: How much is to be freed in all; the idle sessions count towards it.

        Returns:
            Some of the candidates. What is none of them is left out. When it raises, the janitor warns, and sessions leave by
            ``session_ttl_seconds`` only.
        """
        ...


@runtime_checkable
class WantsFacts(Protocol):
    """An optional power of an eviction policy: saying what it needs to know of candidates.

    Attributes:
        wants: The facts to ask the hot store for, whenever the policy is asked.
    """

    @property
    def wants(self) -> Collection[CandidateFact]: ...


class WindowPolicy(Protocol):
    """Chooses which of the newest messages make up the context."""

    def start(self, messages: Sequence[Message], *, max_messages: int, max_tokens: int | None) -> int:
        """The index where the context starts, 0 to ``len(messages)``; the latter stands for an empty one.

        It is asked on every read of a context. See `lixcore.domain.window.window_start` for the rule that lixcore follows itself.

        Args:
            messages: The newest messages of a session, oldest first; all that it may choose from.
            max_messages: ``hot_window_size``.
            max_tokens: ``session_max_tokens``; None for no budget.
        """
        ...


class TokenCounter(Protocol):
    """Tells how long messages are for a language model."""

    def count(self, messages: Sequence[Message]) -> Sequence[int]:
        """How many tokens each message takes in a prompt, zero or more; as many numbers as messages."""
        ...


class RetentionPolicy(Protocol):
    """Decides which histories leave the archive for good."""

    def is_over(self, history: ArchiveInfo, *, now: float, ttl_seconds: float | None) -> bool:
        """Whether the history is to be removed. Asked about once an hour of each session that has one; what is hot stays anyway.

        It is asked once more right before the removal, when what it says counts. When it raises, the janitor warns, and nothing
        more is removed in that hour. Where the hot store's clock and this machine's are an hour apart, nobody is asked and
        nothing removed.

        Args:
            history: What the archive knows of it.
            now: Seconds since the epoch.
            ttl_seconds: ``disk_ttl_days``; None for ever.
        """
        ...


@runtime_checkable
class GoesByAge(Protocol):
    """An optional power of a retention policy: saying that it removes nothing where no age is configured.

    Attributes:
        only_by_age: Whether it does: then it is not asked where ``disk_ttl_days`` is none.
    """

    @property
    def only_by_age(self) -> bool: ...


class RedactionPolicy(Protocol):
    """Removes from texts what must not be kept."""

    def redact(self, text: str) -> str:
        """The text as it may be stored; the very same text where there is nothing to remove.

        It is asked about every text of a message before anything is stored anywhere: its content, and each text in its metadata
        that is no key. Redacting what was redacted changes nothing. When it raises, the message is not stored.
        """
        ...


class ExpiryPolicy(Protocol):
    """Decides how long what is cached lives."""

    def seconds(self, layer: str, configured: float) -> float:
        """For how many seconds, above zero, a new entry lives.

        Args:
            layer: ``semantic`` or ``url_embedding``.
            configured: ``semantic_ttl_seconds`` or ``url_cache_ttl_seconds``.
        """
        ...
