"""The stack: listing, moving idle sessions, closing, threads, and what a forked child may go on using."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import lixcore
from forked import run_in_fork
from lixcore import CacheConfig, CacheCoordinator, SessionKey, Stack
from lixcore.domain.position import Entry
from lixcore.errors import ClosedError, CorruptDataError, InvalidInputError
from lixcore.ports.cold_archive import ArchiveInfo
from lixcore_memory import MemoryArchive, MemoryHotStore
from settable_clock import SettableClock

FORK = multiprocessing.get_context("fork")


def embedded(tmp_path: Path, **settings: Any) -> CacheConfig:
    settings = {"hot_window_size": 3, "spill_batch_size": 4} | settings
    return CacheConfig(
        hot_store="sqlite",
        sqlite_path=str(tmp_path / "hot.sqlite3"),
        sqlite_synchronous="normal",
        archive_dir=str(tmp_path / "archive"),
        similarity_index=None,
        **settings,
    )


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def stack(clock: SettableClock) -> Iterator[Stack]:
    config = CacheConfig(hot_store="memory", cold_archive="memory", similarity_index=None, hot_window_size=3)
    with Stack(config, clock=clock, background=False) as stack:
        yield stack


def contents(memory: CacheCoordinator) -> list[str]:
    return [one["content"] for one in memory.get_full_history()]


def test_open_gives_a_stack_that_is_a_context_manager(clock: SettableClock) -> None:
    config = CacheConfig(hot_store="memory", cold_archive="memory", similarity_index=None)
    with lixcore.open(config, clock=clock) as stack:
        assert stack.config is config
        stack.session("s").add_message_to_context("user", "x")
        assert stack.session("s").get_context_messages()[0]["timestamp"] == clock.time
    stack.close()
    with pytest.raises(ClosedError):
        stack.session_keys()


def test_every_session_is_listed_once_whatever_tier_it_is_in(stack: Stack) -> None:
    for name in ["hot", "both", "cold"]:
        stack.session(name).add_message_to_context("user", "x")
    stack.session("both").flush_to_disk()
    assert stack.wiring.tiering.evict(SessionKey("cold"))
    listed = {one.session.id: (one.archived, one.hot) for one in stack.sessions()}
    assert listed == {"hot": (0, 1), "both": (1, 1), "cold": (1, None)}
    assert len(list(stack.session_keys())) == 3


class DamagedListArchive(MemoryArchive):
    """Cannot tell of some session."""

    def sessions(self) -> Iterator[ArchiveInfo]:
        yield from super().sessions()
        raise CorruptDataError("the file", "is damaged")


def test_a_damaged_file_hides_no_session_that_is_only_hot(clock: SettableClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lixcore_memory.MemoryArchive.open", lambda *_: DamagedListArchive())
    with Stack(CacheConfig(hot_store="memory", cold_archive="memory"), clock=clock, background=False) as stack:
        for name in ["hot", "cold"]:
            stack.session(name).add_message_to_context("user", "x")
        assert stack.wiring.tiering.evict(SessionKey("cold"))
        listed: list[str] = []
        with pytest.raises(CorruptDataError, match="is damaged"):
            listed.extend(session.id for session in stack.session_keys())
        assert listed == ["cold", "hot"]


def test_listing_an_impossible_tenant_is_refused_and_not_another_tenants_list(stack: Stack) -> None:
    stack.session("s").add_message_to_context("user", "x")
    with pytest.raises(InvalidInputError, match="tenant is empty"):
        stack.session_keys(tenant="")


def test_sessions_leave_when_they_were_idle_long_enough(stack: Stack, clock: SettableClock) -> None:
    stack.session("old").add_message_to_context("user", "x")
    clock.advance(119 * 60)
    stack.session("young").add_message_to_context("user", "y")
    assert stack.evict_idle() == 0
    clock.advance(60)
    assert stack.evict_idle() == 1
    assert [one.session.id for one in stack.wiring.hot.sessions()] == ["young"]
    assert contents(stack.session("old")) == ["x"]


class PartlyDamagedArchive(MemoryArchive):
    """Refuses one session."""

    def append_many(self, batches: Sequence[tuple[SessionKey, Sequence[Entry]]]) -> None:
        if any(session.id == "damaged" for session, _ in batches):
            raise CorruptDataError("the file", "is damaged")
        super().append_many(batches)


def test_a_damaged_session_does_not_keep_the_others_hot(clock: SettableClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lixcore_memory.MemoryArchive.open", lambda *_: PartlyDamagedArchive())
    config = CacheConfig(hot_store="memory", cold_archive="memory", similarity_index=None)
    with Stack(config, clock=clock, background=False) as stack:
        for name in ["damaged", "a", "b"]:
            stack.session(name).add_message_to_context("user", "x")
            clock.advance(1)
        with pytest.raises(CorruptDataError, match="is damaged") as caught:
            stack.evict_idle(idle_seconds=0)
        assert caught.value.__notes__ == ["1 of 3 idle sessions cannot be archived and stayed hot; 2 moved"]
        assert [one.session.id for one in stack.wiring.hot.sessions()] == ["damaged"]


class PartlyDamagedHotStore(MemoryHotStore):
    """Cannot read one session."""

    def oldest(self, session: SessionKey, *, limit: int) -> Sequence[Entry]:
        if session.id == "damaged":
            raise CorruptDataError("the server", "is damaged")
        return super().oldest(session, limit=limit)


def test_a_session_that_is_damaged_in_the_hot_store_does_not_keep_the_others_there(
    clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lixcore_memory.MemoryHotStore.open", lambda *_: PartlyDamagedHotStore(clock))
    with Stack(CacheConfig(hot_store="memory", cold_archive="memory"), clock=clock, background=False) as stack:
        for name in ["damaged", "a", "b"]:
            stack.session(name).add_message_to_context("user", "x")
            clock.advance(1)
        with pytest.raises(CorruptDataError, match="is damaged"):
            stack.evict_idle(idle_seconds=0)
        assert [one.session.id for one in stack.wiring.hot.sessions()] == ["damaged"]


def test_closing_finishes_what_is_to_be_spilled(tmp_path: Path) -> None:
    with Stack(embedded(tmp_path)) as stack:
        memory = stack.session("s")
        for number in range(40):
            memory.add_message_to_context("user", str(number))
    assert not [thread for thread in threading.enumerate() if thread.name == "lixcore-spiller"]
    with Stack(embedded(tmp_path)) as stack:
        assert contents(stack.session("s")) == [str(number) for number in range(40)]
        held = stack.wiring.hot.describe(SessionKey("s"))
        assert held is not None
        assert held.held <= 3 + 4


def test_many_threads_add_read_and_evict_one_session(tmp_path: Path) -> None:
    """Real threads with the spiller's: nothing lost or doubled, each thread's messages in its order, contexts never short."""
    with Stack(embedded(tmp_path)) as stack:
        done = threading.Event()

        def write(name: int) -> None:
            for number in range(40):
                stack.session("s").add_message_to_context("user", f"{name}.{number:02}")

        def look() -> int:
            looks = 0
            while not done.is_set():
                before = len(contents(stack.session("s")))
                context = [one["content"] for one in stack.session("s").get_context_messages()]
                assert len(context) >= min(3, before), "a context came back short"
                assert len(context) == len(set(context))
                stack.evict_idle(idle_seconds=-3600)
                looks += 1
            return looks

        with ThreadPoolExecutor(6) as threads:
            looking = threads.submit(look)
            list(threads.map(write, range(4)))
            done.set()
            assert looking.result() > 0
        said = contents(stack.session("s"))
        assert sorted(said) == sorted(f"{name}.{number:02}" for name in range(4) for number in range(40))
        for name in range(4):
            own = [text for text in said if text.startswith(f"{name}.")]
            assert own == sorted(own)


def add_in_child(config: CacheConfig, name: str) -> None:
    with Stack(config) as stack:
        for number in range(25):
            stack.session("s").add_message_to_context("user", f"{name}.{number:02}")
            if number % 10 == 9:
                stack.evict_idle(idle_seconds=-3600)


def test_many_processes_add_to_one_session_and_evict_it(tmp_path: Path) -> None:
    config = embedded(tmp_path)
    children = [
        multiprocessing.get_context("fork").Process(target=add_in_child, args=(config, str(number))) for number in range(3)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
    assert [child.exitcode for child in children] == [0, 0, 0]
    with Stack(config) as stack:
        said = contents(stack.session("s"))
        context = [one["content"] for one in stack.session("s").get_context_messages()]
    assert sorted(said) == sorted(f"{name}.{number:02}" for name in range(3) for number in range(25))
    assert context == said[-3:]
    for name in range(3):
        own = [text for text in said if text.startswith(f"{name}.")]
        assert own == sorted(own)


def test_a_forked_child_goes_on_with_the_stack_of_its_parent(tmp_path: Path) -> None:
    """Its parent's spiller is at work when it begins; the child's own spills what the child adds."""
    with Stack(embedded(tmp_path)) as stack:
        memory = stack.session("s")
        for number in range(20):
            memory.add_message_to_context("user", f"parent {number:02}")

        def work() -> None:
            for number in range(20):
                memory.add_message_to_context("user", f"child {number:02}")
            stack.close()

        assert run_in_fork(work) == 0
        memory.add_message_to_context("user", "parent 20")
        assert contents(memory) == [
            *(f"parent {number:02}" for number in range(20)),
            *(f"child {number:02}" for number in range(20)),
            "parent 20",
        ]
        # The fork waited for the spill in hand, and the spill not for the fork.
        assert stack.wiring.spiller.failures == 0


def test_a_child_forked_while_locks_are_held_does_not_hang(tmp_path: Path) -> None:
    """Another thread of the parent holds the spiller's lock, and the one of the shared stacks, at the moment of the fork."""
    from lixcore.coordinator import cache_coordinator as coordinator

    config = embedded(tmp_path)
    with CacheCoordinator("s", config) as memory:
        stack = memory._stack
        assert stack is not None
        spiller = stack.wiring.window._spiller
        held, release = threading.Barrier(2), threading.Event()

        def hold() -> None:
            with spiller._changed, coordinator._shared._lock:
                held.wait()
                release.wait()

        holder = threading.Thread(target=hold)
        holder.start()
        held.wait()

        def work() -> None:
            for number in range(20):
                memory.add_message_to_context("user", str(number))
            with CacheCoordinator("other", config) as other:
                other.add_message_to_context("user", "x")
            memory.close()

        try:
            assert run_in_fork(work) == 0
        finally:
            release.set()
            holder.join()
        assert contents(memory) == [str(number) for number in range(20)]
