"""What every similarity index does when many use it at once: the parts of the suite with threads and with processes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import pytest

from hot_store_concurrency import at_once, begin, place, started
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import IndexEntry, SimilarityIndex
from similarity_oracle import ALL, floats, payloads

SESSION = SessionKey("one")
ONE, OTHER = Scope(SESSION), Scope(SESSION, url="other")
UP = [1.0, 0.0]
HOUR = 3600.0
CHILD = Path(__file__).parent / "similarity_child.py"
WRITERS = 6
EACH = 20

OpenIndex = Callable[[], SimilarityIndex]


def adder(store: SimilarityIndex, writer: int, *, scope: Scope = ONE, capacity: int = 1000) -> Callable[[], None]:
    """Work for a thread: adds ``<writer>:<number>``, in its own direction, and looks whether it is there."""

    def work() -> None:
        for number in range(EACH):
            payload = b"%d:%d" % (writer, number)
            store.add(scope, IndexEntry(floats([1.0, float(writer)]), payload, b"%032d" % number), ttl=HOUR, capacity=capacity)
            if capacity >= WRITERS * EACH:
                assert payload in payloads(store, scope, UP)

    return work


def check_newest_of_each(found: set[bytes], writers: int, each: int, capacity: int) -> None:
    """As many as the capacity allows, and of each writer none without all the later ones."""
    assert len(found) == min(capacity, writers * each)
    for writer in range(writers):
        numbers = sorted(int(payload.split(b":")[1]) for payload in found if payload.startswith(b"%d:" % writer))
        assert numbers == list(range(each - len(numbers), each))


class SimilarityIndexThreads:
    """Mixed into `SimilarityIndexContract`."""

    def test_of_the_adds_of_many_threads_none_is_lost(self, store: SimilarityIndex) -> None:
        at_once(*(adder(store, writer) for writer in range(WRITERS)))
        assert payloads(store, ONE, UP) == {b"%d:%d" % (w, n) for w in range(WRITERS) for n in range(EACH)}
        assert store.measure().entries == WRITERS * EACH
        for writer in range(WRITERS):
            order = [match.payload for match in store.search(ONE, floats([1.0, float(writer)]), k=EACH, at_least=0.9)]
            assert order == [b"%d:%d" % (writer, number) for number in reversed(range(EACH))]

    def test_no_instant_shows_more_than_the_capacity(self, store: SimilarityIndex) -> None:
        finished = Event()
        seen: list[int] = []

        def watch() -> None:
            while not finished.is_set():
                seen.append(len(store.search(ONE, floats(UP), k=ALL, at_least=-1.0)))
                seen.append(store.measure(SESSION).entries)

        def add() -> None:
            at_once(*(adder(store, writer, capacity=10) for writer in range(WRITERS)))
            finished.set()

        at_once(watch, add)
        assert max(seen) <= 10
        check_newest_of_each(payloads(store, ONE, UP), WRITERS, EACH, 10)

    def test_threads_in_different_scopes_do_not_disturb_one_another(self, store: SimilarityIndex) -> None:
        scopes = [Scope(SESSION, url=str(number), shared=number % 2 == 1) for number in range(WRITERS)]
        at_once(*(adder(store, writer, scope=scope) for writer, scope in enumerate(scopes)))
        for writer, scope in enumerate(scopes):
            assert payloads(store, scope, UP) == {b"%d:%d" % (writer, number) for number in range(EACH)}

    def test_forgetting_meanwhile_leaves_others_alone(self, store: SimilarityIndex) -> None:
        shared = Scope(SESSION, shared=True)
        theirs = Scope(SessionKey("two"), shared=True)
        removed: list[int] = []

        def forget() -> None:
            removed.extend(store.forget(SESSION) for _ in range(EACH))

        at_once(adder(store, 1, scope=shared, capacity=100), adder(store, 2, scope=theirs, capacity=100), forget)
        removed.append(store.forget(SESSION))
        assert sum(removed) == EACH
        assert payloads(store, theirs, UP) == {b"2:%d" % number for number in range(EACH)}


class SimilarityIndexProcesses:
    """Mixed into `SimilarityIndexContract`; for indexes that are shared between processes."""

    adapter: ClassVar[Any]
    shared: ClassVar[bool]
    persistent: ClassVar[bool]

    @pytest.fixture
    def child(self, options: Any, tmp_path: Path) -> Callable[..., AbstractContextManager[subprocess.Popen[str]]]:
        """Starts a process that adds; gives it when it is ready to begin."""
        if not self.shared:
            pytest.skip("this index declares that it serves one process only")

        def start(**task: Any) -> AbstractContextManager[subprocess.Popen[str]]:
            return started(CHILD, {**place(self.adapter, options, tmp_path), "session": SESSION.id, **task})

        return start

    @pytest.mark.parametrize("capacity", [1000, 25])
    def test_of_the_adds_of_many_processes_none_is_lost(self, store: SimilarityIndex, child: Any, capacity: int) -> None:
        with ExitStack() as stack:
            children = [
                stack.enter_context(child(writer=writer, count=EACH, url="", capacity=capacity)) for writer in range(4)
            ] + [stack.enter_context(child(writer=9, count=EACH, url="other", capacity=capacity))]
            for process in children:
                begin(process)
            while any(process.poll() is None for process in children):  # what they print fits into the pipes
                assert len(store.search(ONE, floats(UP), k=ALL, at_least=-1.0)) <= capacity
            assert [process.returncode for process in children] == [0] * 5
        check_newest_of_each(payloads(store, ONE, UP), 4, EACH, capacity)
        assert payloads(store, OTHER, UP) == {b"9:%d" % number for number in range(EACH)}
        assert store.measure(SESSION).entries == min(capacity, 4 * EACH) + EACH

    def test_what_a_killed_process_was_told_is_found(self, store: SimilarityIndex, child: Any) -> None:
        with child(writer=1, count=1_000_000, url="", capacity=1_000) as process:
            begin(process)
            told = [int(process.stdout.readline()) for _ in range(12)]
            process.kill()
            told += [int(line) for line in process.stdout if line.endswith("\n")]
        found = payloads(store, ONE, UP)
        expected = {b"1:%d" % number for number in told[-1000:]}
        assert len(expected - found) <= max(len(told) - 999, 0), "the one that it died in may have pushed one out"
        assert len(found) <= len(told) + 1
        store.add(ONE, IndexEntry(floats(UP), b"as ever"), ttl=HOUR, capacity=1)
        assert payloads(store, ONE, UP) == {b"as ever"}

    def test_one_handle_finds_what_another_added_and_forgot(self, open_store: OpenIndex) -> None:
        """At once, also when it keeps what it read before."""
        if not self.shared:
            pytest.skip("this index declares that it serves one process only")
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

    def test_what_was_added_is_there_after_a_reopening(self, open_store: OpenIndex) -> None:
        if not self.persistent:
            pytest.skip("this index declares that it ends with its object")
        first = open_store()
        first.add(ONE, IndexEntry(floats(UP), b"x", b"q" * 32), ttl=HOUR, capacity=100)
        first.add(ONE, IndexEntry(floats([1.0, 1.0]), b"y"), ttl=HOUR, capacity=100)
        first.close()
        second = open_store()
        found = second.search(ONE, floats([1.0, 1.0]), label=b"q" * 32, k=2, at_least=0.9)
        assert [(match.payload, match.is_exact) for match in found] == [(b"x", True), (b"y", False)]
        second.add(ONE, IndexEntry(floats(UP), b"z"), ttl=HOUR, capacity=2)
        assert payloads(second, ONE, UP) == {b"y", b"z"}, "the order of adding goes on"
