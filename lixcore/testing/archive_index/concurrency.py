"""Many at once: threads, and processes where the index is shared."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.adapter import Capability
from lixcore.ports.archive_index import ArchiveIndex, IndexBatch
from lixcore.testing.archive_index.adding_child import add_patiently, round_of
from lixcore.testing.archive_index.messages import (
    ALL,
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
    word,
)
from lixcore.testing.ground.children import begin, child, task_for
from lixcore.testing.ground.rules import rule
from lixcore.testing.ground.threads import at_once

CHILD = "lixcore.testing.archive_index.adding_child"
ROUNDS = 15
EACH = 4

StartChild = Callable[..., AbstractContextManager[subprocess.Popen[str]]]


def watch(index: ArchiveIndex) -> None:
    """Fail unless the two sessions, which are always added to in one call, and in whole rounds, look like that."""
    first, second = index.progress([ONE, TWO])
    assert first == second, "progress shows a part of what one call added"
    assert first.messages % EACH == 0
    found = index.search_text(RARE, k=ALL, where=OURS)
    assert len(found) % (2 * EACH) == 0, "a search by words shows a part of what one call added"
    near = index.search_vector(floats([1, 0]), k=ALL, where=OURS)
    assert len(near) % (2 * EACH) == 0, "a search by vector shows a part of what one call added"
    assert 2 * first.messages <= len(found) <= len(near), "what was there before is not found any more"


class ThreadRules(IndexRules):
    """Mixed into `ArchiveIndexContract`."""

    @rule("Threads search while one indexes: half a batch, or an error, would be shown to a user.")
    def test_threads_that_search_see_whole_batches(self, index: ArchiveIndex) -> None:
        finished = Event()

        def add() -> None:
            try:
                for number in range(ROUNDS):
                    index.add([IndexBatch(session, round_of(number, EACH)) for session in (ONE, TWO)])
                    assert len(by_text(index, word(number * EACH + 1))) == 2, "the thread that added does not find it"
            finally:
                finished.set()

        def search() -> None:
            while not finished.is_set():
                watch(index)

        at_once(add, search, search)
        watch(index)
        assert len(by_text(index)) == len(by_vector(index)) == 2 * ROUNDS * EACH

    @rule("A lease can lapse while its holder is held up: two that add at once must lose and double nothing.")
    def test_threads_that_add_lose_and_double_nothing(self, index: ArchiveIndex) -> None:
        taken: list[int] = []

        def adder(writer: int) -> Callable[[], None]:
            def work() -> None:
                for at in range(1, ROUNDS + 1):
                    own = IndexBatch(SessionKey(f"own {writer}"), [message(at)])
                    taken.append(add_patiently(index, [IndexBatch(ONE, [message(at, vector=[1, 0])]), own]))

            return work

        at_once(*(adder(writer) for writer in range(4)))
        assert sum(taken) == ROUNDS * 5
        assert [at for session, at in by_text(index) if session == ONE] == list(range(ROUNDS, 0, -1))
        assert len(by_vector(index)) == ROUNDS
        assert index.measure().messages == ROUNDS * 5

    @rule("Somebody is forgotten while the index catches up: nothing of theirs may slip in behind the one who forgets.")
    def test_what_is_forgotten_meanwhile_stays_away(self, index: ArchiveIndex) -> None:
        removed: list[int] = []
        taken: list[int] = []

        def add() -> None:
            taken.extend(
                add_patiently(index, [IndexBatch(ONE, round_of(number, EACH)), IndexBatch(TWO, [message(number + 1)])])
                for number in range(ROUNDS)
            )

        def forget() -> None:
            for through in range(1, ROUNDS * EACH // 2 + 1):
                removed.append(index.forget(ONE, through=Position(through)))
                assert all(at > through for session, at in by_text(index) if session == ONE)

        at_once(add, forget)
        left = [at for session, at in by_text(index) if session == ONE]
        assert sorted(left) == list(range(ROUNDS * EACH // 2 + 1, ROUNDS * EACH + 1))
        assert sum(taken) - sum(removed) == len(left) + ROUNDS


class ProcessRules(IndexRules):
    """Mixed into `ArchiveIndexContract`."""

    @pytest.fixture
    def start_child(self, options: Any, archive_dir: Path) -> StartChild:
        """Starts a process that adds `ROUNDS` rounds to some sessions."""
        self.needs(Capability.SHARED)

        def start(*sessions: SessionKey, rounds: int = ROUNDS) -> AbstractContextManager[subprocess.Popen[str]]:
            ids = [session.id for session in sessions]
            return child(CHILD, task_for(self.adapter, options, archive_dir, sessions=ids, rounds=rounds, each=EACH))

        return start

    @rule("Many processes search while one indexes: none may see an error, half a batch, or miss what is acknowledged.")
    def test_processes_that_search_see_whole_batches(self, index: ArchiveIndex, start_child: StartChild) -> None:
        with start_child(ONE, TWO) as process:
            begin(process)
            assert process.stdout is not None
            for said in process.stdout:
                at = int(said) * EACH + 1
                assert len(by_text(index, word(at))) == 2, "what another process was told to be taken is not found"
                watch(index)
            assert process.wait() == 0
        assert len(by_text(index)) == 2 * ROUNDS * EACH

    @rule("A lease can lapse while its holder is held up: two processes that add at once must lose and double nothing.")
    def test_processes_that_add_lose_and_double_nothing(self, index: ArchiveIndex, start_child: StartChild) -> None:
        with start_child(ONE, TWO) as first, start_child(ONE, SessionKey("three")) as second:
            begin(first)
            begin(second)
            assert [process.wait() for process in (first, second)] == [0, 0]
        held = [each.messages for each in index.progress([ONE, TWO, SessionKey("three")])]
        assert held == [ROUNDS * EACH] * 3
        assert len(by_text(index)) == index.measure().messages == 3 * ROUNDS * EACH

    @rule("A process that is killed while it adds leaves a whole batch or nothing, and what it was told to be taken.")
    @pytest.mark.parametrize("after", [1, 5])
    def test_a_process_that_is_killed_leaves_whole_batches(
        self, index: ArchiveIndex, open_index: OpenIndex, start_child: StartChild, after: int
    ) -> None:
        with start_child(ONE, TWO, rounds=100_000) as process:
            begin(process)
            assert process.stdout is not None
            told = [int(process.stdout.readline()) for _ in range(after)][-1]
            process.kill()
            process.wait()
        for each in (index, open_index()):
            watch(each)
            held = each.progress([ONE])[0].messages
            assert held >= (told + 1) * EACH
        put(index, ONE, *numbered(held + EACH))
        put(index, TWO, *numbered(held + EACH))
        watch(index)
        assert index.measure().messages == 2 * (held + EACH)

    @rule("Any process may be asked to forget somebody while another one indexes.")
    def test_what_is_forgotten_while_another_process_adds_stays_away(self, index: ArchiveIndex, start_child: StartChild) -> None:
        half = ROUNDS * EACH // 2
        with start_child(ONE, TWO) as process:
            begin(process)
            for through in range(1, half + 1):
                index.forget(ONE, through=Position(through))
                assert all(at > through for session, at in by_text(index) if session == ONE)
            assert process.wait() == 0
        assert sorted(at for session, at in by_text(index) if session == ONE) == list(range(half + 1, ROUNDS * EACH + 1))
        assert len([at for session, at in by_text(index) if session == TWO]) == ROUNDS * EACH
