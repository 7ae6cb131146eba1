"""Processes on shared stores, each with its own way to the hot store, which a test interrupts."""

from __future__ import annotations

from typing import Any

from failing_store import FailingStore, unreachable
from lixcore.domain.message import Message
from lixcore.domain.record import decode_message
from lixcore.domain.session import SessionKey
from lixcore.ports.cold_archive import ColdArchive
from lixcore_memory import MemoryArchive, MemoryHotStore
from settable_clock import SettableClock
from stacks import SessionLayer

SESSION = SessionKey("one")
WINDOW, BATCH = 4, 3


def texts(count: int, start: int = 1) -> list[str]:
    """What is said: as many numbered messages, from a number on."""
    return [f"m{number}" for number in range(start, start + count)]


class World:
    """Stores, and processes of which each has its own way to the hot store, that may be interrupted."""

    def __init__(self, make_hot: type[MemoryHotStore] = MemoryHotStore) -> None:
        self.clock = SettableClock()
        self.hot = make_hot(self.clock)
        self.archive: ColdArchive = MemoryArchive()

    def process(self, *, clock: SettableClock | None = None, **more: Any) -> Process:
        return Process(self, clock or self.clock, **more)


class Process:
    """A session layer, and its way to the hot store."""

    def __init__(self, world: World, clock: SettableClock, **more: Any) -> None:
        self.world = world
        self.clock = clock
        self.way: Any = FailingStore(world.hot)
        more = {"stands_in": True, "window": WINDOW, "batch": BATCH, **more}
        self.layer = SessionLayer(self.way, world.archive, clock, **more)

    def add(self, *texts: str, session: SessionKey = SESSION) -> None:
        for text in texts:
            self.clock.advance(0.001)
            self.layer.window.add(session, Message("user", text, self.clock.now()))

    def context(self, session: SessionKey = SESSION) -> list[str]:
        return [message.content for message in self.layer.window.context(session)]

    def history(self, session: SessionKey = SESSION) -> list[str]:
        return [decode_message(entry).content for entry in self.layer.window.history(session)]

    def lose_hot_store(self) -> None:
        self.way.failure = unreachable

    def find_hot_store(self) -> None:
        self.way.failure = None
        self.clock.advance(2)
