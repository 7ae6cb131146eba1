"""How much every similarity index keeps: capacities, and one dimension at a time."""

from __future__ import annotations

import pytest

from lixcore.domain.scope import Scope
from lixcore.errors import InvalidInputError
from lixcore.ports.similarity_index import IndexEntry, SimilarityIndex
from lixcore.testing.ground.clock import SettableClock
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
from lixcore.testing.similarity_index.oracle import floats, payloads


class IndexCapacity(IndexGround):
    """Capacities and dimensions."""

    @rule(
        "Without a bound a scope grows until searching it is slow and the store is full; refusing the new would keep only"
        " the old."
    )
    def test_beyond_the_capacity_those_that_were_added_first_leave(self, store: SimilarityIndex) -> None:
        for number in range(8):
            put(store, b"%d" % number, capacity=3)
            assert held(store) == [b"%d" % each for each in range(max(number - 2, 0), number + 1)]
            assert store.measure().entries == min(number + 1, 3)
        put(store, b"8", capacity=1)
        assert held(store) == [b"8"]
        put(store, b"9", capacity=3)
        assert held(store) == [b"8", b"9"], "a capacity is that of one call"

    @rule("Which one leaves is the same on all adapters, so that moving to another changes nothing.")
    def test_those_that_were_added_first_leave_also_if_they_would_live_longest(self, store: SimilarityIndex) -> None:
        for number, ttl in enumerate([9 * TTL, TTL, 5 * TTL]):
            put(store, b"%d" % number, ttl=ttl, capacity=3)
        put(store, b"3", capacity=3)
        assert held(store) == [b"1", b"2", b"3"]

    @rule("Which one leaves must not depend on who searched, or two processes see two caches.")
    def test_finding_an_entry_does_not_keep_it(self, store: SimilarityIndex) -> None:
        put(store, b"0", label=LABEL)
        put(store, b"1")
        store.search(ONE, None, label=LABEL, k=1, at_least=0.0)
        put(store, b"2", capacity=2)
        assert held(store) == [b"1", b"2"]

    @rule("Entries that nobody can find must not push out those that can be found.")
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

    @rule("A label that leads to an entry that left is a hit without an answer.")
    def test_what_leaves_takes_its_label_along(self, store: SimilarityIndex) -> None:
        put(store, b"0", label=LABEL)
        for number in range(1, 3):
            put(store, b"%d" % number, capacity=2)
        [match] = store.search(ONE, floats(UP), label=LABEL, k=1, at_least=0.99)
        assert match.is_exact is False
        assert list(store.search(ONE, None, label=LABEL, k=1, at_least=-1.0)) == []

    @rule("Another dimension is another model: comparing its vectors with these is a programming error that has to be told.")
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

    @rule("A model may be replaced; once its answers are over, nothing may be left to stand in the way.")
    def test_another_dimension_is_taken_once_nothing_is_live(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put(store, b"x")
        other = floats([1.0, 0.0, 0.0])
        clock.advance(TTL)
        assert list(store.search(ONE, other, k=1, at_least=-1.0)) == []
        store.add(ONE, IndexEntry(other, b"y"), ttl=TTL, capacity=5)
        assert payloads(store, ONE, [1.0, 0.0, 0.0]) == {b"y"}
        with pytest.raises(InvalidInputError):
            store.search(ONE, floats(UP), k=1, at_least=-1.0)

    @rule("Two models are in use at once while one replaces the other.")
    def test_scopes_have_dimensions_of_their_own(self, store: SimilarityIndex) -> None:
        put(store, b"x")
        for dimension in (1, 3, 300):
            scope = Scope(ONE.session, model=str(dimension))
            store.add(scope, IndexEntry(floats([1.0] * dimension), b"%d" % dimension), ttl=TTL, capacity=5)
            assert payloads(store, scope, [1.0] * dimension) == {b"%d" % dimension}
        assert held(store) == [b"x"]
