"""What every embedding store does when many use it at once: the parts of the suite with threads and with processes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import pytest

from hot_store_concurrency import at_once, begin, place, started
from lixcore.ports.embedding_store import EmbeddingStore

TTL = 3600.0
CHILD = Path(__file__).parent / "embedding_child.py"
WRITERS = 4
ROUNDS = 10
SIZE = 20_000
OWN = 15

OpenEmbeddings = Callable[[], EmbeddingStore]


def key(name: str) -> bytes:
    """The key of a name."""
    return sha256(name.encode()).digest()


COMMON = [key(f"common {number}") for number in range(20)]


def check_whole(values: list[bytes | None], writers: int = WRITERS) -> None:
    """Every value that is there is wholly one writer's."""
    whole = {bytes([writer]) * SIZE for writer in range(writers)}
    assert all(value is None or value in whole for value in values)


class EmbeddingStoreThreads:
    """Mixed into `EmbeddingStoreContract`."""

    def test_of_the_puts_of_many_threads_none_is_lost_or_torn(self, store: EmbeddingStore) -> None:
        def work(writer: int) -> Callable[[], None]:
            def run() -> None:
                for number in range(ROUNDS):
                    own = [(key(f"{writer}:{number}:{each}"), b"%d" % writer) for each in range(OWN)]
                    store.put([*own, *((each, bytes([writer]) * SIZE) for each in COMMON)], ttl=TTL, capacity=10_000)
                    check_whole(list(store.get(COMMON)))

            return run

        at_once(*(work(writer) for writer in range(WRITERS)))
        for writer in range(WRITERS):
            keys = [key(f"{writer}:{number}:{each}") for number in range(ROUNDS) for each in range(OWN)]
            assert list(store.get(keys)) == [b"%d" % writer] * len(keys)
        assert None not in store.get(COMMON)
        assert store.measure().entries == WRITERS * ROUNDS * OWN + len(COMMON)

    def test_of_many_threads_that_forget_a_key_one_removed_it(self, store: EmbeddingStore) -> None:
        for _ in range(5):
            store.put([(each, b"x") for each in COMMON], ttl=TTL, capacity=10_000)
            removed = at_once(*[lambda: store.forget(COMMON)] * WRITERS)
            assert sum(removed) == len(COMMON)

    def test_the_capacity_holds_once_all_threads_are_done(self, store: EmbeddingStore) -> None:
        def work(writer: int) -> Callable[[], None]:
            def run() -> None:
                for number in range(ROUNDS):
                    store.put([(key(f"{writer}:{number}:{each}"), b"x") for each in range(3)], ttl=TTL, capacity=25)

            return run

        at_once(*(work(writer) for writer in range(WRITERS)))
        assert store.measure().entries == 25


class EmbeddingStoreProcesses:
    """Mixed into `EmbeddingStoreContract`; for stores that are shared between processes."""

    adapter: ClassVar[Any]
    shared: ClassVar[bool]
    persistent: ClassVar[bool]

    def test_of_the_puts_of_many_processes_none_is_lost_or_torn(
        self, store: EmbeddingStore, options: Any, tmp_path: Path
    ) -> None:
        if not self.shared:
            pytest.skip("this store declares that it serves one process only")
        with ExitStack() as stack:
            children = [
                stack.enter_context(started(CHILD, {**place(self.adapter, options, tmp_path), "writer": writer}))
                for writer in range(WRITERS)
            ]
            for process in children:
                begin(process)
            while any(process.poll() is None for process in children):
                check_whole(list(store.get(COMMON)))
            assert [process.returncode for process in children] == [0] * WRITERS
        keys = [key(f"{writer}:{number}") for writer in range(WRITERS) for number in range(ROUNDS)]
        assert None not in store.get(keys)
        assert store.measure().entries == len(keys) + len(COMMON)

    def test_one_handle_gives_what_another_stored_and_forgot(self, open_store: OpenEmbeddings) -> None:
        if not self.shared:
            pytest.skip("this store declares that it serves one process only")
        one, two = open_store(), open_store()
        for number, (writer, reader) in enumerate([(one, two), (two, one)] * 2):
            writer.put([(COMMON[0], b"%d" % number), (COMMON[1], b"x")], ttl=TTL, capacity=10)
            assert list(reader.get(COMMON[:3])) == [b"%d" % number, b"x", None]
        assert one.forget(COMMON[:1]) == 1
        assert list(two.get(COMMON[:2])) == [None, b"x"]

    def test_what_was_stored_is_there_after_a_reopening(self, open_store: OpenEmbeddings) -> None:
        if not self.persistent:
            pytest.skip("this store declares that it ends with its object")
        first = open_store()
        first.put([(COMMON[0], b"value"), (COMMON[1], b"")], ttl=TTL, capacity=10)
        first.close()
        assert list(open_store().get(COMMON[:3])) == [b"value", b"", None]
