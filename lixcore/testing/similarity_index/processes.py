"""What every similarity index does when several processes use it, and when one of them is killed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from lixcore.domain.scope import Scope
from lixcore.ports.adapter import Capability
from lixcore.ports.similarity_index import IndexEntry, SimilarityIndex
from lixcore.testing.ground.children import begin, child, task_for
from lixcore.testing.ground.rules import rule
from lixcore.testing.similarity_index.indexes import (
    HOUR,
    ONE,
    UP,
    IndexGround,
    OpenIndex,
)
from lixcore.testing.similarity_index.oracle import ALL, floats, payloads
from lixcore.testing.similarity_index.threads import check_newest_of_each

SESSION = ONE.session
OTHER = Scope(SESSION, url="other")
EACH = 20
CHILD = "lixcore.testing.similarity_index.adding_child"
StartAdding: TypeAlias = Callable[..., AbstractContextManager[subprocess.Popen[str]]]


def told_until_killed(process: subprocess.Popen[str]) -> list[int]:
    """Let a child begin, wait for some entries, kill it, and return all that it had told by then."""
    assert process.stdout is not None
    begin(process)
    told = [int(process.stdout.readline()) for _ in range(12)]
    process.kill()
    return told + [int(line) for line in process.stdout if line.endswith("\n")]


class IndexProcesses(IndexGround):
    """Each process opens the same place."""

    @pytest.fixture
    def adding(self, options: Any, archive_dir: Path) -> StartAdding:
        """Starts a process that adds; gives it when it is ready to begin."""

        def start(**task: Any) -> AbstractContextManager[subprocess.Popen[str]]:
            return child(CHILD, task_for(self.adapter, options, archive_dir, session=SESSION.id, **task))

        return start

    @pytest.mark.parametrize("capacity", [1000, 25])
    @rule("An application runs in several processes on one store: a lock within one of them protects nothing.")
    def test_of_the_adds_of_many_processes_none_is_lost(self, store: SimilarityIndex, adding: StartAdding, capacity: int) -> None:
        self.needs(Capability.SHARED)
        with ExitStack() as stack:
            children = [
                stack.enter_context(adding(writer=writer, count=EACH, url="", capacity=capacity)) for writer in range(4)
            ] + [stack.enter_context(adding(writer=9, count=EACH, url="other", capacity=capacity))]
            for process in children:
                begin(process)
            while any(process.poll() is None for process in children):  # what they print fits into the pipes
                assert len(store.search(ONE, floats(UP), k=ALL, at_least=-1.0)) <= capacity
            assert [process.returncode for process in children] == [0] * 5
        check_newest_of_each(payloads(store, ONE, UP), 4, EACH, capacity)
        assert payloads(store, OTHER, UP) == {b"9:%d" % number for number in range(EACH)}
        assert store.measure(SESSION).entries == min(capacity, 4 * EACH) + EACH

    @rule("Deployments kill processes in the middle of a call: what was told before stays, and the scope works on.")
    def test_what_a_killed_process_was_told_is_found(self, store: SimilarityIndex, adding: StartAdding) -> None:
        self.needs(Capability.SHARED)
        with adding(writer=1, count=1_000_000, url="", capacity=1_000) as process:
            told = told_until_killed(process)
        found = payloads(store, ONE, UP)
        expected = {b"1:%d" % number for number in told[-1000:]}
        assert len(expected - found) <= max(len(told) - 999, 0), "the one that it died in may have pushed one out"
        assert len(found) <= len(told) + 1
        store.add(ONE, IndexEntry(floats(UP), b"as ever"), ttl=HOUR, capacity=1)
        assert payloads(store, ONE, UP) == {b"as ever"}

    @rule("The process that holds the index may be the one that is killed: the next one opens it, and finds nothing by halves.")
    def test_after_a_kill_it_opens_again_and_finds_only_what_was_added(self, open_store: OpenIndex, adding: StartAdding) -> None:
        self.needs(Capability.PERSISTENT)
        for writer in range(1, 4):
            with adding(writer=writer, count=1_000_000, url="", capacity=1_000_000) as process:
                told = told_until_killed(process)
            store = open_store()
            own = {payload for payload in payloads(store, ONE, UP) if payload.startswith(b"%d:" % writer)}
            assert own <= {b"%d:%d" % (writer, number) for number in range(len(told) + 1)}
            store.add(ONE, IndexEntry(floats(UP), b"as ever %d" % writer), ttl=HOUR, capacity=1_000_000)
            assert b"as ever %d" % writer in payloads(store, ONE, UP)
            store.close()

    @rule("What one process keeps of what it read must not outlive what another one adds, or was told to forget.")
    def test_one_handle_finds_what_another_added_and_forgot(self, open_store: OpenIndex) -> None:
        self.needs(Capability.SHARED)
        one, two = open_store(), open_store()
        expected: set[bytes] = set()
        for number in range(5):
            for store in (one, two):
                payload = b"%d" % len(expected)
                store.add(ONE, IndexEntry(floats([1.0, float(number)]), payload), ttl=HOUR, capacity=100)
                expected.add(payload)
                assert payloads(one, ONE, UP) == payloads(two, ONE, UP) == expected
        assert one.forget(SESSION) == 10
        assert payloads(two, ONE, UP) == set()
        two.add(ONE, IndexEntry(floats([1.0, 0.0, 0.0]), b"three numbers"), ttl=HOUR, capacity=100)
        assert payloads(one, ONE, [1.0, 0.0, 0.0]) == {b"three numbers"}
