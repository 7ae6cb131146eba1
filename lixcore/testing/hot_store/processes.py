"""What every hot store does when several processes use it, and when one of them is killed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from lixcore.domain.position import Entry
from lixcore.domain.session import SessionKey
from lixcore.ports.adapter import Capability
from lixcore.ports.hot_store import HotStore
from lixcore.testing.ground.children import begin, child, task_for
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.rules import rule
from lixcore.testing.hot_store.stores import HotStoreGround, OpenStore, check_all_once_and_in_order, make_hot, move_away

ONE = SessionKey("one")
CHILD = "lixcore.testing.hot_store.appending_child"
StartAppending: TypeAlias = Callable[[int, int], AbstractContextManager[subprocess.Popen[str]]]


def told_until_killed(process: subprocess.Popen[str], count: int) -> list[int]:
    """Let a child begin, wait for so many acknowledged positions, kill it, and return all that it had told by then."""
    assert process.stdout is not None
    begin(process)
    told = [int(process.stdout.readline()) for _ in range(count)]
    process.kill()
    return told + [int(line) for line in process.stdout if line.endswith("\n")]


class HotStoreProcesses(HotStoreGround):
    """Each process opens the same place."""

    @pytest.fixture
    def appending(self, options: Any, archive_dir: Path) -> StartAppending:
        """Starts a process, told its number and how often it appends; gives it when it is ready to begin."""

        def start(writer: int, count: int) -> AbstractContextManager[subprocess.Popen[str]]:
            return child(CHILD, task_for(self.adapter, options, archive_dir, session=ONE.id, writer=writer, count=count))

        return start

    @rule("An application runs in several processes, on one store: a lock within one of them protects nothing.")
    def test_nothing_is_lost_between_many_processes_and_a_spill(self, store: HotStore, appending: StartAppending) -> None:
        self.needs(Capability.SHARED)
        make_hot(store, ONE)
        moved: list[Entry] = []
        with appending(0, 40) as first, appending(1, 40) as second, appending(2, 40) as third:
            processes = (first, second, third)
            for process in processes:
                begin(process)
            while any(process.poll() is None for process in processes):  # what they print fits into the pipes
                moved.extend(move_away(store, ONE, evict=False))
            printed = [[int(line) for line in process.stdout or ()] for process in processes]
        assert [process.returncode for process in processes] == [0, 0, 0]
        entries = [*moved, *(store.read(ONE) or ())]
        check_all_once_and_in_order(entries, 3, 40)
        assert sorted(chain.from_iterable(printed)) == [one.position for one in entries]

    @rule(
        "Processes are killed by deployments and by the system when memory is short; the user was told that the message is kept."
    )
    def test_what_a_killed_process_was_told_is_stored(self, store: HotStore, appending: StartAppending) -> None:
        self.needs(Capability.SHARED)
        make_hot(store, ONE)
        for writer in range(3):
            with appending(writer, 1_000_000) as process:
                acknowledged = told_until_killed(process, 10 + writer)
            held = [one.position for one in store.read(ONE) or () if one.payload.startswith(b"%d:" % writer)]
            assert held[: len(acknowledged)] == acknowledged
            assert len(held) <= len(acknowledged) + 1, "more is there than was told, and the one append that it died in"
        assert store.append(ONE, NOON, b"as ever")

    @rule(
        "The process that holds the store may be the one that is killed: the next one to open it must find what was acknowledged."
    )
    def test_what_was_acknowledged_before_a_kill_is_there_when_it_is_opened_again(
        self, open_store: OpenStore, appending: StartAppending
    ) -> None:
        self.needs(Capability.PERSISTENT)
        for writer in range(3):
            with appending(writer, 1_000_000) as process:
                acknowledged = told_until_killed(process, 1 + 4 * writer)
            store = open_store()
            held = [one.position for one in store.read(ONE) or () if one.payload.startswith(b"%d:" % writer)]
            assert held[: len(acknowledged)] == acknowledged
            assert len(held) <= len(acknowledged) + 1, "more is there than was told, and the one append that it died in"
            answer = store.append(ONE, NOON, b"as ever")
            assert answer is not None
            assert answer.position > max(held)
            store.close()
