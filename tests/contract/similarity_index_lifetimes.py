"""How long a similarity index keeps what: the part of the suite about times, capacities and dimensions."""

from __future__ import annotations

import pytest

from contract_ground import NOON, SettableClock
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import InvalidInputError
from lixcore.ports.similarity_index import IndexEntry, SimilarityIndex
from similarity_oracle import ALL, floats, payloads

ONE = Scope(SessionKey("one"))
UP = [1.0, 0.0]
TTL = 300.0  # what a real user sets; a store's own expiry goes by real time, of which tests take little
LABEL = b"q" * 32


def put(
    store: SimilarityIndex, payload: bytes, *, ttl: float = TTL, capacity: int = 100, scope: Scope = ONE, label: bytes = b""
) -> None:
    """Add an entry that points up."""
    store.add(scope, IndexEntry(floats(UP), payload, label), ttl=ttl, capacity=capacity)


def held(store: SimilarityIndex, scope: Scope = ONE) -> list[bytes]:
    """What is live there, oldest first."""
    return [match.payload for match in reversed(store.search(scope, floats(UP), k=ALL, at_least=-1.0))]


class SimilarityIndexLifetimes:
    """Mixed into `SimilarityIndexContract`."""

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

    def test_adding_renews_no_other_entry(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put(store, b"first", label=LABEL)
        for number in range(3):
            clock.advance(TTL / 3)
            put(store, b"%d" % number, label=LABEL)
        assert held(store) == [b"0", b"1", b"2"]
        clock.advance(TTL / 3)
        assert held(store) == [b"1", b"2"]

    def test_searching_and_measuring_renew_nothing(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put(store, b"x", label=LABEL)
        for _ in range(4):
            assert held(store) == [b"x"]
            assert len(store.search(ONE, floats(UP), label=LABEL, k=1, at_least=0.0)) == 1
            assert store.measure(ONE.session).entries == 1
            clock.advance(TTL / 4)
        assert held(store) == []

    def test_each_entry_has_a_time_of_its_own(self, store: SimilarityIndex, clock: SettableClock) -> None:
        for number, ttl in enumerate([4 * TTL, TTL, 3 * TTL, 2 * TTL]):
            put(store, b"%d" % number, ttl=ttl)
        expected = [[b"0", b"2", b"3"], [b"0", b"2"], [b"0"], []]
        for left in expected:
            clock.advance(TTL)
            assert held(store) == left
            put(store, b"elsewhere", scope=Scope(SessionKey("two")))

    def test_an_entry_that_is_equal_replaces_none(self, store: SimilarityIndex, clock: SettableClock) -> None:
        for _ in range(3):
            put(store, b"same", label=LABEL)
        assert held(store) == [b"same"] * 3
        assert len(store.search(ONE, None, label=LABEL, k=9, at_least=-1.0)) == 3
        assert store.measure().entries == 3
        clock.advance(TTL)
        assert store.measure().entries == 0

    def test_when_it_was_added_is_told(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put(store, b"x")
        clock.advance(7.25)
        put(store, b"y")
        clock.advance(11)
        assert [match.added for match in store.search(ONE, floats(UP), k=9, at_least=0.0)] == [NOON + 7.25, NOON]

    def test_what_was_added_is_found_by_the_next_search(self, store: SimilarityIndex) -> None:
        """Also where a process keeps what it read."""
        for number in range(6):
            put(store, b"%d" % number)
            assert held(store) == [b"%d" % each for each in range(number + 1)]

    # Clocks that step back.

    def test_what_a_clock_far_ahead_added_is_not_used(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put(store, b"x", ttl=86_400.0)
        clock.advance(-61.0)
        assert held(store) == []
        assert store.measure().entries == 0
        put(store, b"now")
        assert held(store) == [b"now"]

    def test_what_a_clock_a_little_ahead_added_is_used(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put(store, b"x")
        clock.advance(-60.0)
        put(store, b"y")
        assert held(store) == [b"x", b"y"]
        clock.advance(TTL)
        assert held(store) == [b"x"]

    def test_order_is_that_of_adding_whatever_the_clock_says(self, store: SimilarityIndex, clock: SettableClock) -> None:
        for number in range(4):
            put(store, b"%d" % number)
            clock.advance(-10)
        assert held(store) == [b"0", b"1", b"2", b"3"]
        put(store, b"4", capacity=2)
        assert held(store) == [b"3", b"4"], "the first that were added leave"

    # Capacity.

    def test_beyond_the_capacity_those_that_were_added_first_leave(self, store: SimilarityIndex) -> None:
        for number in range(8):
            put(store, b"%d" % number, capacity=3)
            assert held(store) == [b"%d" % each for each in range(max(number - 2, 0), number + 1)]
            assert store.measure().entries == min(number + 1, 3)
        put(store, b"8", capacity=1)
        assert held(store) == [b"8"]
        put(store, b"9", capacity=3)
        assert held(store) == [b"8", b"9"], "a capacity is that of one call"

    def test_those_that_were_added_first_leave_also_if_they_would_live_longest(self, store: SimilarityIndex) -> None:
        for number, ttl in enumerate([9 * TTL, TTL, 5 * TTL]):
            put(store, b"%d" % number, ttl=ttl, capacity=3)
        put(store, b"3", capacity=3)
        assert held(store) == [b"1", b"2", b"3"]

    def test_finding_an_entry_does_not_keep_it(self, store: SimilarityIndex) -> None:
        put(store, b"0", label=LABEL)
        put(store, b"1")
        store.search(ONE, None, label=LABEL, k=1, at_least=0.0)
        put(store, b"2", capacity=2)
        assert held(store) == [b"1", b"2"]

    def test_what_is_not_live_does_not_count(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put(store, b"long", ttl=9 * TTL)
        for number in range(3):
            put(store, b"short %d" % number)
        clock.advance(TTL)
        for number in range(2):
            put(store, b"new %d" % number, capacity=3)
        assert held(store) == [b"long", b"new 0", b"new 1"]
        put(store, b"new 2", capacity=3)
        assert held(store) == [b"new 0", b"new 1", b"new 2"]

    def test_what_leaves_takes_its_label_along(self, store: SimilarityIndex) -> None:
        put(store, b"0", label=LABEL)
        for number in range(1, 3):
            put(store, b"%d" % number, capacity=2)
        [match] = store.search(ONE, floats(UP), label=LABEL, k=1, at_least=0.99)
        assert match.is_exact is False
        assert list(store.search(ONE, None, label=LABEL, k=1, at_least=-1.0)) == []

    # Dimensions.

    def test_another_dimension_is_refused_while_entries_are_live(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put(store, b"x", label=LABEL)
        other = floats([1.0, 0.0, 0.0])
        for wrong in (other, floats([1.0])):
            with pytest.raises(InvalidInputError) as caught:
                store.add(ONE, IndexEntry(wrong, b"y"), ttl=9 * TTL, capacity=1)
            assert caught.value.field == "embedding"
            assert "2" in caught.value.reason, "it says which dimension is held"
            for label in (b"", LABEL):
                with pytest.raises(InvalidInputError) as caught:
                    store.search(ONE, wrong, label=label, k=1, at_least=-1.0)
                assert caught.value.field == "embedding"
        assert held(store) == [b"x"], "what was refused changed nothing"
        assert store.measure().entries == 1
        clock.advance(TTL)
        assert held(store) == []

    def test_another_dimension_is_taken_once_nothing_is_live(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put(store, b"x")
        other = floats([1.0, 0.0, 0.0])
        clock.advance(TTL)
        assert list(store.search(ONE, other, k=1, at_least=-1.0)) == []
        store.add(ONE, IndexEntry(other, b"y"), ttl=TTL, capacity=5)
        assert payloads(store, ONE, [1.0, 0.0, 0.0]) == {b"y"}
        with pytest.raises(InvalidInputError):
            store.search(ONE, floats(UP), k=1, at_least=-1.0)

    def test_scopes_have_dimensions_of_their_own(self, store: SimilarityIndex) -> None:
        put(store, b"x")
        for dimension in (1, 3, 300):
            scope = Scope(ONE.session, model=str(dimension))
            store.add(scope, IndexEntry(floats([1.0] * dimension), b"%d" % dimension), ttl=TTL, capacity=5)
            assert payloads(store, scope, [1.0] * dimension) == {b"%d" % dimension}
        assert held(store) == [b"x"]
