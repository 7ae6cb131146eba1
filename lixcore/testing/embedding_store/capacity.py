"""How much every embedding store keeps: the part of the contract about capacities."""

from __future__ import annotations

from lixcore.ports.embedding_store import EmbeddingStore
from lixcore.testing.embedding_store.stores import (
    KEYS,
    TTL,
    StoreGround,
    held,
    put,
)
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.rules import rule


class StoredAmounts(StoreGround):
    """Capacities."""

    @rule("Without a bound the store grows until it is full; what would go soonest anyway is lost most cheaply.")
    def test_beyond_the_capacity_those_that_expire_first_leave_first(self, store: EmbeddingStore) -> None:
        for number, ttl in enumerate([5, 2, 9, 4, 7]):
            put(store, number, ttl=ttl * TTL)
        put(store, 5, ttl=6 * TTL, capacity=4)
        assert held(store) == [0, 2, 4, 5]
        put(store, 6, ttl=8 * TTL, capacity=2)
        assert held(store) == [2, 6]
        assert store.measure().entries == 2

    @rule("Which one leaves is the same on all adapters, also when it is the newest, so that moving to another changes nothing.")
    def test_a_new_value_leaves_when_it_expires_first(self, store: EmbeddingStore) -> None:
        put(store, 0, 1, ttl=2 * TTL)
        put(store, 2, ttl=TTL, capacity=2)
        assert held(store) == [0, 1]

    @rule("With one time for all, as most applications have it, the newest pages must be the ones that stay.")
    def test_with_one_time_for_all_the_oldest_leave(self, store: EmbeddingStore, clock: SettableClock) -> None:
        for number in range(8):
            put(store, number, capacity=3)
            assert held(store) == list(range(max(number - 2, 0), number + 1))
            clock.advance(1)

    @rule("A batch may be larger than the store: what fits is kept, and nothing beyond.")
    def test_of_one_call_beyond_the_capacity_as_many_stay_as_it_allows(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0, 1)
        clock.advance(1)
        put(store, *range(2, 9), capacity=4)
        assert len(held(store)) == store.measure().entries == 4
        assert set(held(store)) < set(range(2, 9))

    @rule("Values that nobody is given must not push out those that are.")
    def test_what_is_not_live_does_not_count(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0, 1, 2)
        put(store, 3, ttl=2 * TTL)
        clock.advance(TTL)
        put(store, 4, 5, ttl=9 * TTL, capacity=3)
        assert held(store) == [3, 4, 5]
        put(store, 6, ttl=9 * TTL, capacity=3)
        assert held(store) == [4, 5, 6]

    @rule("A page that is crawled daily is one page: counted each time, it would push out all others.")
    def test_storing_again_takes_no_more_room(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0, 1, 2, capacity=3)
        for _ in range(5):
            clock.advance(1)
            put(store, 1, 2, 2, 1, capacity=3)
        assert held(store) == [0, 1, 2]

    @rule("What is forgotten takes no room, and comes back with a time of its own.")
    def test_what_was_forgotten_makes_room(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0, 1, 2, capacity=3)
        store.forget([KEYS[1]])
        clock.advance(1)
        put(store, 3, capacity=3)
        assert held(store) == [0, 2, 3]
        clock.advance(1)
        put(store, 1, capacity=4)
        assert held(store) == [0, 1, 2, 3], "what was forgotten is not forgotten again by its old time"

    @rule("The configuration may change from one process to the next: each call says how much there may be.")
    def test_the_capacity_is_that_of_one_call(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0, 1, capacity=1)
        assert len(held(store)) == 1
        clock.advance(1)
        put(store, 2, 3, capacity=10)
        assert len(held(store)) == 3
