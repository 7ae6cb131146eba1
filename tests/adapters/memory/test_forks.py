"""A child that is forked while a thread of its parent uses a store in memory can use its copy."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from itertools import count

import numpy as np
import pytest

from forked import run_in_fork
from lixcore.domain.position import Position
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexBatch, IndexedMessage, IndexFilter
from lixcore.ports.similarity_index import IndexEntry
from lixcore_memory import MemoryArchiveIndex, MemoryEmbeddingStore, MemorySimilarityIndex
from lixcore_memory.fork_safe_locks import _locks, fork_safe_lock
from settable_clock import SettableClock

SCOPE = Scope(SessionKey("one"))
VECTOR = np.ones(64, dtype=np.float32)
ENTRY = IndexEntry(VECTOR, b"x" * 1000)
CHILDREN = 15


@pytest.fixture
def impatient_threads() -> Iterator[None]:
    """Threads take turns so often that a fork finds them in the middle of something."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def fork_while(busy: Callable[[], object], in_child: Callable[[], object]) -> int:
    """Fork children while threads are busy; the exit status of the first one that fails, or 0."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            busy()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 and newer warn of exactly this
            return next(filter(None, (run_in_fork(in_child) for _ in range(CHILDREN))), 0)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.usefixtures("impatient_threads")
def test_an_index_is_whole_and_free_in_a_child() -> None:
    index = MemorySimilarityIndex(SettableClock())

    def use() -> None:
        index.add(SCOPE, ENTRY, ttl=300, capacity=30)
        index.forget(SessionKey("two"))
        index.search(SCOPE, VECTOR, k=1, at_least=0.5)
        index.tally({"hits": 1})

    def in_child() -> None:
        use()
        assert index._entries == len(index.search(SCOPE, VECTOR, k=100, at_least=0.5)) <= 30

    use()
    assert fork_while(use, in_child) == 0


@pytest.mark.usefixtures("impatient_threads")
def test_an_embedding_store_is_whole_and_free_in_a_child() -> None:
    store = MemoryEmbeddingStore(SettableClock())
    entries = [(bytes([number]) * 32, b"x") for number in range(50)]

    def use() -> None:
        store.put(entries, ttl=300, capacity=30)

    def in_child() -> None:
        use()
        assert sum(value is not None for value in store.get([key for key, _ in entries])) == 30

    use()
    assert fork_while(use, in_child) == 0


@pytest.mark.usefixtures("impatient_threads")
def test_an_archive_index_is_whole_and_free_in_a_child() -> None:
    index = MemoryArchiveIndex()
    numbers = count(1)

    def use() -> None:
        position = Position(next(numbers))
        said = IndexedMessage(position=position, timestamp=0.0, role="user", text="rain", embedding=VECTOR)
        index.add([IndexBatch(SCOPE.session, [said])])
        index.forget(SCOPE.session, through=Position(position - 10))

    def in_child() -> None:
        use()
        where = IndexFilter(tenant=SCOPE.session.tenant)
        found = index.search_text("rain", k=100, where=where)
        assert len(found) == len(index.search_vector(VECTOR, k=100, where=where)) == index.measure().messages > 0

    use()
    assert fork_while(use, in_child) == 0


class ForkingClock(SettableClock):
    """Forks when it is asked for the first time; the child does some work."""

    def __init__(self, in_child: Callable[[], object]) -> None:
        super().__init__()
        self.in_child = in_child
        self.ended: int | None = None

    def now(self) -> float:
        if self.ended is None:
            self.ended = -1  # the child's work looks at the clock as well
            self.ended = run_in_fork(self.in_child)
        return super().now()


USES: list[Callable[[MemorySimilarityIndex], object]] = [
    lambda index: index.add(SCOPE, ENTRY, ttl=300, capacity=30),
    lambda index: index.search(SCOPE, VECTOR, k=1, at_least=0.5),
    lambda index: index.forget(SCOPE.session),
    lambda index: index.measure(),
]


@pytest.mark.parametrize("use", USES, ids=["add", "search", "forget", "measure"])
def test_a_clock_may_fork(use: Callable[[MemorySimilarityIndex], object]) -> None:
    """It is somebody else's code, so no lock is held while it runs."""
    index = MemorySimilarityIndex(SettableClock())
    index.add(SCOPE, ENTRY, ttl=300, capacity=30)
    clock = ForkingClock(lambda: index.add(SCOPE, ENTRY, ttl=300, capacity=30))
    index._clock = clock
    use(index)
    assert clock.ended == 0


def test_locks_of_stores_that_are_gone_are_not_kept() -> None:
    before = len(_locks)
    locks = [fork_safe_lock() for _ in range(10)]
    assert len(_locks) == before + 10
    del locks
    assert len(_locks) <= before


def test_the_parent_goes_on_after_a_fork() -> None:
    lock = fork_safe_lock()
    assert run_in_fork(lambda: lock.acquire(timeout=5) or sys.exit(1)) == 0
    assert lock.acquire(timeout=5)
    lock.release()
