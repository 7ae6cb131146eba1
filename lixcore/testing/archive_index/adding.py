"""Adding to an index, and what it says of how far it has come: the part of the contract that catching up rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.position import MAX_POSITION, ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import ArchiveIndex, IndexBatch, IndexedMessage, IndexProgress
from lixcore.testing.archive_index.messages import (
    ONE,
    OURS,
    RARE,
    TWO,
    IndexRules,
    by_text,
    by_vector,
    floats,
    message,
    numbered,
    positions,
    progress,
    put,
    word,
)
from lixcore.testing.ground.profiles import examples
from lixcore.testing.ground.rules import rule


class _GiveOutError(Exception):
    """The caller's messages cannot be read to the end."""


class _GivingOut(Sequence[IndexedMessage]):
    """Messages of which the last cannot be had: a batch that is read while it is added, and fails."""

    def __init__(self, messages: Sequence[IndexedMessage]) -> None:
        self._messages = messages

    def __len__(self) -> int:
        return len(self._messages)

    @overload
    def __getitem__(self, at: int) -> IndexedMessage: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[IndexedMessage]: ...
    def __getitem__(self, at: int | slice) -> IndexedMessage | Sequence[IndexedMessage]:
        if isinstance(at, slice) or at in {-1, len(self) - 1}:
            raise _GiveOutError
        return self._messages[at]


class AddingRules(IndexRules):
    """Mixed into `ArchiveIndexContract`."""

    @rule("A session that an index never heard of must look like one to begin with, or it is never read from its first entry.")
    def test_of_a_session_that_it_knows_nothing_of_it_says_so(self, index: ArchiveIndex) -> None:
        assert progress(index, ONE) == IndexProgress()
        assert progress(index, ONE).watermark == ORIGIN
        assert list(index.progress([])) == []

    @rule("The core reads the archive after the watermark: a lower one reads again what is there, a higher one leaves some out.")
    def test_progress_is_that_of_what_was_added(self, index: ArchiveIndex) -> None:
        assert put(index, ONE, message(5), message(7)) == 2
        assert progress(index, ONE) == IndexProgress(messages=2, last_position=message(7).position)
        assert put(index, ONE, message(MAX_POSITION, "")) == 1
        assert progress(index, ONE) == IndexProgress(messages=3, last_position=MAX_POSITION)
        assert positions(by_text(index)) == [7, 5]

    @rule("The core asks for many sessions at once: an answer in another order is about other sessions.")
    def test_progress_of_many_comes_in_the_order_asked_for(self, index: ArchiveIndex) -> None:
        for number in range(1, 6):
            put(index, SessionKey(f"s{number}"), *numbered(number))
        asked = [SessionKey(f"s{number}") for number in (3, 9, 1, 5, 3)]
        assert [each.messages for each in index.progress(asked)] == [3, 0, 1, 5, 3]

    @rule("After a crash, the core adds again what may have been taken: a message that is then found twice crowds out others.")
    def test_adding_again_changes_nothing(self, index: ArchiveIndex) -> None:
        assert put(index, ONE, *numbered(3)) == 3
        before = [*index.search_text(RARE, k=9, where=OURS), *index.search_vector(floats([1, 1]), k=9, where=OURS)]
        assert put(index, ONE, *numbered(3)) == 0
        assert put(index, ONE, *numbered(5)) == 2
        assert put(index, ONE, message(2, f"{word(77)} something else", vector=[9, 9])) == 0
        assert by_text(index, word(77)) == []
        assert sorted(positions(by_text(index))) == [1, 2, 3, 4, 5]
        assert progress(index, ONE).messages == 5
        assert index.measure().messages == index.measure().embeddings == 5
        index.clear()
        put(index, ONE, *numbered(3))
        assert [*index.search_text(RARE, k=9, where=OURS), *index.search_vector(floats([1, 1]), k=9, where=OURS)] == before

    @rule("Two hosts of which one was cut off archive below each other's entries: what comes late must be found like the rest.")
    def test_what_comes_late_is_taken_and_counted(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(10), message(30))
        assert put(index, ONE, message(5, vector=[1, 0]), message(20), message(30)) == 2
        assert progress(index, ONE) == IndexProgress(messages=4, last_position=message(30).position)
        assert positions(by_text(index)) == [30, 20, 10, 5]
        assert positions(by_vector(index)) == [5]

    @rule(
        "Catching up a hundred thousand small sessions one by one takes hours: a call takes messages of any number of sessions."
    )
    def test_a_call_takes_many_sessions_and_many_batches_of_one(self, index: ArchiveIndex) -> None:
        batches = [
            IndexBatch(ONE, [message(1), message(4)]),
            IndexBatch(TWO, [message(2)]),
            IndexBatch(ONE, [message(3), message(4, "walnut")]),
            IndexBatch(SessionKey("three"), []),
        ]
        assert index.add(batches) == 4
        assert index.add([]) == 0
        assert [each.messages for each in index.progress([ONE, TWO, SessionKey("three")])] == [3, 1, 0]
        assert by_text(index) == [(ONE, 4), (ONE, 3), (TWO, 2), (ONE, 1)]
        assert index.measure().sessions == 2

    @rule("A half-taken batch with the watermark of a whole one leaves messages out for ever.")
    def test_of_a_batch_that_fails_nothing_is_taken(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(1))
        with pytest.raises(_GiveOutError):
            index.add([IndexBatch(ONE, [message(2)], lacks=3), IndexBatch(TWO, _GivingOut(numbered(4)))])
        assert list(index.progress([ONE, TWO])) == [IndexProgress(messages=1, last_position=message(1).position), IndexProgress()]
        assert by_text(index) == [(ONE, 1)]
        assert index.measure().messages == 1

    @rule("Where the archive is damaged, counts differ for good: unless that is noted, the session is read whole each time.")
    def test_what_it_lacks_is_what_was_noted_last(self, index: ArchiveIndex) -> None:
        index.add([IndexBatch(ONE, [message(1), message(2)], lacks=3), IndexBatch(TWO, [], lacks=-1)])
        assert [each.lacks for each in index.progress([ONE, TWO])] == [3, -1]
        put(index, ONE, message(4))
        index.forget(ONE, through=ORIGIN)
        assert progress(index, ONE).lacks == 3
        index.add([IndexBatch(ONE, [], lacks=0)])
        assert [each.lacks for each in index.progress([ONE, TWO])] == [0, -1]
        assert index.measure().messages == 3
        assert index.measure().sessions == 1

    @rule("A caller uses its arrays and dicts again: an index that keeps them finds what was never said.")
    def test_what_was_given_may_be_changed_afterwards(self, index: ArchiveIndex) -> None:
        given_vector, given_fields = floats([1, 0]), {"topic": "rain"}
        batch = [attrs.evolve(message(1), embedding=given_vector, fields=given_fields), message(2, vector=[1, 1])]
        index.add([IndexBatch(ONE, batch)])
        given_vector[:] = [-1, 0]
        given_fields["topic"] = "snow"
        batch.clear()
        assert positions(by_vector(index)) == [1, 2]
        assert positions(by_text(index, where=attrs.evolve(OURS, fields={"topic": "rain"}))) == [1]

    @rule("Models of several makers are used over the years: an index that fits one dimension only breaks with the second.")
    def test_dimensions_may_differ(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(1, vector=[1, 0]), message(2, vector=[1, 0, 0]), message(3), message(4, vector=[2.0]))
        put(index, ONE, message(5, vector=np.ones(4096).tolist()))
        assert positions(by_vector(index, [1, 1])) == [1]
        assert positions(by_vector(index, [1, 1, 1])) == [2]
        assert positions(by_vector(index, np.ones(4096).tolist())) == [5]
        assert by_vector(index, [1, 1, 1, 1, 1]) == []
        size = index.measure()
        assert (size.messages, size.embeddings, size.sessions) == (5, 4, 1)

    @rule("Scores must not tell how an index came about: else results differ from one host to the next, and after a rebuild.")
    def test_what_is_found_does_not_depend_on_how_it_came_in(self, index: ArchiveIndex) -> None:
        plain, other = SessionKey("s", tenant="plain"), SessionKey("s", tenant="other")
        texts = st.lists(st.sampled_from([RARE, "walnut", "pigeon", ""]), min_size=1, max_size=4).map(" ".join)

        @examples(25)
        @given(
            texts=st.lists(texts, min_size=1, max_size=8),
            order=st.randoms(use_true_random=False),
            gone=st.lists(texts, max_size=4),
        )
        def check(texts: list[str], order: object, gone: list[str]) -> None:
            assert hasattr(order, "shuffle")
            index.clear()
            start = len(gone) + 1
            messages = [message(at, text, vector=[1, at]) for at, text in enumerate(texts, start)]
            put(index, plain, *messages)
            order.shuffle(messages)
            late = [message(at, text, vector=[1, at]) for at, text in enumerate(gone, 1)]
            for each in [*late, *messages]:
                put(index, other, each)
            index.forget(other, through=Position(len(gone)))
            for query in (RARE, "walnut pigeon", f"{RARE} walnut"):
                alike = [
                    [(hit.position, hit.score) for hit in index.search_text(query, k=5, where=attrs.evolve(OURS, tenant=name))]
                    for name in ("plain", "other")
                ]
                assert alike[0] == alike[1], query

        check()
