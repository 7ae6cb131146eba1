"""The embedding store in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import ClassVar, Final

import attrs

from lixcore.domain.freshness import CLOCK_SKEW_SECONDS, is_live
from lixcore.errors import ClosedError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.cache_size import CacheSize
from lixcore.ports.clock import Clock
from lixcore.ports.embedding_store import KEY_BYTES
from lixcore_memory.fork_safe_locks import fork_safe_lock
from lixcore_memory.powers import Tallies

_ENTRY_BYTES: Final = 320
"""About what an entry takes beside its key and its value."""
_SPARE_ENDS: Final = 1000


@attrs.frozen
class _Held:
    """A value, and from when until when it is live. ``number`` rises from one put to the next."""

    value: bytes
    added: float
    expires: float
    number: int


class MemoryEmbeddingStore:
    """`lixcore.ports.embedding_store.EmbeddingStore` and `KeepsTallies`, for the threads of one process.

    One lock guards everything. Of entries that expire at the same time, those that were put first leave first.
    """

    capabilities: ClassVar[frozenset[Capability]] = frozenset()

    @attrs.frozen
    class Options:
        """It has none."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = fork_safe_lock()
        self._held: dict[bytes, _Held] = {}
        # What expires first comes first. A value that was replaced or removed leaves its end behind, which then means nothing.
        self._ends: list[tuple[float, int, bytes]] = []
        self._puts = 0
        self._last_added = float("-inf")  # none was added later
        self._tallies = Tallies()
        self._closed = False

    @classmethod
    def open(cls, options: Options, context: AdapterContext) -> MemoryEmbeddingStore:  # noqa: ARG003  # every adapter is opened alike
        """Make an empty store."""
        return cls(context.clock)

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """See the port."""
        now = self._clock.now()
        with self._lock:
            self._check_open()
            found = [self._held.get(key) for key in keys]
        return [held.value if held is not None and is_live(held.added, held.expires, now) else None for held in found]

    def put(self, entries: Sequence[tuple[bytes, bytes]], *, ttl: float, capacity: int) -> None:
        """See the port."""
        copies = [(bytes(key), bytes(value)) for key, value in entries]
        now = self._clock.now()
        with self._lock:
            self._check_open()
            self._drop_what_is_not_live(now)
            for key, value in copies:
                self._puts += 1
                self._held[key] = _Held(value, now, now + ttl, self._puts)
                heappush(self._ends, (now + ttl, self._puts, key))
                self._last_added = max(self._last_added, now)
            while len(self._held) > capacity:
                self._drop_first()
            if len(self._ends) > 2 * len(self._held) + _SPARE_ENDS:
                self._ends = [(held.expires, held.number, key) for key, held in self._held.items()]
                heapify(self._ends)

    def forget(self, keys: Sequence[bytes]) -> int:
        """See the port."""
        now = self._clock.now()
        with self._lock:
            self._check_open()
            gone = [self._held.pop(key, None) for key in keys]
        return sum(held is not None and is_live(held.added, held.expires, now) for held in gone)

    def measure(self) -> CacheSize:
        """See the port; keys and values are counted, the rest is estimated."""
        now = self._clock.now()
        with self._lock:
            self._check_open()
            sizes = [len(held.value) for held in self._held.values() if is_live(held.added, held.expires, now)]
        return CacheSize(len(sizes), sum(sizes) + len(sizes) * (KEY_BYTES + _ENTRY_BYTES))

    def tally(self, changes: Mapping[str, float]) -> None:
        """See `lixcore.ports.tallies.KeepsTallies`."""
        with self._lock:
            self._check_open()
            self._tallies.add(changes)

    def tallies(self) -> Mapping[str, float]:
        """See `lixcore.ports.tallies.KeepsTallies`."""
        with self._lock:
            self._check_open()
            return self._tallies.all()

    def close(self) -> None:
        """Drop everything."""
        with self._lock:
            self._closed = True
            self._held.clear()
            self._ends.clear()
            self._tallies.clear()

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError("the memory embedding store")

    def _drop_what_is_not_live(self, now: float) -> None:
        while self._ends and self._ends[0][0] <= now:
            self._drop_first()
        if self._last_added > now + CLOCK_SKEW_SECONDS:  # our clock stepped back
            self._held = {key: held for key, held in self._held.items() if is_live(held.added, held.expires, now)}
            self._last_added = max((held.added for held in self._held.values()), default=float("-inf"))

    def _drop_first(self) -> None:
        """Remove one end, with its entry if that still has it."""
        _, number, key = heappop(self._ends)
        held = self._held.get(key)
        if held is not None and held.number == number:
            del self._held[key]
