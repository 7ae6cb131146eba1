"""How long an embedding store keeps what: the part of the suite about times and capacities."""

from __future__ import annotations

from contract_ground import SettableClock
from lixcore.ports.embedding_store import EmbeddingStore

TTL = 300.0  # what a real user sets at least; a store's own expiry goes by real time, of which tests take little
KEYS = [bytes([number]) * 32 for number in range(12)]


def put(store: EmbeddingStore, *numbers: int, ttl: float = TTL, capacity: int = 1000, value: bytes = b"value") -> None:
    """Store one value under some of `KEYS`, in one call."""
    store.put([(KEYS[number], value) for number in numbers], ttl=ttl, capacity=capacity)


def held(store: EmbeddingStore) -> list[int]:
    """Which of `KEYS` have a value."""
    return [number for number, value in enumerate(store.get(KEYS)) if value is not None]


class EmbeddingStoreLifetimes:
    """Mixed into `EmbeddingStoreContract`."""

    def test_a_value_is_live_until_its_time_is_over(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0, 1)
        clock.advance(TTL - 0.125)
        assert held(store) == [0, 1]
        assert store.measure().entries == 2
        clock.advance(0.125)
        assert held(store) == []
        assert store.measure().entries == 0
        assert store.forget(KEYS) == 0

    def test_storing_renews_no_other_value_and_asking_none(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0, 1)
        for number in range(2, 5):
            clock.advance(TTL / 4)
            put(store, number)
            assert held(store) == list(range(number + 1))
            assert store.measure().entries == number + 1
        clock.advance(TTL / 4)
        assert held(store) == [2, 3, 4]
        clock.advance(TTL / 4)
        assert held(store) == [3, 4]

    def test_a_value_that_is_stored_again_has_its_new_time(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0, 1, 2)
        clock.advance(TTL / 2)
        put(store, 0)
        put(store, 1, ttl=9 * TTL)
        clock.advance(TTL / 2)
        assert held(store) == [0, 1]
        put(store, 1, ttl=TTL, value=b"shorter")
        assert held(store) == [0, 1], "the time that it had before does not matter any more"
        clock.advance(TTL / 2)
        put(store, 3)
        assert held(store) == [1, 3]
        clock.advance(TTL / 2)
        assert held(store) == [3]

    def test_each_call_has_a_time_of_its_own(self, store: EmbeddingStore, clock: SettableClock) -> None:
        for number, ttl in enumerate([4 * TTL, TTL, 3 * TTL, 2 * TTL]):
            put(store, number, number + 4, ttl=ttl)
        for left in ([0, 2, 3, 4, 6, 7], [0, 2, 4, 6], [0, 4], []):
            clock.advance(TTL)
            assert held(store) == left
            assert store.measure().entries == len(left)

    def test_what_a_clock_far_ahead_stored_is_not_used(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0, ttl=86_400.0)
        clock.advance(-61.0)
        assert held(store) == []
        assert store.measure().entries == 0
        assert store.forget([KEYS[0]]) == 0
        put(store, 0, 1, value=b"now")
        assert store.get(KEYS[:2]) == [b"now", b"now"]

    def test_what_a_clock_a_little_ahead_stored_is_used(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0)
        clock.advance(-60.0)
        put(store, 1)
        assert held(store) == [0, 1]
        clock.advance(TTL)
        assert held(store) == [0]

    # Capacity.

    def test_beyond_the_capacity_those_that_expire_first_leave_first(self, store: EmbeddingStore) -> None:
        for number, ttl in enumerate([5, 2, 9, 4, 7]):
            put(store, number, ttl=ttl * TTL)
        put(store, 5, ttl=6 * TTL, capacity=4)
        assert held(store) == [0, 2, 4, 5]
        put(store, 6, ttl=8 * TTL, capacity=2)
        assert held(store) == [2, 6]
        assert store.measure().entries == 2

    def test_a_new_value_leaves_when_it_expires_first(self, store: EmbeddingStore) -> None:
        put(store, 0, 1, ttl=2 * TTL)
        put(store, 2, ttl=TTL, capacity=2)
        assert held(store) == [0, 1]

    def test_with_one_time_for_all_the_oldest_leave(self, store: EmbeddingStore, clock: SettableClock) -> None:
        for number in range(8):
            put(store, number, capacity=3)
            assert held(store) == list(range(max(number - 2, 0), number + 1))
            clock.advance(1)

    def test_of_one_call_beyond_the_capacity_as_many_stay_as_it_allows(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0, 1)
        clock.advance(1)
        put(store, *range(2, 9), capacity=4)
        assert len(held(store)) == store.measure().entries == 4
        assert set(held(store)) < set(range(2, 9))

    def test_what_is_not_live_does_not_count(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0, 1, 2)
        put(store, 3, ttl=2 * TTL)
        clock.advance(TTL)
        put(store, 4, 5, ttl=9 * TTL, capacity=3)
        assert held(store) == [3, 4, 5]
        put(store, 6, ttl=9 * TTL, capacity=3)
        assert held(store) == [4, 5, 6]

    def test_storing_again_takes_no_more_room(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0, 1, 2, capacity=3)
        for _ in range(5):
            clock.advance(1)
            put(store, 1, 2, 2, 1, capacity=3)
        assert held(store) == [0, 1, 2]

    def test_what_was_forgotten_makes_room(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0, 1, 2, capacity=3)
        store.forget([KEYS[1]])
        clock.advance(1)
        put(store, 3, capacity=3)
        assert held(store) == [0, 2, 3]
        clock.advance(1)
        put(store, 1, capacity=4)
        assert held(store) == [0, 1, 2, 3], "what was forgotten is not forgotten again by its old time"

    def test_the_capacity_is_that_of_one_call(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0, 1, capacity=1)
        assert len(held(store)) == 1
        clock.advance(1)
        put(store, 2, 3, capacity=10)
        assert len(held(store)) == 3
