"""Opening, closing and opening again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lixcore.domain.position import Position
from lixcore.errors import ClosedError
from lixcore.ports.adapter import Capability
from lixcore.ports.archive_index import ArchiveIndex, IndexBatch, IndexProgress, WordCounts
from lixcore.ports.archive_index_powers import AnswersSql, Merges
from lixcore.testing.archive_index.messages import (
    ONE,
    OURS,
    RARE,
    TWO,
    IndexRules,
    OpenIndex,
    by_text,
    by_vector,
    floats,
    message,
    numbered,
    put,
)
from lixcore.testing.archive_index.oracle import as_lists
from lixcore.testing.ground.rules import rule

CALLS: dict[str, Callable[[ArchiveIndex], object]] = {
    "add": lambda index: put(index, ONE, message(9)),
    "add nothing": lambda index: index.add([]),
    "progress": lambda index: index.progress([ONE]),
    "search_text": lambda index: index.search_text(RARE, k=1, where=OURS),
    "search_text without a word": lambda index: index.search_text("", k=1, where=OURS),
    "search_vector": lambda index: index.search_vector(floats([1, 0]), k=1, where=OURS),
    "neighbours": lambda index: index.neighbours([(ONE, Position(1))], reach=1),
    "neighbours of nothing": lambda index: index.neighbours([], reach=1),
    "count_words": lambda index: index.count_words([RARE], where=OURS),
    "forget": lambda index: index.forget(ONE, through=Position(1)),
    "clear": lambda index: index.clear(),
    "measure": lambda index: index.measure(),
}


class LifetimeRules(IndexRules):
    """Mixed into `ArchiveIndexContract`."""

    @rule("A search that finds nothing after the index was closed looks like a history in which nothing was said.")
    @pytest.mark.parametrize("call", CALLS)
    def test_a_closed_index_says_so(self, index: ArchiveIndex, call: str) -> None:
        put(index, ONE, message(1, vector=[1, 0]))
        index.close()
        index.close()
        with pytest.raises(ClosedError):
            CALLS[call](index)
        if isinstance(index, Merges):
            with pytest.raises(ClosedError):
                index.merge()
        if isinstance(index, AnswersSql):
            with pytest.raises(ClosedError):
                index.query_sql("select 1", tenant=ONE.tenant, most=1)

    @rule("An index is an extra: a stack that only opens it must start without its files, and leave none behind.")
    def test_opening_touches_nothing(self, open_index: OpenIndex, tmp_path: Path) -> None:
        before = sorted(tmp_path.rglob("*"))
        index = open_index()
        assert sorted(tmp_path.rglob("*")) == before
        index.close()
        assert sorted(tmp_path.rglob("*")) == before

    @rule("A search before the first catch-up is asked of an index that is not there yet; it is empty, not broken.")
    def test_an_index_that_was_never_added_to_is_empty(self, index: ArchiveIndex) -> None:
        assert by_text(index) == by_vector(index) == []
        assert as_lists(index.neighbours([(ONE, Position(1))], reach=1)) == [([], [])]
        assert index.count_words([RARE], where=OURS) == WordCounts(0, 0, {RARE: 0})
        size = index.measure()
        assert (size.messages, size.sessions, size.embeddings) == (0, 0, 0)
        index.clear()

    @rule("Making a large index anew at each start takes minutes: an index that says it stays must be there, marks too.")
    def test_what_was_added_is_there_after_a_reopening(self, open_index: OpenIndex) -> None:
        self.needs(Capability.PERSISTENT)
        index = open_index()
        put(index, ONE, *numbered(5))
        index.add([IndexBatch(TWO, [message(3, "walnut", role="tool", topic="rain", at=7.0)], lacks=2)])
        index.forget(ONE, through=Position(2))
        seen = by_text(index), by_vector(index), list(index.progress([ONE, TWO]))
        index.close()
        index = open_index()
        assert (by_text(index), by_vector(index), list(index.progress([ONE, TWO]))) == seen
        assert put(index, ONE, *numbered(6)) == 1, "those that it held, and those that it forgot, are passed over"
        index.forget(TWO, through=Position(3))
        index.close()
        index = open_index()
        assert list(index.progress([TWO])) == [IndexProgress(forgotten_through=Position(3))]
        index.clear()
        index.close()
        assert list(open_index().progress([ONE, TWO])) == [IndexProgress(), IndexProgress()]

    @rule("What one process indexed, the others are asked for a moment later.")
    def test_one_handle_sees_at_once_what_another_did(self, open_index: OpenIndex) -> None:
        self.needs(Capability.SHARED)
        one, other = open_index(), open_index()
        assert by_text(other) == []
        for count in range(1, 4):
            put(one, ONE, *numbered(count))
            assert sorted(by_text(other)) == sorted(by_vector(other)) == [(ONE, at) for at in range(1, count + 1)]
        one.forget(ONE, through=Position(2))
        assert by_text(other) == by_vector(other) == [(ONE, 3)]
        assert put(other, ONE, message(2), message(4)) == 1
        assert [each.messages for each in one.progress([ONE])] == [2]
        other.clear()
        assert by_text(one) == []
        assert put(one, ONE, message(1)) == 1
        assert by_text(other) == [(ONE, 1)]
