"""Embedding stores that keep or give wrongly, in one way each: the mistakes of plausible authors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import attrs

from lixcore.ports.cache_size import CacheSize
from lixcore.ports.clock import Clock
from lixcore_memory import MemoryEmbeddingStore

Entries: TypeAlias = Sequence[tuple[bytes, bytes]]


class RenewsAll(MemoryEmbeddingStore):
    """EXPIRE on the one hash that holds all."""

    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        super().put(entries, ttl=ttl, capacity=capacity)
        end = self._clock.now() + ttl
        self._held = {key: attrs.evolve(held, expires=max(held.expires, end)) for key, held in self._held.items()}
        self._ends = sorted((held.expires, held.number, key) for key, held in self._held.items())


class RenewsWhatItGives(MemoryEmbeddingStore):
    """As a cache that keeps what is used does."""

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        found = super().get(keys)
        for key, value in zip(keys, found, strict=True):
            if value is not None:
                self._held[key] = attrs.evolve(self._held[key], expires=self._clock.now() + 300)
        return found


class KeepsTheFirstTime(MemoryEmbeddingStore):
    """The row is updated, but for its time."""

    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        before = dict(self._held)
        super().put(entries, ttl=ttl, capacity=capacity)
        for key, held in before.items():
            if key in self._held:
                self._held[key] = attrs.evolve(self._held[key], expires=held.expires)


class RemovesByTheOldTime(MemoryEmbeddingStore):
    """The end of a value that was replaced removes the new one."""

    def _drop_first(self) -> None:
        _, _, key = self._ends.pop(0)
        self._held.pop(key, None)


class KeepsWhatIsThere(MemoryEmbeddingStore):
    """INSERT OR IGNORE: an embedding of the same text is the same."""

    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        held = super().get([key for key, _ in entries])
        new = [entry for entry, there in zip(entries, held, strict=True) if there is None]
        super().put(new, ttl=ttl, capacity=capacity)


class TakesTheFirstOfTwo(MemoryEmbeddingStore):
    """Duplicates of a batch are removed from the front."""

    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        super().put(entries[::-1], ttl=ttl, capacity=capacity)


class GivesEachKeyOnce(MemoryEmbeddingStore):
    """WHERE key IN (…) gives each row once."""

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        return super().get(list(dict.fromkeys(keys)))


class GivesInItsOwnOrder(MemoryEmbeddingStore):
    """WHERE key IN (…) gives rows by the index."""

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        return super().get(sorted(keys))


class LeavesOutWhatIsAbsent(MemoryEmbeddingStore):
    """WHERE key IN (…) gives no rows for what is not there."""

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        return [value for value in super().get(keys) if value is not None]


class TakesEmptyForAbsent(MemoryEmbeddingStore):
    """if value, instead of if value is not None."""

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        return [value or None for value in super().get(keys)]


class EmbeddingStoreThatStopsAfterAHundred(MemoryEmbeddingStore):
    """A limit of placeholders, met by taking the first."""

    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        super().put(entries[:100], ttl=ttl, capacity=capacity)


class CutsKeysAtNul(MemoryEmbeddingStore):
    """As a column of fixed width has it."""

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        return super().get([key.rstrip(b"\0") for key in keys])

    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        super().put([(key.rstrip(b"\0"), value) for key, value in entries], ttl=ttl, capacity=capacity)


class KeepsTheCallersBuffer(MemoryEmbeddingStore):
    """A copy costs time."""

    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        super().put(entries, ttl=ttl, capacity=capacity)
        for key, value in entries:
            if key in self._held:
                self._held[key] = attrs.evolve(self._held[key], value=value)


class EmbeddingStoreThatBelievesEveryClock(MemoryEmbeddingStore):
    """Only the end is stored."""

    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        super().put(entries, ttl=ttl, capacity=capacity)
        self._held = {key: attrs.evolve(held, added=0.0) for key, held in self._held.items()}


class DropsTheOldest(MemoryEmbeddingStore):
    """Whatever expires first."""

    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        super().put(entries, ttl=ttl, capacity=1_000_000)
        while len(self._held) > capacity:
            del self._held[next(iter(self._held))]


class NeverDropsTheNew(MemoryEmbeddingStore):
    """What was just computed must be worth keeping."""

    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        super().put(entries, ttl=ttl, capacity=1_000_000)
        new = {key for key, _ in entries}
        order = sorted(self._held, key=lambda key: (key in new, self._held[key].expires))
        for key in order[: max(len(order) - capacity, 0)]:
            del self._held[key]


class HasACapacityForEachCall(MemoryEmbeddingStore):
    """The batch is cut, and nobody counts what is there."""

    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        super().put(entries[-capacity:], ttl=ttl, capacity=1_000_000)


class CountsReplacedTwice(MemoryEmbeddingStore):
    """It makes room for the batch before it looks what the batch replaces."""

    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        replaced = sum(key in self._held for key, _ in entries)
        super().put(entries, ttl=ttl, capacity=max(capacity - replaced, 1))


class CountsRepeatedKeys(MemoryEmbeddingStore):
    """It counts what it finds before it removes."""

    def forget(self, keys: Sequence[bytes]) -> int:
        held = super().get(keys)
        super().forget(keys)
        return sum(value is not None for value in held)


class CountsWhatWasNotThere(MemoryEmbeddingStore):
    """It says how many keys it was given."""

    def forget(self, keys: Sequence[bytes]) -> int:
        super().forget(keys)
        return len(set(keys))


class ForgetsOnlyWhatIsLive(MemoryEmbeddingStore):
    """It looks first, and removes what it found."""

    def forget(self, keys: Sequence[bytes]) -> int:
        return super().forget([key for key, value in zip(keys, self.get(keys), strict=True) if value is not None])


class MeasuresEverything(MemoryEmbeddingStore):
    """COUNT(*)."""

    def measure(self) -> CacheSize:
        return CacheSize(len(self._held), super().measure().size)


class MeasuresKeysOnly(MemoryEmbeddingStore):
    """Each entry is taken to have the size of its key."""

    def measure(self) -> CacheSize:
        return CacheSize(super().measure().entries, 32 * len(self._held))


class SetsSums(MemoryEmbeddingStore):
    """SET, instead of INCRBY."""

    def tally(self, changes: Mapping[str, float]) -> None:
        self._tallies._sums.update(changes)


class KeepsWholeSums(MemoryEmbeddingStore):
    """INCRBY, instead of INCRBYFLOAT."""

    def tally(self, changes: Mapping[str, float]) -> None:
        super().tally({name: int(change) for name, change in changes.items()})


class GivesItsOwnSums(MemoryEmbeddingStore):
    """A copy costs time."""

    def tallies(self) -> Mapping[str, float]:
        return self._tallies._sums


class EmbeddingStoreThatWorksOnWhenClosed(MemoryEmbeddingStore):
    """There is nothing to give back."""

    def close(self) -> None:
        pass


class AnswersNoKeysWhenClosed(MemoryEmbeddingStore):
    """Nothing to look up, nothing to check."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        return super().get(keys) if keys else []
