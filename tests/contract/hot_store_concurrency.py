"""What every hot store does when many use it at once: the parts of the suite with threads and with processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from pathlib import Path
from threading import Barrier, Event
from typing import Any, ClassVar

import attrs
import pytest

from contract_ground import NOON, entry, make_hot
from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import HotStore

ONE = SessionKey("one")
CHILD = Path(__file__).parent / "contract_child.py"


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run each in a thread of its own, all beginning together; raise what any of them raised."""
    barrier = Barrier(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(begin, work) for work in works]]


def check_all_once_and_in_order(entries: Sequence[Entry], writers: int, count: int) -> None:
    """Every ``<writer>:<number>`` is there once, each writer's in its own order, and positions rise."""
    positions = [one.position for one in entries]
    assert positions == sorted(set(positions))
    for writer in range(writers):
        own = [one.payload for one in entries if one.payload.startswith(b"%d:" % writer)]
        assert own == [b"%d:%d" % (writer, number) for number in range(count)]
    assert len(entries) == writers * count


def move_away(store: HotStore, session: SessionKey, *, evict: bool) -> list[Entry]:
    """One step of a spill: read the oldest, note them as an archive would, then release them or evict the session."""
    moved = list(store.oldest(session, limit=7))
    through = moved[-1].position if moved else ORIGIN
    _ = store.evict(session, through=through) if evict else store.release(session, through=through)
    return moved


def place(adapter: Any, options: Any, directory: Path) -> dict[str, Any]:
    """What a child process needs to know to open the same store."""
    return {
        "module": adapter.__module__,
        "name": adapter.__name__,
        "options": attrs.asdict(options),
        "archive_dir": str(directory / "archive"),
    }


@contextmanager
def started(script: Path, task: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that says it is ready; it is killed in the end."""
    command = [sys.executable, str(script), json.dumps(task)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as process:  # noqa: S603  # ours
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


class HotStoreThreads:
    """Mixed into `HotStoreContract`."""

    def test_appends_of_many_threads_are_all_there_once(self, store: HotStore) -> None:
        make_hot(store, ONE)

        def work(writer: int) -> Callable[[], list[int]]:
            def run() -> list[int]:
                answers = [store.append(ONE, NOON, b"%d:%d" % (writer, number)) for number in range(25)]
                return [answer.held for answer in answers if answer is not None]

            return run

        held = at_once(*(work(writer) for writer in range(8)))
        check_all_once_and_in_order(store.read(ONE) or (), 8, 25)
        assert sorted(chain.from_iterable(held)) == list(range(1, 201))

    def test_of_many_restores_at_once_one_holds(self, store: HotStore) -> None:
        for number in range(5):
            session = SessionKey(f"s{number}")

            def work(writer: int, session: SessionKey = session) -> bool:
                ticket = store.ticket(session)
                return store.restore(session, [entry(writer, b"%d" % writer)], next_after=Position(writer), ticket=ticket)

            done = at_once(*(lambda writer=writer: work(writer) for writer in range(1, 5)))
            winners = [b"%d" % writer for writer, won in enumerate(done, 1) if won]
            assert len(winners) <= 1
            assert [one.payload for one in store.read(session) or ()] == winners

    @pytest.mark.parametrize("evict", [False, True], ids=["release", "evict"])
    def test_nothing_is_lost_between_appends_and_a_spill(self, store: HotStore, evict: bool) -> None:  # noqa: FBT001  # a parameter
        make_hot(store, ONE)
        moved: list[Entry] = []
        finished = Event()

        def append() -> None:
            highest = Position(0)
            for number in range(120):
                while (answer := store.append(ONE, NOON, b"0:%d" % number)) is None:
                    store.restore(ONE, (), next_after=highest, ticket=store.ticket(ONE))
                highest = answer.position
            finished.set()

        def spill() -> None:
            while not finished.is_set():
                moved.extend(move_away(store, ONE, evict=evict))

        at_once(append, spill)
        check_all_once_and_in_order([*moved, *(store.read(ONE) or ())], 1, 120)


class HotStoreProcesses:
    """Mixed into `HotStoreContract`; for stores that are shared between processes."""

    adapter: ClassVar[Any]
    shared: ClassVar[bool]

    @pytest.fixture
    def child(self, options: Any, tmp_path: Path) -> Callable[[int, int], Any]:
        """Starts a process that appends; gives it when it is ready to begin."""
        if not self.shared:
            pytest.skip("this store declares that it serves one process only")

        def start(writer: int, count: int) -> AbstractContextManager[subprocess.Popen[str]]:
            session = {"session": ONE.id, "tenant": ONE.tenant}
            return started(CHILD, {**place(self.adapter, options, tmp_path), **session, "writer": writer, "count": count})

        return start

    def test_nothing_is_lost_between_many_processes_and_a_spill(self, store: HotStore, child: Callable[[int, int], Any]) -> None:
        make_hot(store, ONE)
        moved: list[Entry] = []
        with child(0, 40) as first, child(1, 40) as second, child(2, 40) as third:
            processes = (first, second, third)
            for process in processes:
                begin(process)
            while any(process.poll() is None for process in processes):  # what they print fits into the pipes
                moved.extend(move_away(store, ONE, evict=False))
            printed = [[int(line) for line in process.stdout] for process in processes]
        assert [process.returncode for process in processes] == [0, 0, 0]
        entries = [*moved, *(store.read(ONE) or ())]
        check_all_once_and_in_order(entries, 3, 40)
        assert sorted(chain.from_iterable(printed)) == [one.position for one in entries]

    def test_what_a_killed_process_was_told_is_stored(self, store: HotStore, child: Callable[[int, int], Any]) -> None:
        make_hot(store, ONE)
        for writer in range(3):
            with child(writer, 1_000_000) as process:
                begin(process)
                acknowledged = [int(process.stdout.readline()) for _ in range(10 + writer)]
                process.kill()
                acknowledged += [int(line) for line in process.stdout if line.endswith("\n")]
            held = [one.position for one in store.read(ONE) or () if one.payload.startswith(b"%d:" % writer)]
            assert held[: len(acknowledged)] == acknowledged
            assert len(held) <= len(acknowledged) + 1  # the one that it died in
        assert store.append(ONE, NOON, b"as ever")


def begin(process: subprocess.Popen[str]) -> None:
    """Let a child start to append."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
