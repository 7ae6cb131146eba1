"""How long every similarity index keeps what: times, and clocks that step back."""

from __future__ import annotations

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import SimilarityIndex
from lixcore.testing.ground.clock import NOON, SettableClock
from lixcore.testing.ground.rules import rule
from lixcore.testing.similarity_index.indexes import (
    LABEL,
    ONE,
    TTL,
    UP,
    IndexGround,
    held,
    put,
)
from lixcore.testing.similarity_index.oracle import floats

OTHER = Scope(SessionKey("two"))


class IndexLifetimes(IndexGround):
    """Times."""

    @rule("An answer that is too old is a wrong answer, and one that goes too early costs a call of the model.")
    def test_an_entry_is_live_until_its_time_is_over(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put(store, b"x", label=LABEL)
        clock.advance(TTL - 0.125)
        assert held(store) == [b"x"]
        assert store.measure().entries == 1
        clock.advance(0.125)
        assert held(store) == []
        assert list(store.search(ONE, None, label=LABEL, k=1, at_least=-1.0)) == []
        assert store.measure().entries == 0
        assert store.forget(ONE.session) == 0

    @rule("A busy scope would keep its oldest answers for ever: the time of each begins when it is added.")
    def test_adding_renews_no_other_entry(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put(store, b"first", label=LABEL)
        for number in range(3):
            clock.advance(TTL / 3)
            put(store, b"%d" % number, label=LABEL)
        assert held(store) == [b"0", b"1", b"2"]
        clock.advance(TTL / 3)
        assert held(store) == [b"1", b"2"]

    @rule("An answer that is asked for often must still be renewed in the end: its time is how long it may be wrong.")
    def test_searching_and_measuring_renew_nothing(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put(store, b"x", label=LABEL)
        for _ in range(4):
            assert held(store) == [b"x"]
            assert len(store.search(ONE, floats(UP), label=LABEL, k=1, at_least=0.0)) == 1
            assert store.measure(ONE.session).entries == 1
            clock.advance(TTL / 4)
        assert held(store) == []

    @rule("Times are set call by call; one time for a whole scope ends some too early and others too late.")
    def test_each_entry_has_a_time_of_its_own(self, store: SimilarityIndex, clock: SettableClock) -> None:
        for number, ttl in enumerate([4 * TTL, TTL, 3 * TTL, 2 * TTL]):
            put(store, b"%d" % number, ttl=ttl)
        expected = [[b"0", b"2", b"3"], [b"0", b"2"], [b"0"], []]
        for left in expected:
            clock.advance(TTL)
            assert held(store) == left
            put(store, b"elsewhere", scope=Scope(SessionKey("two")))

    @rule("Whether an answer is already there is the caller's to decide: an index that compares removes what it was not told to.")
    def test_an_entry_that_is_equal_replaces_none(self, store: SimilarityIndex, clock: SettableClock) -> None:
        for _ in range(3):
            put(store, b"same", label=LABEL)
        assert held(store) == [b"same"] * 3
        assert len(store.search(ONE, None, label=LABEL, k=9, at_least=-1.0)) == 3
        assert store.measure().entries == 3
        clock.advance(TTL)
        assert store.measure().entries == 0

    @rule("The age of an answer is shown to users, and decides whether it is used.")
    def test_when_it_was_added_is_told(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put(store, b"x")
        clock.advance(7.25)
        put(store, b"y")
        clock.advance(11)
        assert [match.added for match in store.search(ONE, floats(UP), k=9, at_least=0.0)] == [NOON + 7.25, NOON]

    @rule("An index may keep what it read, as long as nobody notices: the next caller pays for the model otherwise.")
    def test_what_was_added_is_found_by_the_next_search(self, store: SimilarityIndex) -> None:
        """Also where a process keeps what it read."""
        for number in range(6):
            put(store, b"%d" % number)
            assert held(store) == [b"%d" % each for each in range(number + 1)]

    @rule("A host whose clock is a day ahead would make answers live a day too long everywhere.")
    def test_what_a_clock_far_ahead_added_is_not_used(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put(store, b"x", ttl=86_400.0)
        clock.advance(-61.0)
        assert held(store) == []
        assert store.measure().entries == 0
        put(store, b"now")
        assert held(store) == [b"now"]

    @rule("Clocks of hosts differ by some seconds: what another host added must be found all the same.")
    def test_what_a_clock_a_little_ahead_added_is_used(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put(store, b"x")
        clock.advance(-60.0)
        put(store, b"y")
        assert held(store) == [b"x", b"y"]
        clock.advance(TTL)
        assert held(store) == [b"x"]

    @rule("Clocks step back; of two equal answers the one that was added last is the newer one all the same.")
    def test_order_is_that_of_adding_whatever_the_clock_says(self, store: SimilarityIndex, clock: SettableClock) -> None:
        for number in range(4):
            put(store, b"%d" % number)
            clock.advance(-10)
        assert held(store) == [b"0", b"1", b"2", b"3"]
        put(store, b"4", capacity=2)
        assert held(store) == [b"3", b"4"], "the first that were added leave"
