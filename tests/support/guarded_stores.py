"""A store that fails or answers when a test says so, and a guard before it."""

from __future__ import annotations

from lixcore.ports.events import Events
from lixcore.services.events.telling import SILENT
from lixcore.services.reuse.cache_guard import CacheGuard
from settable_clock import SettableClock


class Store:
    """One call, which answers or raises as a test says."""

    def __init__(self) -> None:
        self.failure: BaseException | None = None
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return "found"


class GuardedStore:
    def __init__(self, *, raise_failures: bool = False, events: Events = SILENT) -> None:
        self.clock = SettableClock()
        self.store = Store()
        self.guard = CacheGuard("semantic", self.clock, raise_failures=raise_failures, events=events)
        self.counted = 0
        self.guard.on_failure = self._count

    def _count(self) -> None:
        self.counted += 1

    def ask(self) -> str | None:
        return self.guard.ask(self.store, None)
