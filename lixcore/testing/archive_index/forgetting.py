"""Forgetting: what is gone, what stays, and that nothing comes back."""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from lixcore.domain.position import MAX_POSITION, ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import ArchiveIndex, IndexBatch, IndexProgress
from lixcore.ports.archive_index_powers import Merges
from lixcore.testing.archive_index.messages import (
    ONE,
    RARE,
    TWO,
    IndexRules,
    OpenIndex,
    by_text,
    by_vector,
    message,
    numbered,
    positions,
    progress,
    put,
    word,
)
from lixcore.testing.ground.places import place_options
from lixcore.testing.ground.rules import rule


class ForgettingRules(IndexRules):
    """Mixed into `ArchiveIndexContract`."""

    @rule("Who asks to be forgotten must not be found; and what was said afterwards, or by others, must be.")
    def test_forget_removes_up_to_a_position_and_nothing_else(self, index: ArchiveIndex) -> None:
        put(index, ONE, *numbered(5))
        put(index, TWO, *numbered(5))
        assert index.forget(ONE, through=Position(3)) == 3
        assert index.forget(ONE, through=Position(3)) == 0
        found = by_text(index)
        assert found == [(ONE, 5), (TWO, 5), (ONE, 4), (TWO, 4), (TWO, 3), (TWO, 2), (TWO, 1)]
        assert set(by_vector(index)) == set(found)
        assert by_text(index, word(2)) == [(TWO, 2)]
        assert progress(index, ONE) == IndexProgress(messages=2, last_position=Position(5), forgotten_through=Position(3))
        assert (index.measure().messages, index.measure().embeddings, index.measure().sessions) == (7, 7, 2)

    @rule("A position between two messages is as good as any: retention cuts by age, not at a message.")
    def test_forget_may_cut_between_messages_and_above_all(self, index: ArchiveIndex) -> None:
        put(index, ONE, message(10), message(20))
        assert index.forget(ONE, through=Position(15)) == 1
        assert positions(by_text(index)) == [20]
        assert index.forget(ONE, through=Position(MAX_POSITION - 1)) == 1
        assert by_text(index) == []
        assert put(index, ONE, message(MAX_POSITION)) == 1
        assert positions(by_text(index)) == [MAX_POSITION]
        assert index.forget(ONE, through=MAX_POSITION) == 1

    @rule("Somebody may be forgotten while another process adds what it had read before: it must not come back for ever.")
    def test_what_was_forgotten_is_never_taken_again(self, index: ArchiveIndex) -> None:
        put(index, ONE, *numbered(3))
        assert index.forget(ONE, through=Position(2)) == 2
        assert put(index, ONE, *numbered(4)) == 1
        assert sorted(positions(by_text(index))) == [3, 4]
        assert index.forget(ONE, through=Position(1)) == 0
        assert put(index, ONE, message(2)) == 0, "forgetting less must not take back that more was forgotten"
        assert progress(index, ONE).forgotten_through == 2

    @rule("The one who forgets may come first: the session's first messages may still be on their way into the index.")
    def test_what_it_never_held_can_be_forgotten_too(self, index: ArchiveIndex) -> None:
        assert index.forget(ONE, through=ORIGIN) == 0
        assert progress(index, ONE) == IndexProgress()
        assert index.forget(ONE, through=Position(7)) == 0
        assert progress(index, ONE) == IndexProgress(forgotten_through=Position(7))
        assert progress(index, ONE).watermark == 7
        assert put(index, ONE, message(6), message(7), message(8)) == 1
        assert positions(by_text(index)) == [8]
        assert progress(index, TWO) == IndexProgress()

    @rule("A session that was forgotten wholly begins anew: its watermark stays, so that nothing is read in vain.")
    def test_a_session_that_was_forgotten_wholly_goes_on(self, index: ArchiveIndex) -> None:
        put(index, ONE, *numbered(3))
        assert index.forget(ONE, through=Position(3)) == 3
        assert progress(index, ONE) == IndexProgress(forgotten_through=Position(3))
        assert index.measure().sessions == index.measure().messages == 0
        assert by_text(index) == by_vector(index) == []
        put(index, ONE, *numbered(2, first=4))
        assert sorted(positions(by_text(index))) == [4, 5]

    @rule("What could not be read may be what was forgotten: if it still counts, as many late messages are taken for it.")
    def test_forgetting_more_ends_what_it_lacks(self, index: ArchiveIndex) -> None:
        index.add([IndexBatch(ONE, numbered(5), lacks=2), IndexBatch(TWO, [], lacks=1)])
        index.forget(ONE, through=Position(3))
        assert [each.lacks for each in index.progress([ONE, TWO])] == [0, 1]
        index.add([IndexBatch(ONE, [], lacks=1)])
        index.forget(ONE, through=Position(3))
        index.forget(ONE, through=Position(2))
        index.forget(TWO, through=Position(1))
        assert [each.lacks for each in index.progress([ONE, TWO])] == [1, 0]

    @rule("A rebuild begins with an index that holds nothing: a mark that stays keeps messages of the archive out for ever.")
    def test_clear_removes_everything_and_marks_too(self, index: ArchiveIndex) -> None:
        elsewhere = SessionKey("one", tenant="elsewhere")
        for session in (ONE, TWO, elsewhere):
            put(index, session, *numbered(3))
        index.forget(ONE, through=Position(2))
        index.add([IndexBatch(TWO, [], lacks=4)])
        index.clear()
        assert list(index.progress([ONE, TWO, elsewhere])) == [IndexProgress()] * 3
        assert (index.measure().messages, index.measure().embeddings, index.measure().sessions) == (0, 0, 0)
        assert by_text(index) == by_vector(index) == []
        index.clear()
        assert put(index, ONE, *numbered(3)) == 3
        assert sorted(positions(by_text(index))) == [1, 2, 3]

    @rule("What somebody asked to forget must not be read from a disk afterwards, by whoever gets hold of it.")
    def test_what_was_forgotten_is_gone_from_its_files(self, open_index: OpenIndex, tmp_path: Path) -> None:
        if not any(facts.place == "path" for facts in place_options(self.adapter.Options).values()):
            pytest.skip(f"{self.adapter.__name__} has no option that says where its files are")
        secrets = [token_hex(16) for _ in range(4)]
        session = SessionKey(f"id{secrets[0]}")
        index = open_index()
        put(index, session, message(1, f"{RARE} {secrets[1]}", role=secrets[2], field=secrets[3], vector=[1, 2]))
        put(index, TWO, message(1))
        index.forget(session, through=Position(1))
        if isinstance(index, Merges):
            index.merge()
        index.close()
        left = {secret for secret in secrets for path in _files(tmp_path) if secret.encode() in path.read_bytes()}
        assert not left, "of what was forgotten, this is still in its files"

    @rule("Putting small pieces together is housekeeping: what is found, and how far the index has come, stays as it was.")
    def test_merging_changes_nothing_that_is_seen(self, index: ArchiveIndex) -> None:
        if not isinstance(index, Merges):
            pytest.skip(f"{self.adapter.__name__} has no method merge")
        for each in numbered(20):
            put(index, ONE, each)
        put(index, TWO, *numbered(3))
        index.forget(ONE, through=Position(5))
        seen: list[Any] = []
        for _ in range(3):
            seen.append((by_text(index), by_vector(index), list(index.progress([ONE, TWO]))))
            index.merge()
        assert seen[0] == seen[1] == seen[2]
        assert put(index, ONE, *numbered(21)) == 1


def _files(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]
