"""Similarity indexes that go wrong between threads, processes and restarts: the mistakes of plausible authors."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from broken.indexes_that_keep_wrongly import Adding
from broken.round_trips import round_trip
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.clock import Clock
from lixcore.ports.options import option
from lixcore.ports.similarity_index import IndexEntry, Match
from lixcore_memory import MemorySimilarityIndex
from lixcore_sqlite import SqliteSimilarityIndex

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class LosesWhatOthersAdd(Adding):
    """Reads, changes and writes back, without holding a lock all the time."""

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        place = self._places.get(scope.digest)
        before = list(place.held) if place is not None else []
        round_trip()
        super().add(scope, entry, ttl=ttl, capacity=capacity)
        place = self._places[scope.digest]
        place.keep([*before, place.held[-1]][-capacity:])


@attrs.frozen
class FileOptions:
    """Where it would keep things."""

    path: str = option("./index", "The file of the index.", place="path")


class IndexThatLosesAllWhenItCloses(MemorySimilarityIndex):
    """It was to write its file in ``close``, one day."""

    Options: ClassVar[type[Any]] = FileOptions
    capabilities = frozenset({Capability.PERSISTENT})


class KeepsItToItself(MemorySimilarityIndex):
    """It says that processes share it, and each has an index of its own."""

    Options: ClassVar[type[Any]] = FileOptions
    capabilities = frozenset({Capability.SHARED})


class KeepsWhatItReadUntilItAdds(SqliteSimilarityIndex):
    """It asks no more whether what it keeps is still valid."""

    def __init__(self, options: Any, clock: Clock) -> None:
        super().__init__(options, clock)
        self.kept: dict[tuple[object, ...], Sequence[Match]] = {}

    def search(
        self, scope: Scope, vector: NDArray[np.float32] | None, *, label: bytes = b"", k: int, at_least: float
    ) -> Sequence[Match]:
        asked = (scope.digest, None if vector is None else vector.tobytes(), label, k, at_least)
        if asked not in self.kept:
            self.kept[asked] = super().search(scope, vector, label=label, k=k, at_least=at_least)
        return self.kept[asked]

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        self.kept.clear()
        super().add(scope, entry, ttl=ttl, capacity=capacity)

    def forget(self, session: SessionKey) -> int:
        self.kept.clear()
        return super().forget(session)


class AnswersNothingOnErrors(SqliteSimilarityIndex):
    """A cache is only a cache: when it fails, nothing is found."""

    def search(
        self, scope: Scope, vector: NDArray[np.float32] | None, *, label: bytes = b"", k: int, at_least: float
    ) -> Sequence[Match]:
        try:
            return super().search(scope, vector, label=label, k=k, at_least=at_least)
        except StoreError:
            return []


class LetsDriversErrorsThrough(SqliteSimilarityIndex):
    """All calls are wrapped, but for the one that was added last."""

    def forget(self, session: SessionKey) -> int:
        try:
            return super().forget(session)
        except StoreError as error:
            raise sqlite3.OperationalError("unable to open database file") from error


class IndexThatConnectsWhenOpened(SqliteSimilarityIndex):
    """Errors of configuration are told early."""

    def __init__(self, options: Any, clock: Clock) -> None:
        super().__init__(options, clock)
        self.measure()


class IndexThatSharesOneConnection(SqliteSimilarityIndex):
    """Opening the same file again gives the same object, and nobody counts who uses it."""

    opened: ClassVar[dict[str, SqliteSimilarityIndex]] = {}

    @classmethod
    def open(cls, options: Any, context: AdapterContext) -> SqliteSimilarityIndex:
        return cls.opened.setdefault(options.cache_file, cls(options, context.clock))


class WritesALog(SqliteSimilarityIndex):
    """For its author, who forgot it."""

    def __init__(self, options: Any, clock: Clock) -> None:
        super().__init__(options, clock)
        self.log = Path(f"{options.cache_file}.log")

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        super().add(scope, entry, ttl=ttl, capacity=capacity)
        with self.log.open("ab") as log:
            log.write(bytes(entry.payload) + b"\n")
