"""Those who watch: what they saw, and when they may look on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from typing import Any

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.hooks import hookimpl
from lixcore.ports.events import KINDS, Added, Event

PATIENCE = 20.0


def added(number: int, session: str = "one") -> Added:
    """An event that can be told from others by its number."""
    return Added(SessionKey(session), Position(number))


class Heard:
    """`lixcore.ports.events.Events` that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def wants(self, kind: type[Event]) -> bool:
        return kind in KINDS

    def tell(self, event: Event) -> None:
        self.events.append(event)

    def taken(self) -> list[Event]:
        """What was told since the last look."""
        found, self.events = self.events, []
        return found


class Watcher:
    """An observer that keeps what it sees, and then does what the test says.

    Attributes:
        seen: What it saw.
    """

    def __init__(self, name: str = "watcher", kinds: Collection[type[Event]] = KINDS) -> None:
        self.name = name
        self.kinds = kinds
        self.seen: list[Any] = []
        self.then: Callable[[Event], object] = lambda _: None

    def notice(self, event: Event) -> None:
        self.seen.append(event)
        self.then(event)


class Gate:
    """Keeps an observer until it is opened: to be what a `Watcher` does then."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._open = threading.Event()
        self._gave_up = False

    def __call__(self, _: Event) -> None:
        self._reached.set()
        self._gave_up = not self._open.wait(PATIENCE)

    def wait_until_reached(self) -> None:
        assert self._reached.wait(PATIENCE)

    def open(self) -> None:
        """Let the observer go on. It must still be waiting: somebody waited for it otherwise."""
        assert not self._gave_up
        self._open.set()


class WatchingPlugin:
    """A plugin that has its watcher see every event."""

    def __init__(self, watcher: Watcher | None = None) -> None:
        self.watcher = watcher or Watcher()

    @property
    def seen(self) -> list[Any]:
        return self.watcher.seen

    @hookimpl
    def lixcore_added(self, event: Event) -> None:
        self.watcher.notice(event)

    lixcore_spilled = lixcore_evicted = lixcore_restored = lixcore_forgotten = lixcore_retired = lixcore_added
    lixcore_hit = lixcore_miss = lixcore_cached = lixcore_degraded = lixcore_recovered = lixcore_damaged = lixcore_added
