"""The suite finds what it is for: each of these stores is wrong in one way, and fails the test that is named beside it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import pytest

from contract_ground import SettableClock
from embedding_store_contract import EmbeddingStoreContract
from embedding_store_machine import check_against_model
from lixcore.ports.cache_size import CacheSize
from lixcore.ports.clock import Clock
from lixcore_memory import MemoryEmbeddingStore

Entries = Sequence[tuple[bytes, bytes]]


class RenewsAll(MemoryEmbeddingStore):
    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        super().put(entries, ttl=ttl, capacity=capacity)
        end = self._clock.now() + ttl
        self._held = {key: attrs.evolve(held, expires=max(held.expires, end)) for key, held in self._held.items()}
        self._ends = sorted((held.expires, held.number, key) for key, held in self._held.items())


class RenewsWhatItGives(MemoryEmbeddingStore):
    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        found = super().get(keys)
        for key, value in zip(keys, found, strict=True):
            if value is not None:
                self._held[key] = attrs.evolve(self._held[key], expires=self._clock.now() + 300)
        return found


class KeepsTheFirstTime(MemoryEmbeddingStore):
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
    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        held = super().get([key for key, _ in entries])
        new = [entry for entry, there in zip(entries, held, strict=True) if there is None]
        super().put(new, ttl=ttl, capacity=capacity)


class TakesTheFirstOfTwo(MemoryEmbeddingStore):
    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        super().put(entries[::-1], ttl=ttl, capacity=capacity)


class GivesEachKeyOnce(MemoryEmbeddingStore):
    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        return super().get(list(dict.fromkeys(keys)))


class GivesInItsOwnOrder(MemoryEmbeddingStore):
    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        return super().get(sorted(keys))


class LeavesOutWhatIsAbsent(MemoryEmbeddingStore):
    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        return [value for value in super().get(keys) if value is not None]


class TakesEmptyForAbsent(MemoryEmbeddingStore):
    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        return [value or None for value in super().get(keys)]


class StopsAfterAHundred(MemoryEmbeddingStore):
    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        super().put(entries[:100], ttl=ttl, capacity=capacity)


class CutsKeysAtNul(MemoryEmbeddingStore):
    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        return super().get([key.rstrip(b"\0") for key in keys])

    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        super().put([(key.rstrip(b"\0"), value) for key, value in entries], ttl=ttl, capacity=capacity)


class KeepsTheCallersBuffer(MemoryEmbeddingStore):
    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        super().put(entries, ttl=ttl, capacity=capacity)
        for key, value in entries:
            if key in self._held:
                self._held[key] = attrs.evolve(self._held[key], value=value)


class BelievesEveryClock(MemoryEmbeddingStore):
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
    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        super().put(entries, ttl=ttl, capacity=1_000_000)
        new = {key for key, _ in entries}
        order = sorted(self._held, key=lambda key: (key in new, self._held[key].expires))
        for key in order[: max(len(order) - capacity, 0)]:
            del self._held[key]


class HasACapacityForEachCall(MemoryEmbeddingStore):
    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        super().put(entries[-capacity:], ttl=ttl, capacity=1_000_000)


class CountsReplacedTwice(MemoryEmbeddingStore):
    def put(self, entries: Entries, *, ttl: float, capacity: int) -> None:
        replaced = sum(key in self._held for key, _ in entries)
        super().put(entries, ttl=ttl, capacity=max(capacity - replaced, 1))


class CountsRepeatedKeys(MemoryEmbeddingStore):
    def forget(self, keys: Sequence[bytes]) -> int:
        held = super().get(keys)
        super().forget(keys)
        return sum(value is not None for value in held)


class CountsWhatWasNotThere(MemoryEmbeddingStore):
    def forget(self, keys: Sequence[bytes]) -> int:
        super().forget(keys)
        return len(set(keys))


class ForgetsOnlyWhatIsLive(MemoryEmbeddingStore):
    def forget(self, keys: Sequence[bytes]) -> int:
        return super().forget([key for key, value in zip(keys, self.get(keys), strict=True) if value is not None])


class MeasuresEverything(MemoryEmbeddingStore):
    def measure(self) -> CacheSize:
        return CacheSize(len(self._held), super().measure().size)


class MeasuresKeysOnly(MemoryEmbeddingStore):
    def measure(self) -> CacheSize:
        return CacheSize(super().measure().entries, 32 * len(self._held))


class SetsSums(MemoryEmbeddingStore):
    def tally(self, changes: Mapping[str, float]) -> None:
        self._tallies._sums.update(changes)


class KeepsWholeSums(MemoryEmbeddingStore):
    def tally(self, changes: Mapping[str, float]) -> None:
        super().tally({name: int(change) for name, change in changes.items()})


class GivesItsOwnSums(MemoryEmbeddingStore):
    def tallies(self) -> Mapping[str, float]:
        return self._tallies._sums


class WorksOnWhenClosed(MemoryEmbeddingStore):
    def close(self) -> None:
        pass


class AnswersNoKeysWhenClosed(MemoryEmbeddingStore):
    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)

    def get(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        return super().get(keys) if keys else []


TESTS = EmbeddingStoreContract
CASES: list[tuple[type[MemoryEmbeddingStore], Callable[..., None]]] = [
    (RenewsAll, TESTS.test_storing_renews_no_other_value_and_asking_none),
    (RenewsWhatItGives, TESTS.test_storing_renews_no_other_value_and_asking_none),
    (KeepsTheFirstTime, TESTS.test_a_value_that_is_stored_again_has_its_new_time),
    (RemovesByTheOldTime, TESTS.test_a_value_that_is_stored_again_has_its_new_time),
    (KeepsWhatIsThere, TESTS.test_a_value_is_replaced),
    (TakesTheFirstOfTwo, TESTS.test_of_a_key_that_comes_twice_the_last_value_counts),
    (GivesEachKeyOnce, TESTS.test_values_come_in_the_order_of_the_keys),
    (GivesInItsOwnOrder, TESTS.test_values_come_in_the_order_of_the_keys),
    (LeavesOutWhatIsAbsent, TESTS.test_what_was_never_stored_is_absent),
    (TakesEmptyForAbsent, TESTS.test_a_value_is_replaced),
    (StopsAfterAHundred, TESTS.test_a_thousand_at_once),
    (CutsKeysAtNul, TESTS.test_keys_that_look_alike_never_meet),
    (KeepsTheCallersBuffer, TESTS.test_what_was_given_may_be_changed_afterwards),
    (BelievesEveryClock, TESTS.test_what_a_clock_far_ahead_stored_is_not_used),
    (DropsTheOldest, TESTS.test_beyond_the_capacity_those_that_expire_first_leave_first),
    (NeverDropsTheNew, TESTS.test_a_new_value_leaves_when_it_expires_first),
    (HasACapacityForEachCall, TESTS.test_with_one_time_for_all_the_oldest_leave),
    (CountsReplacedTwice, TESTS.test_storing_again_takes_no_more_room),
    (CountsRepeatedKeys, TESTS.test_forget_counts_each_key_that_had_a_live_value_once),
    (CountsWhatWasNotThere, TESTS.test_forget_counts_each_key_that_had_a_live_value_once),
    (ForgetsOnlyWhatIsLive, TESTS.test_forget_counts_each_key_that_had_a_live_value_once),
    (MeasuresEverything, TESTS.test_a_value_is_live_until_its_time_is_over),
    (MeasuresKeysOnly, TESTS.test_measure_counts_live_entries_and_their_bytes),
    (SetsSums, TESTS.test_sums_begin_at_zero_and_add_up),
    (KeepsWholeSums, TESTS.test_sums_begin_at_zero_and_add_up),
    (GivesItsOwnSums, TESTS.test_what_was_given_and_told_is_a_copy),
    (WorksOnWhenClosed, TESTS.test_a_closed_store_says_so),
    (AnswersNoKeysWhenClosed, TESTS.test_a_closed_store_says_so),
]


def run(adapter: type[MemoryEmbeddingStore], test: Callable[..., None]) -> None:
    """Run one test of the suite on a new store."""
    clock = SettableClock()
    offered: dict[str, Any] = {"store": adapter(clock), "clock": clock, "size": 4096}
    test(EmbeddingStoreContract(), **{name: offered[name] for name in inspect.signature(test).parameters if name != "self"})


@pytest.mark.parametrize(("adapter", "test"), CASES, ids=lambda case: case.__name__)
def test_a_wrong_store_fails(adapter: type[MemoryEmbeddingStore], test: Callable[..., None]) -> None:
    run(MemoryEmbeddingStore, test)
    with pytest.raises((AssertionError, ValueError, pytest.fail.Exception)):
        run(adapter, test)


@pytest.mark.parametrize(
    "adapter",
    [RenewsAll, RemovesByTheOldTime, TakesTheFirstOfTwo, DropsTheOldest, NeverDropsTheNew, BelievesEveryClock],
)
def test_random_histories_find_it_too(adapter: type[MemoryEmbeddingStore]) -> None:
    clock = SettableClock()
    with pytest.raises((AssertionError, ValueError)):
        check_against_model(lambda: adapter(clock), clock, persistent=False, shared=False, examples=500)
