"""A cache of URL embeddings over a store in memory whose calls are recorded and fail on demand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from failing_store import FailingStore
from lixcore.ports.events import Events
from lixcore.services.embeddings.url_embeddings import UrlEmbeddings
from lixcore.services.events.telling import SILENT
from lixcore.services.reuse.cache_guard import CacheGuard
from lixcore.services.reuse.layer_stats import LayerStats
from lixcore_memory import MemoryEmbeddingStore
from settable_clock import SettableClock


class RecordingStore(MemoryEmbeddingStore):
    """An embedding store in memory.

    Attributes:
        trips: Each round trip: what was asked for, and for how many keys.
        puts: How each of the puts was asked to keep its entries.
    """

    def __init__(self, clock: SettableClock) -> None:
        super().__init__(clock)
        self.trips: list[tuple[str, int]] = []
        self.puts: list[dict[str, float]] = []

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        self.trips.append(("get", len(keys)))
        return super().get(keys)

    def put(self, entries: Sequence[tuple[bytes, bytes]], *, ttl: float, capacity: int) -> None:
        self.trips.append(("put", len(entries)))
        self.puts.append({"ttl": ttl, "capacity": capacity})
        super().put(entries, ttl=ttl, capacity=capacity)

    def forget(self, keys: Sequence[bytes]) -> int:
        self.trips.append(("forget", len(keys)))
        return super().forget(keys)


class UrlCache:
    """A cache of URL embeddings with all that is around it.

    Attributes:
        clock: Its clock.
        store: What it stores in.
        failing: What stands between: fails on demand.
        guard: Its guard.
        stats: Its counts.
        urls: The service.
    """

    def __init__(
        self, *, raise_failures: bool = False, clock: SettableClock | None = None, events: Events = SILENT, **settings: Any
    ) -> None:
        self.clock = clock or SettableClock()
        self.store = RecordingStore(self.clock)
        self.failing = FailingStore(self.store)
        self.guard = CacheGuard("url", self.clock, raise_failures=raise_failures, events=events)
        self.stats = LayerStats("url", self.clock, self.store, events)
        self.urls = self.over(**settings)

    def over(self, **settings: Any) -> UrlEmbeddings:
        """Another service over the same store."""
        store: Any = self.failing
        return UrlEmbeddings(store, clock=self.clock, guard=self.guard, stats=self.stats, **settings)
