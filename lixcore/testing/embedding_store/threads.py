"""What every embedding store does when many threads use it at once."""

from __future__ import annotations

from collections.abc import Callable

from lixcore.ports.embedding_store import EmbeddingStore
from lixcore.testing.embedding_store.stores import (
    COMMON,
    HOUR,
    ROUNDS,
    SIZE,
    StoreGround,
    key,
)
from lixcore.testing.ground.rules import rule
from lixcore.testing.ground.threads import at_once

WRITERS = 4
OWN = 15


def check_whole(values: list[bytes | None], writers: int) -> None:
    """Every value that is there is wholly one writer's."""
    whole = {bytes([writer]) * SIZE for writer in range(writers)}
    assert all(value is None or value in whole for value in values)


class StoreThreads(StoreGround):
    """Many threads."""

    @rule("A value that is half one writer's and half another's is an embedding of nothing.")
    def test_of_the_puts_of_many_threads_none_is_lost_or_torn(self, store: EmbeddingStore) -> None:
        def work(writer: int) -> Callable[[], None]:
            def run() -> None:
                for number in range(ROUNDS):
                    own = [(key(f"{writer}:{number}:{each}"), b"%d" % writer) for each in range(OWN)]
                    store.put([*own, *((each, bytes([writer]) * SIZE) for each in COMMON)], ttl=HOUR, capacity=10_000)
                    check_whole(list(store.get(COMMON)), WRITERS)

            return run

        at_once(*(work(writer) for writer in range(WRITERS)))
        for writer in range(WRITERS):
            keys = [key(f"{writer}:{number}:{each}") for number in range(ROUNDS) for each in range(OWN)]
            assert list(store.get(keys)) == [b"%d" % writer] * len(keys)
        assert None not in store.get(COMMON)
        assert store.measure().entries == WRITERS * ROUNDS * OWN + len(COMMON)

    @rule("Removing and counting are one step, or the same value is counted for each who asked.")
    def test_of_many_threads_that_forget_a_key_one_removed_it(self, store: EmbeddingStore) -> None:
        for _ in range(5):
            store.put([(each, b"x") for each in COMMON], ttl=HOUR, capacity=10_000)
            removed = at_once(*[lambda: store.forget(COMMON)] * WRITERS)
            assert sum(removed) == len(COMMON)

    @rule("Counting and making room are one step, or the store grows with the number of writers.")
    def test_the_capacity_holds_once_all_threads_are_done(self, store: EmbeddingStore) -> None:
        def work(writer: int) -> Callable[[], None]:
            def run() -> None:
                for number in range(ROUNDS):
                    store.put([(key(f"{writer}:{number}:{each}"), b"x") for each in range(3)], ttl=HOUR, capacity=25)

            return run

        at_once(*(work(writer) for writer in range(WRITERS)))
        assert store.measure().entries == 25
