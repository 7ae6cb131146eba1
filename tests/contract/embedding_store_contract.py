"""What every embedding store does: subclass `EmbeddingStoreContract`, name the adapter, say where an empty store is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cache_tallies import CacheTallies
from contract_ground import SettableClock, open_adapter
from embedding_store_concurrency import EmbeddingStoreProcesses, EmbeddingStoreThreads, OpenEmbeddings, key
from embedding_store_lifetimes import EmbeddingStoreLifetimes
from embedding_store_machine import check_against_model
from lixcore.errors import ClosedError
from lixcore.ports.embedding_store import EmbeddingStore
from lixcore.ports.tallies import KeepsTallies

ONE, TWO, THREE = key("one"), key("two"), key("three")
TTL = 3600.0
ALIKE = [
    *(b"a" * 31 + last for last in (b"a", b"A", b"\0", b" ", b"\n", b"\xe1")),
    *(first + b"a" * 31 for first in (b"A", b"\0", b" ", b"*", b":", b"{")),
    *(bytes([number]) * 32 for number in (0, 1, 0x20, 0x25, 0x2A, 0x5C, 0x7F, 0x80, 0xFF)),
    b"\r\n" * 16,
    b"61" * 16,
]
"""Keys that a store mixes up when it cuts, strips, folds or interprets them."""


class EmbeddingStoreContract(EmbeddingStoreLifetimes, EmbeddingStoreThreads, EmbeddingStoreProcesses, CacheTallies):
    """The suite. A subclass sets ``adapter``, overrides the fixture ``options`` and declares what its store is.

    Attributes:
        adapter: The class behind the entry point.
        persistent: Whether a store that is closed and opened again with the same options holds what it held.
        shared: Whether several processes may open the same options at once.
    """

    adapter: ClassVar[Any]
    persistent: ClassVar[bool] = True
    shared: ClassVar[bool] = True

    @pytest.fixture
    def options(self) -> Any:
        """Options of a place where nothing is stored yet; override it."""
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> SettableClock:
        return SettableClock()

    @pytest.fixture
    def open_store(self, options: Any, clock: SettableClock, tmp_path: Path) -> Iterator[OpenEmbeddings]:
        """Opens the same place again and again."""
        opened: list[EmbeddingStore] = []

        def open_one() -> EmbeddingStore:
            opened.append(open_adapter(self.adapter, options, clock, tmp_path / "archive"))
            return opened[-1]

        yield open_one
        for store in opened:
            store.close()

    @pytest.fixture
    def store(self, open_store: OpenEmbeddings) -> EmbeddingStore:
        return open_store()

    # Values by key.

    def test_what_was_never_stored_is_absent(self, store: EmbeddingStore) -> None:
        assert list(store.get([ONE])) == [None]
        assert list(store.get([])) == []
        assert store.forget([ONE]) == 0
        assert store.forget([]) == 0
        assert store.measure().entries == 0

    def test_values_come_in_the_order_of_the_keys(self, store: EmbeddingStore) -> None:
        store.put([(ONE, b"1"), (TWO, b"2")], ttl=TTL, capacity=10)
        assert list(store.get([TWO, ONE])) == [b"2", b"1"]
        assert list(store.get([THREE, ONE, THREE, ONE, TWO])) == [None, b"1", None, b"1", b"2"]

    def test_a_value_is_replaced(self, store: EmbeddingStore) -> None:
        store.put([(ONE, b"longer than before"), (TWO, b"")], ttl=TTL, capacity=10)
        store.put([(ONE, b""), (TWO, b"longer than before")], ttl=TTL, capacity=10)
        assert list(store.get([ONE, TWO])) == [b"", b"longer than before"]
        assert store.measure().entries == 2

    def test_of_a_key_that_comes_twice_the_last_value_counts(self, store: EmbeddingStore) -> None:
        store.put([(ONE, b"first"), (TWO, b"x"), (ONE, b"second"), (ONE, b"last")], ttl=TTL, capacity=10)
        assert list(store.get([ONE, TWO])) == [b"last", b"x"]
        assert store.measure().entries == 2

    def test_no_entries_change_nothing(self, store: EmbeddingStore) -> None:
        store.put([(ONE, b"x")], ttl=TTL, capacity=10)
        store.put([], ttl=TTL, capacity=10)
        assert list(store.get([ONE])) == [b"x"]

    def test_a_thousand_at_once(self, store: EmbeddingStore) -> None:
        keys = [key(str(number)) for number in range(1000)]
        store.put([(each, b"%d" % number) for number, each in enumerate(keys[:500])], ttl=TTL, capacity=2000)
        assert list(store.get(keys)) == [b"%d" % number for number in range(500)] + [None] * 500
        store.put([(each, b"new %d" % number) for number, each in enumerate(keys)], ttl=TTL, capacity=2000)
        assert list(store.get(keys[::-1])) == [b"new %d" % number for number in reversed(range(1000))]
        assert store.measure().entries == 1000
        assert store.forget(keys) == 1000
        assert list(store.get(keys)) == [None] * 1000

    @pytest.mark.parametrize("size", [0, 1, 4096, 2**20])
    def test_values_of_any_size_come_back_as_they_were(self, store: EmbeddingStore, size: int) -> None:
        value = (bytes(range(256)) * (size // 256 + 1))[:size]
        store.put([(ONE, value), (TWO, value[::-1])], ttl=TTL, capacity=10)
        assert [found == value for found in store.get([ONE, ONE])] == [True, True]
        assert store.get([TWO])[0] == value[::-1]
        assert type(store.get([ONE])[0]) is bytes

    def test_any_bytes_come_back_as_they_were(self, store: EmbeddingStore) -> None:
        pairs = st.lists(st.tuples(st.binary(min_size=32, max_size=32), st.binary(max_size=100)), max_size=8)

        @settings(max_examples=40, deadline=None)
        @given(pairs)
        def check(entries: list[tuple[bytes, bytes]]) -> None:
            store.put(entries, ttl=TTL, capacity=100_000)
            expected = dict(entries)
            assert list(store.get([each for each, _ in entries])) == [expected[each] for each, _ in entries]

        check()

    def test_keys_that_look_alike_never_meet(self, store: EmbeddingStore) -> None:
        for number, each in enumerate(ALIKE):
            assert list(store.get([each])) == [None]
            store.put([(each, b"%d" % number)], ttl=TTL, capacity=100)
        assert list(store.get(ALIKE)) == [b"%d" % number for number in range(len(ALIKE))]
        for number, each in enumerate(ALIKE):
            assert store.forget([each]) == 1
            assert list(store.get(ALIKE[number:])) == [None, *(b"%d" % rest for rest in range(number + 1, len(ALIKE)))]

    def test_what_was_given_may_be_changed_afterwards(self, store: EmbeddingStore) -> None:
        value = bytearray(b"value")
        entries = [(ONE, value)]
        store.put(entries, ttl=TTL, capacity=10)  # type: ignore[arg-type]  # a careless caller
        value[:] = b"other"
        entries.append((TWO, value))
        keys = [ONE, TWO]
        found = list(store.get(keys))
        keys.clear()
        assert found == [b"value", None]

    # Forgetting and measuring.

    def test_forget_counts_each_key_that_had_a_live_value_once(self, store: EmbeddingStore, clock: SettableClock) -> None:
        store.put([(ONE, b"1"), (TWO, b"2")], ttl=TTL, capacity=10)
        store.put([(key("short"), b"x")], ttl=300, capacity=10)
        clock.advance(300)
        assert store.forget([ONE, key("absent"), ONE, key("short")]) == 1
        assert list(store.get([ONE, TWO])) == [None, b"2"]
        assert store.forget([ONE]) == 0
        clock.advance(-300)
        assert list(store.get([key("short")])) == [None], "what was not live was removed as well"
        store.put([(ONE, b"again")], ttl=TTL, capacity=10)
        assert list(store.get([ONE, TWO])) == [b"again", b"2"]

    def test_measure_counts_live_entries_and_their_bytes(self, store: EmbeddingStore) -> None:
        for number in range(5):
            store.put([(key(str(number)), b"x" * 50_000)], ttl=TTL, capacity=10)
            measured = store.measure()
            assert measured.entries == number + 1
            assert measured.size >= (number + 1) * 50_000
        assert measured.size < 1_000_000

    # All together.

    def test_it_is_a_dict_of_values_that_end(self, open_store: OpenEmbeddings, clock: SettableClock) -> None:
        check_against_model(open_store, clock, persistent=self.persistent, shared=self.shared)

    def test_a_closed_store_says_so(self, store: EmbeddingStore) -> None:
        store.put([(ONE, b"x")], ttl=TTL, capacity=10)
        store.close()
        store.close()
        uses: list[Callable[[], object]] = [
            lambda: store.get([ONE]),
            lambda: store.get([]),
            lambda: store.put([(ONE, b"x")], ttl=TTL, capacity=10),
            lambda: store.put([], ttl=TTL, capacity=10),
            lambda: store.forget([ONE]),
            lambda: store.forget([]),
            store.measure,
        ]
        if isinstance(store, KeepsTallies):
            uses += [lambda: store.tally({"hits": 1}), store.tallies]
        for use in uses:
            with pytest.raises(ClosedError):
                use()
