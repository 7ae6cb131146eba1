"""Embedding stores that go wrong between threads, processes and restarts: the mistakes of plausible authors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import attrs

from broken.embeddings_kept_wrongly import Entries
from broken.round_trips import round_trip
from lixcore.errors import StoreError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.clock import Clock
from lixcore.ports.options import option
from lixcore_memory import MemoryEmbeddingStore
from lixcore_sqlite import SqliteEmbeddingStore


class LosesWhatOthersPut(MemoryEmbeddingStore):
    """It counts first, and removes then, without a lock between the two."""

    def forget(self, keys: Sequence[bytes]) -> int:
        held = {key for key, value in zip(keys, self.get(keys), strict=True) if value is not None}
        round_trip()
        super().forget(keys)
        return len(held)


@attrs.frozen
class FileOptions:
    """Where it would keep things."""

    path: str = option("./embeddings", "The file of the store.", place="path")


class EmbeddingStoreThatLosesAllWhenItCloses(MemoryEmbeddingStore):
    """It was to write its file in ``close``, one day."""

    Options: ClassVar[type[Any]] = FileOptions
    capabilities = frozenset({Capability.PERSISTENT})


class EmbeddingStoreThatKeepsWhatItRead(SqliteEmbeddingStore):
    """It keeps the values that it gave until it stores or removes something itself."""

    def __init__(self, options: Any, clock: Clock) -> None:
        super().__init__(options, clock)
        self.kept: dict[bytes, bytes | None] = {}

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        missing = [key for key in keys if key not in self.kept]
        self.kept |= dict(zip(missing, super().get(missing), strict=True))
        return [self.kept[key] for key in keys]

    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        self.kept.clear()
        super().put(entries, ttl=ttl, capacity=capacity)

    def forget(self, keys: Sequence[bytes]) -> int:
        self.kept.clear()
        return super().forget(keys)


class GivesNoneOnErrors(SqliteEmbeddingStore):
    """A cache is only a cache: when it fails, nothing is there."""

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        try:
            return super().get(keys)
        except StoreError:
            return [None] * len(keys)


class EmbeddingStoreThatConnectsWhenOpened(SqliteEmbeddingStore):
    """Errors of configuration are told early."""

    def __init__(self, options: Any, clock: Clock) -> None:
        super().__init__(options, clock)
        self.measure()


class EmbeddingStoreThatSharesOneConnection(SqliteEmbeddingStore):
    """Opening the same file again gives the same object, and nobody counts who uses it."""

    opened: ClassVar[dict[str, SqliteEmbeddingStore]] = {}

    @classmethod
    def open(cls, options: Any, context: AdapterContext) -> SqliteEmbeddingStore:
        return cls.opened.setdefault(options.embeddings_file, cls(options, context.clock))
