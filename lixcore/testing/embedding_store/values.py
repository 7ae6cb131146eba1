"""What every embedding store gives back: the value of each key, in the order of the keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.ports.embedding_store import EmbeddingStore
from lixcore.testing.embedding_store.stores import (
    HOUR,
    ONE,
    THREE,
    TWO,
    StoreGround,
    key,
)
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.profiles import examples, left_out
from lixcore.testing.ground.rules import rule

_HOSTILE = [
    *(b"a" * 31 + last for last in (b"a", b"A", b"\0", b" ", b"\n", b"\xe1")),
    *(first + b"a" * 31 for first in (b"A", b"\0", b" ", b"*", b":", b"{")),
    *(bytes([number]) * 32 for number in (0, 1, 0x20, 0x25, 0x2A, 0x5C, 0x7F, 0x80, 0xFF)),
    b"\r\n" * 16,
    b"61" * 16,
]
ALIKE = [ONE, TWO, THREE] if left_out("hostile-ids") else _HOSTILE
"""Keys that a store mixes up when it cuts, strips, folds or interprets them."""


class StoredValues(StoreGround):
    """Values by key."""

    @rule("Absent is not empty: the caller computes what is absent, and uses what is empty.")
    def test_what_was_never_stored_is_absent(self, store: EmbeddingStore) -> None:
        assert list(store.get([ONE])) == [None]
        assert list(store.get([])) == []
        assert store.forget([ONE]) == 0
        assert store.forget([]) == 0
        assert store.measure().entries == 0

    @rule("The caller joins texts and embeddings by their place: one place off, and every text has another's embedding.")
    def test_values_come_in_the_order_of_the_keys(self, store: EmbeddingStore) -> None:
        store.put([(ONE, b"1"), (TWO, b"2")], ttl=HOUR, capacity=10)
        assert list(store.get([TWO, ONE])) == [b"2", b"1"]
        assert list(store.get([THREE, ONE, THREE, ONE, TWO])) == [None, b"1", None, b"1", b"2"]

    @rule("A new model's embedding is stored under the same key; the old one would be compared with new ones.")
    def test_a_value_is_replaced(self, store: EmbeddingStore) -> None:
        store.put([(ONE, b"longer than before"), (TWO, b"")], ttl=HOUR, capacity=10)
        store.put([(ONE, b""), (TWO, b"longer than before")], ttl=HOUR, capacity=10)
        assert list(store.get([ONE, TWO])) == [b"", b"longer than before"]
        assert store.measure().entries == 2

    @rule("A batch may name a page twice; what is stored then must not depend on the store.")
    def test_of_a_key_that_comes_twice_the_last_value_counts(self, store: EmbeddingStore) -> None:
        store.put([(ONE, b"first"), (TWO, b"x"), (ONE, b"second"), (ONE, b"last")], ttl=HOUR, capacity=10)
        assert list(store.get([ONE, TWO])) == [b"last", b"x"]
        assert store.measure().entries == 2

    @rule("A batch may turn out to be empty, and must not clear, fail or make room.")
    def test_no_entries_change_nothing(self, store: EmbeddingStore) -> None:
        store.put([(ONE, b"x")], ttl=HOUR, capacity=10)
        store.put([], ttl=HOUR, capacity=10)
        assert list(store.get([ONE])) == [b"x"]

    @rule("A crawl stores a thousand pages in one call: a limit of placeholders or arguments must not cut it.")
    def test_a_thousand_at_once(self, store: EmbeddingStore) -> None:
        keys = [key(str(number)) for number in range(1000)]
        store.put([(each, b"%d" % number) for number, each in enumerate(keys[:500])], ttl=HOUR, capacity=2000)
        assert list(store.get(keys)) == [b"%d" % number for number in range(500)] + [None] * 500
        store.put([(each, b"new %d" % number) for number, each in enumerate(keys)], ttl=HOUR, capacity=2000)
        assert list(store.get(keys[::-1])) == [b"new %d" % number for number in reversed(range(1000))]
        assert store.measure().entries == 1000
        assert store.forget(keys) == 1000
        assert list(store.get(keys)) == [None] * 1000

    @pytest.mark.parametrize("size", [0, 1, 4096, 2**20])
    @rule("An embedding of 65,536 numbers takes a quarter of a mebibyte, and one byte less is no embedding.")
    def test_values_of_any_size_come_back_as_they_were(self, store: EmbeddingStore, size: int) -> None:
        value = (bytes(range(256)) * (size // 256 + 1))[:size]
        store.put([(ONE, value), (TWO, value[::-1])], ttl=HOUR, capacity=10)
        assert [found == value for found in store.get([ONE, ONE])] == [True, True]
        assert store.get([TWO])[0] == value[::-1]
        assert type(store.get([ONE])[0]) is bytes

    @rule("Keys are digests and values are numbers: both hold every byte, and nothing in them is text.")
    def test_any_bytes_come_back_as_they_were(self, store: EmbeddingStore) -> None:
        pairs = st.lists(st.tuples(st.binary(min_size=32, max_size=32), st.binary(max_size=100)), max_size=8)

        @examples(40)
        @given(pairs)
        def check(entries: list[tuple[bytes, bytes]]) -> None:
            store.put(entries, ttl=HOUR, capacity=100_000)
            expected = dict(entries)
            assert list(store.get([each for each, _ in entries])) == [expected[each] for each, _ in entries]

        check()

    @rule("Digests hold NULs, blanks and line ends; a store that cuts or strips them gives one page the embedding of another.")
    def test_keys_that_look_alike_never_meet(self, store: EmbeddingStore) -> None:
        for number, each in enumerate(ALIKE):
            assert list(store.get([each])) == [None]
            store.put([(each, b"%d" % number)], ttl=HOUR, capacity=100)
        assert list(store.get(ALIKE)) == [b"%d" % number for number in range(len(ALIKE))]
        for number, each in enumerate(ALIKE):
            assert store.forget([each]) == 1
            assert list(store.get(ALIKE[number:])) == [None, *(b"%d" % rest for rest in range(number + 1, len(ALIKE)))]

    @rule("Callers use their buffers again; a store that keeps them gives what was never stored.")
    def test_what_was_given_may_be_changed_afterwards(self, store: EmbeddingStore) -> None:
        value = bytearray(b"value")
        entries = [(ONE, value)]
        store.put(entries, ttl=HOUR, capacity=10)  # type: ignore[arg-type]  # a careless caller
        value[:] = b"other"
        entries.append((TWO, value))
        keys = [ONE, TWO]
        found = list(store.get(keys))
        keys.clear()
        assert found == [b"value", None]

    @rule("The count is what is told to who asked for the removal, and what is not live has to go as well.")
    def test_forget_counts_each_key_that_had_a_live_value_once(self, store: EmbeddingStore, clock: SettableClock) -> None:
        store.put([(ONE, b"1"), (TWO, b"2")], ttl=HOUR, capacity=10)
        store.put([(key("short"), b"x")], ttl=300, capacity=10)
        clock.advance(300)
        assert store.forget([ONE, key("absent"), ONE, key("short")]) == 1
        assert list(store.get([ONE, TWO])) == [None, b"2"]
        assert store.forget([ONE]) == 0
        clock.advance(-300)
        assert list(store.get([key("short")])) == [None], "what was not live was removed as well"
        store.put([(ONE, b"again")], ttl=HOUR, capacity=10)
        assert list(store.get([ONE, TWO])) == [b"again", b"2"]

    @rule("Operators size their stores by these figures.")
    def test_measure_counts_live_entries_and_their_bytes(self, store: EmbeddingStore) -> None:
        for number in range(5):
            store.put([(key(str(number)), b"x" * 50_000)], ttl=HOUR, capacity=10)
            measured = store.measure()
            assert measured.entries == number + 1
            assert measured.size >= (number + 1) * 50_000
        assert measured.size < 1_000_000
