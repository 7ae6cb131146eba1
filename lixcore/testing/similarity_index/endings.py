"""What every similarity index does when it is closed, opened again, or kept where nothing can be kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError, StoreError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.leases import GrantsLeases
from lixcore.ports.similarity_index import IndexEntry, SimilarityIndex
from lixcore.ports.tallies import KeepsTallies
from lixcore.testing.ground.damage import bytes_below, has_path, ruin_files, unusable_path
from lixcore.testing.ground.places import fresh_options
from lixcore.testing.ground.rules import rule
from lixcore.testing.similarity_index.indexes import (
    HOUR,
    LABEL,
    ONE,
    UP,
    IndexGround,
    OpenIndex,
    held,
    put,
    put_in,
)
from lixcore.testing.similarity_index.oracle import floats, payloads

SESSION = ONE.session


class IndexEndings(IndexGround):
    """Closed, opened again, damaged."""

    @rule("After close() the connection is gone: an empty answer would be taken for a cache without an answer, for ever.")
    def test_a_closed_index_says_so(self, store: SimilarityIndex) -> None:
        store.add(ONE, IndexEntry(floats([1.0]), b"x"), ttl=300, capacity=5)
        store.close()
        store.close()
        uses: list[Callable[[], object]] = [
            lambda: store.add(ONE, IndexEntry(floats([1.0]), b"x"), ttl=300, capacity=5),
            lambda: store.search(ONE, floats([1.0]), k=1, at_least=0.0),
            lambda: store.search(ONE, None, k=1, at_least=0.0),
            lambda: store.forget(ONE.session),
            store.measure,
            lambda: store.measure(ONE.session),
        ]
        if isinstance(store, GrantsLeases):
            uses += [lambda: store.lease("a", holder="b", seconds=1), lambda: store.end_lease("a", holder="b")]
        if isinstance(store, KeepsTallies):
            uses += [lambda: store.tally({"hits": 1}), store.tallies]
        for use in uses:
            with pytest.raises(ClosedError):
                use()

    @rule("Every deployment restarts its processes: a cache that is empty then makes every user wait at once.")
    def test_what_was_added_is_there_after_a_reopening(self, open_store: OpenIndex) -> None:
        self.needs(Capability.PERSISTENT)
        first = open_store()
        first.add(ONE, IndexEntry(floats(UP), b"x", b"q" * 32), ttl=HOUR, capacity=100)
        first.add(ONE, IndexEntry(floats([1.0, 1.0]), b"y"), ttl=HOUR, capacity=100)
        first.close()
        second = open_store()
        found = second.search(ONE, floats([1.0, 1.0]), label=b"q" * 32, k=2, at_least=0.9)
        assert [(match.payload, match.is_exact) for match in found] == [(b"x", True), (b"y", False)]
        second.add(ONE, IndexEntry(floats(UP), b"z"), ttl=HOUR, capacity=2)
        assert payloads(second, ONE, UP) == {b"y", b"z"}, "the order of adding goes on"

    @rule("Several parts of an application open the same store: one that closes its own must not break the others.")
    def test_closing_one_leaves_the_others_open(self, open_store: OpenIndex) -> None:
        self.needs(Capability.SHARED)
        first, second = open_store(), open_store()
        put(first, b"x")
        first.close()
        assert held(second) == [b"x"]
        put(second, b"y")
        assert held(second) == [b"x", b"y"]

    @rule("A cache never keeps an application from starting: whatever is wrong with its place is told by its calls.")
    def test_a_place_that_cannot_be_used_is_an_error_of_its_calls(
        self, options: Any, context: AdapterContext, tmp_path: Path
    ) -> None:
        if not has_path(options):
            pytest.skip("no option of it names a file or a directory")
        store: SimilarityIndex = self.adapter.open(fresh_options(options, unusable_path(tmp_path)), context)
        uses: list[Callable[[], object]] = [
            lambda: put(store, b"x"),
            lambda: held(store),
            lambda: store.forget(SESSION),
            store.measure,
        ]
        for use in uses:
            with pytest.raises(StoreError):
                use()
        store.close()

    @rule("An application that never uses the cache must not find its files, nor wait for its server.")
    def test_opening_touches_nothing(self, open_store: OpenIndex, tmp_path: Path) -> None:
        before = bytes_below(tmp_path)
        open_store().close()
        assert bytes_below(tmp_path) == before

    @rule("Disks fail: of a damaged cache anything may be lost, but nothing may be found that was never added.")
    def test_damaged_files_give_nothing_false(self, open_store: OpenIndex, tmp_path: Path) -> None:
        self.needs(Capability.PERSISTENT)
        first = open_store()
        put(first, b"x" * 1000, label=LABEL)
        first.close()
        ruin_files(tmp_path)
        try:
            found = open_store().search(ONE, floats(UP), label=LABEL, k=9, at_least=-1.0)
        except StoreError:
            return
        assert [match.payload for match in found] in ([], [b"x" * 1000])

    @rule("Who asks to be forgotten is promised that nothing is left in any file, not only that nothing is found.")
    def test_what_was_forgotten_is_in_none_of_its_files(self, open_store: OpenIndex, tmp_path: Path) -> None:
        store = open_store()
        for number in range(20):
            put_in(store, Scope(SESSION, url=str(number % 3)), b"<secret %d>" % number * 50)
            put_in(store, Scope(SESSION, shared=True), b"<secret shared %d>" % number)
            put_in(store, Scope(SessionKey("two"), shared=True), b"<other %d>" % number)
        store.forget(SESSION)
        assert b"<secret" not in bytes_below(tmp_path), "while it is open"
        store.close()
        assert b"<secret" not in bytes_below(tmp_path), "once it is closed"
