"""How long every embedding store keeps what: times, and clocks that step back."""

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


class StoredTimes(StoreGround):
    """Times."""

    @rule("Pages change: an embedding that is too old finds what is no longer there.")
    def test_a_value_is_live_until_its_time_is_over(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0, 1)
        clock.advance(TTL - 0.125)
        assert held(store) == [0, 1]
        assert store.measure().entries == 2
        clock.advance(0.125)
        assert held(store) == []
        assert store.measure().entries == 0
        assert store.forget(KEYS) == 0

    @rule("A busy store would keep everything for ever: the time of each value begins when it is stored.")
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

    @rule("Who stores a value anew has just computed it; the end of the old one must not take it along.")
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

    @rule("Times are set call by call; one time for all ends some too early and others too late.")
    def test_each_call_has_a_time_of_its_own(self, store: EmbeddingStore, clock: SettableClock) -> None:
        for number, ttl in enumerate([4 * TTL, TTL, 3 * TTL, 2 * TTL]):
            put(store, number, number + 4, ttl=ttl)
        for left in ([0, 2, 3, 4, 6, 7], [0, 2, 4, 6], [0, 4], []):
            clock.advance(TTL)
            assert held(store) == left
            assert store.measure().entries == len(left)

    @rule("A host whose clock is a day ahead would make embeddings live a day too long everywhere.")
    def test_what_a_clock_far_ahead_stored_is_not_used(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0, ttl=86_400.0)
        clock.advance(-61.0)
        assert held(store) == []
        assert store.measure().entries == 0
        assert store.forget([KEYS[0]]) == 0
        put(store, 0, 1, value=b"now")
        assert store.get(KEYS[:2]) == [b"now", b"now"]

    @rule("Clocks of hosts differ by some seconds: what another host stored must be found all the same.")
    def test_what_a_clock_a_little_ahead_stored_is_used(self, store: EmbeddingStore, clock: SettableClock) -> None:
        put(store, 0)
        clock.advance(-60.0)
        put(store, 1)
        assert held(store) == [0, 1]
        clock.advance(TTL)
        assert held(store) == [0]
