"""What every embedding store does when it is closed, opened again, or kept where nothing can be kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lixcore.errors import ClosedError, StoreError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.embedding_store import EmbeddingStore
from lixcore.ports.tallies import KeepsTallies
from lixcore.testing.embedding_store.stores import (
    COMMON,
    HOUR,
    KEYS,
    ONE,
    OpenEmbeddings,
    StoreGround,
    held,
    put,
)
from lixcore.testing.ground.damage import bytes_below, has_path, ruin_files, unusable_path
from lixcore.testing.ground.places import fresh_options
from lixcore.testing.ground.rules import rule


class StoreEndings(StoreGround):
    """Closed, opened again, damaged."""

    @rule("After close() the connection is gone: an absent value would be computed anew each time, and nobody would know why.")
    def test_a_closed_store_says_so(self, store: EmbeddingStore) -> None:
        store.put([(ONE, b"x")], ttl=HOUR, capacity=10)
        store.close()
        store.close()
        uses: list[Callable[[], object]] = [
            lambda: store.get([ONE]),
            lambda: store.get([]),
            lambda: store.put([(ONE, b"x")], ttl=HOUR, capacity=10),
            lambda: store.put([], ttl=HOUR, capacity=10),
            lambda: store.forget([ONE]),
            lambda: store.forget([]),
            store.measure,
        ]
        if isinstance(store, KeepsTallies):
            uses += [lambda: store.tally({"hits": 1}), store.tallies]
        for use in uses:
            with pytest.raises(ClosedError):
                use()

    @rule("Every deployment restarts its processes: embeddings that are gone then have to be paid for again.")
    def test_what_was_stored_is_there_after_a_reopening(self, open_store: OpenEmbeddings) -> None:
        self.needs(Capability.PERSISTENT)
        first = open_store()
        first.put([(COMMON[0], b"value"), (COMMON[1], b"")], ttl=HOUR, capacity=10)
        first.close()
        assert list(open_store().get(COMMON[:3])) == [b"value", b"", None]

    @rule("Several parts of an application open the same store: one that closes its own must not break the others.")
    def test_closing_one_leaves_the_others_open(self, open_store: OpenEmbeddings) -> None:
        self.needs(Capability.SHARED)
        first, second = open_store(), open_store()
        put(first, 1)
        first.close()
        assert held(second) == [1]
        put(second, 2)
        assert held(second) == [1, 2]

    @rule("A cache never keeps an application from starting: whatever is wrong with its place is told by its calls.")
    def test_a_place_that_cannot_be_used_is_an_error_of_its_calls(
        self, options: Any, context: AdapterContext, tmp_path: Path
    ) -> None:
        if not has_path(options):
            pytest.skip("no option of it names a file or a directory")
        store: EmbeddingStore = self.adapter.open(fresh_options(options, unusable_path(tmp_path)), context)
        uses: list[Callable[[], object]] = [
            lambda: put(store, 1),
            lambda: held(store),
            lambda: store.forget(KEYS),
            store.measure,
        ]
        for use in uses:
            with pytest.raises(StoreError):
                use()
        store.close()

    @rule("An application that never uses the cache must not find its files, nor wait for its server.")
    def test_opening_touches_nothing(self, open_store: OpenEmbeddings, tmp_path: Path) -> None:
        before = bytes_below(tmp_path)
        open_store().close()
        assert bytes_below(tmp_path) == before

    @rule("Disks fail: of a damaged cache anything may be lost, but nothing may be given that was never stored.")
    def test_damaged_files_give_nothing_false(self, open_store: OpenEmbeddings, tmp_path: Path) -> None:
        self.needs(Capability.PERSISTENT)
        first = open_store()
        put(first, 1, value=b"x" * 1000)
        first.close()
        ruin_files(tmp_path)
        try:
            found = open_store().get([KEYS[1], KEYS[2]])
        except StoreError:
            return
        assert list(found) in ([None, None], [b"x" * 1000, None])
