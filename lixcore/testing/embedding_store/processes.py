"""What every embedding store does when several processes use it, and when one of them is killed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from lixcore.ports.adapter import Capability
from lixcore.ports.embedding_store import EmbeddingStore
from lixcore.testing.embedding_store.stores import (
    COMMON,
    HOUR,
    ONE,
    ROUNDS,
    SIZE,
    OpenEmbeddings,
    StoreGround,
    key,
)
from lixcore.testing.embedding_store.threads import check_whole
from lixcore.testing.ground.children import begin, child, task_for
from lixcore.testing.ground.rules import rule

CHILD = "lixcore.testing.embedding_store.putting_child"
WRITERS = 4
StartPutting: TypeAlias = Callable[..., AbstractContextManager[subprocess.Popen[str]]]


def told_until_killed(process: subprocess.Popen[str]) -> list[int]:
    """Let a child begin, wait for some rounds, kill it, and return all that it had told by then."""
    assert process.stdout is not None
    begin(process)
    told = [int(process.stdout.readline()) for _ in range(5)]
    process.kill()
    return told + [int(line) for line in process.stdout if line.endswith("\n")]


class StoreProcesses(StoreGround):
    """Each process opens the same place."""

    @pytest.fixture
    def putting(self, options: Any, archive_dir: Path) -> StartPutting:
        """Starts a process that puts; gives it when it is ready to begin."""

        def start(**task: Any) -> AbstractContextManager[subprocess.Popen[str]]:
            return child(CHILD, task_for(self.adapter, options, archive_dir, **task))

        return start

    @rule("An application runs in several processes on one store: a lock within one of them protects nothing.")
    def test_of_the_puts_of_many_processes_none_is_lost_or_torn(self, store: EmbeddingStore, putting: StartPutting) -> None:
        self.needs(Capability.SHARED)
        with ExitStack() as stack:
            children = [stack.enter_context(putting(writer=writer, rounds=ROUNDS)) for writer in range(WRITERS)]
            for process in children:
                begin(process)
            while any(process.poll() is None for process in children):  # what they print fits into the pipes
                check_whole(list(store.get(COMMON)), WRITERS)
            assert [process.returncode for process in children] == [0] * WRITERS
        keys = [key(f"{writer}:{number}") for writer in range(WRITERS) for number in range(ROUNDS)]
        assert None not in store.get(keys)
        assert store.measure().entries == len(keys) + len(COMMON)

    @rule("Deployments kill processes in the middle of a call: what was told before stays, and the store works on.")
    def test_what_a_killed_process_was_told_is_given(self, store: EmbeddingStore, putting: StartPutting) -> None:
        self.needs(Capability.SHARED)
        with putting(writer=1, rounds=1_000_000) as process:
            told = told_until_killed(process)
        assert list(store.get([key(f"1:{number}") for number in told])) == [b"own"] * len(told)
        assert list(store.get(COMMON)) == [b"\1" * SIZE] * len(COMMON)
        store.put([(ONE, b"as ever")], ttl=HOUR, capacity=10_000_000)
        assert list(store.get([ONE])) == [b"as ever"]

    @rule("The process that holds the store may be the one that is killed: the next one opens it, and is given nothing torn.")
    def test_after_a_kill_it_opens_again_and_gives_only_whole_values(
        self, open_store: OpenEmbeddings, putting: StartPutting
    ) -> None:
        self.needs(Capability.PERSISTENT)
        for writer in range(1, 4):
            with putting(writer=writer, rounds=1_000_000) as process:
                told_until_killed(process)
            store = open_store()
            check_whole(list(store.get(COMMON)), writer + 1)
            store.put([(ONE, b"as ever")], ttl=HOUR, capacity=10_000_000)
            assert list(store.get([ONE])) == [b"as ever"]
            store.close()

    @rule("What one process keeps of what it read must not outlive what another one stores or removes.")
    def test_one_handle_gives_what_another_stored_and_forgot(self, open_store: OpenEmbeddings) -> None:
        self.needs(Capability.SHARED)
        one, two = open_store(), open_store()
        for number, (writer, reader) in enumerate([(one, two), (two, one)] * 2):
            assert list(one.get(COMMON[:3])) == list(two.get(COMMON[:3]))
            writer.put([(COMMON[0], b"%d" % number), (COMMON[1], b"x")], ttl=HOUR, capacity=10)
            assert list(reader.get(COMMON[:3])) == [b"%d" % number, b"x", None]
        assert one.forget(COMMON[:1]) == 1
        assert list(two.get(COMMON[:2])) == [None, b"x"]
