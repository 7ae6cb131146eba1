"""Janitors over stores of a test's own, and what has to hold whatever they did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lixcore.domain.message import Message
from lixcore.domain.position import Entry
from lixcore.domain.record import decode_message
from lixcore.domain.session import RESERVED_TENANT, SessionKey
from lixcore.errors import CorruptDataError, StoreError
from lixcore.ports.clock import Clock
from lixcore.ports.cold_archive import ColdArchive
from lixcore.ports.hot_store import HotStore
from lixcore.ports.policy import EvictionPolicy, RetentionPolicy
from lixcore.services.upkeep.eviction import Evictor, HotLimits
from lixcore.services.upkeep.janitor import Janitor
from lixcore.services.upkeep.lease import Lease
from lixcore.services.upkeep.retention import Retention
from lixcore_memory import MemoryArchive, MemoryHotStore
from lixcore_policies import AgeRetention, LeastRecentlyUsed
from settable_clock import SettableClock
from stacks import SessionLayer

IDLE, TTL = 600.0, 3600.0
LEASE = 60.0
DAY = 86_400.0


_OF_THE_PORT = ["append", "read", "oldest", "ticket", "restore", "release", "evict", "forget", "describe", "sessions", "close"]


class PlainHotStore:
    """A store in memory with the methods that the port asks for, and no power beside."""

    def __init__(self, clock: Clock) -> None:
        store = MemoryHotStore(clock)
        for name in _OF_THE_PORT:
            setattr(self, name, getattr(store, name))


class PartlyDamagedArchive(MemoryArchive):
    """Refuses the sessions whose ids begin with ``damaged``."""

    error: StoreError = CorruptDataError("the file", "is damaged")

    def append_many(self, batches: Sequence[tuple[SessionKey, Sequence[Entry]]]) -> None:
        if any(session.id.startswith("damaged") for session, _ in batches):
            raise self.error
        super().append_many(batches)


def janitor_of(
    hot: HotStore,
    archive: ColdArchive,
    clock: Clock,
    *,
    policy: EvictionPolicy | None = None,
    retention: RetentionPolicy | None = None,
    max_sessions: int | None = None,
    max_bytes: int | None = None,
    ttl_days: float | None = None,
) -> Janitor:
    """A janitor as the stack wires it, as if in a process of its own."""
    limits = HotLimits(IDLE, TTL, max_sessions, max_bytes)
    layer = SessionLayer(hot, archive, clock)
    evictor = Evictor(hot, layer.tiering, policy or LeastRecentlyUsed(), clock, limits)
    lease = Lease(hot, clock, "janitor", seconds=LEASE)
    sweeping = Retention(hot, archive, retention or AgeRetention(), clock, ttl_days=ttl_days, spared={RESERVED_TENANT})
    return Janitor(lease, evictor, layer.reconciler, sweeping, interval=20.0)


class House:
    """Two stores, what was said to them, and what a janitor must have left."""

    def __init__(self, make_hot: Callable[[SettableClock], Any] = MemoryHotStore, archive: ColdArchive | None = None) -> None:
        self.clock = SettableClock()
        self.hot: Any = make_hot(self.clock)
        self.archive: Any = archive or MemoryArchive()
        self.layer = SessionLayer(self.hot, self.archive, self.clock)
        self.said: dict[str, list[str]] = {}

    def say(self, name: str, *texts: str) -> None:
        """Add messages to a session."""
        for text in texts or ("x",):
            self.layer.window.add(SessionKey(name), Message("user", text, self.clock.now()))
            self.said.setdefault(name, []).append(text)

    def janitor(self, **settings: Any) -> Janitor:
        """A new one, as if in a process of its own."""
        return janitor_of(self.hot, self.archive, self.clock, **settings)

    def hot_names(self) -> list[str]:
        """The ids of the hot sessions, longest idle first."""
        return [each.session.id for each in self.hot.sessions()]

    def history(self, name: str) -> list[str]:
        """Everything that a session holds."""
        return [decode_message(entry).content for entry in self.layer.window.history(SessionKey(name))]

    def check_nothing_lost(self) -> None:
        """Every session has what was said, once, in order."""
        assert {name: self.history(name) for name in self.said} == self.said


def three_of_different_age(house: House) -> None:
    """Sessions idle for longer than the policy needs, a little less, and not at all."""
    for name, then in [("old", 1.0), ("young", IDLE - 1), ("new", 0.0)]:
        house.say(name, f"1 of {name}", f"2 of {name}")
        house.clock.advance(then)
