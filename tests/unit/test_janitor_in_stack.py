"""The janitor of a stack: its thread, who starts it, what a fork and a close do to it, and the wiring of its settings."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forked import run_in_fork
from janitors import PlainHotStore
from lixcore import CacheConfig, CacheCoordinator, SessionKey, Stack
from lixcore.errors import ClosedError, InvalidConfigError
from settable_clock import SettableClock

PATIENCE = 20.0


def embedded(tmp_path: Path, **settings: Any) -> CacheConfig:
    """Stores in files, and a janitor that works all the time on sessions that nobody uses for no time."""
    settings = {"janitor_interval_seconds": 0.1, "evict_after_minutes": 0} | settings
    return CacheConfig(
        hot_store="sqlite",
        sqlite_path=str(tmp_path / "hot.sqlite3"),
        sqlite_synchronous="normal",
        archive_dir=str(tmp_path / "archive"),
        similarity_index=None,
        **settings,
    )


def in_memory(**settings: Any) -> CacheConfig:
    return CacheConfig(hot_store="memory", cold_archive="memory", similarity_index=None, **settings)


def janitor_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "lixcore-janitor"]


class Rounds(logging.Handler):
    """Hears of every round that did something."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._heard = threading.Semaphore(0)

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.INFO:
            self._heard.release()

    def until_absent(self, stack: Stack, session: str) -> None:
        """Wait until a session has left the hot store."""
        while stack.wiring.hot.describe(SessionKey(session)) is not None:
            assert self._heard.acquire(timeout=PATIENCE), f"{session} is still hot"


@pytest.fixture
def rounds() -> Iterator[Rounds]:
    logger, handler = logging.getLogger("lixcore.janitor"), Rounds()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.setLevel(before)
    logger.removeHandler(handler)


def test_only_the_use_of_a_session_starts_the_thread(tmp_path: Path) -> None:
    with Stack(embedded(tmp_path, janitor_interval_seconds=3600.0)) as stack:
        memory = stack.session("s")
        list(stack.sessions())
        memory.get_full_history()
        memory.get_stats()
        memory.flush_to_disk()
        stack.evict_idle()
        stack.janitor_round()
        assert janitor_threads() == []
        memory.add_message_to_context("user", "x")
        memory.get_context_messages()
        assert len(janitor_threads()) == 1
    assert janitor_threads() == []


@pytest.mark.parametrize("read", ["get_context_messages", "get_formatted_context"])
def test_reading_a_context_is_a_use(read: str) -> None:
    with Stack(in_memory()) as stack:
        getattr(stack.session("s"), read)()
        assert len(janitor_threads()) == 1
    assert janitor_threads() == []


@pytest.mark.parametrize(
    ("settings", "arguments"), [({"janitor": False}, {}), ({}, {"background": False}), ({}, {"janitor": False})], ids=str
)
def test_there_is_no_thread_where_none_is_wanted(settings: dict[str, Any], arguments: dict[str, Any]) -> None:
    with Stack(in_memory(**settings), **arguments) as stack:
        stack.session("s").add_message_to_context("user", "x")
        assert janitor_threads() == []
        assert stack.janitor_round().complete, "whoever asks for a round gets one"


def test_the_thread_moves_idle_sessions_and_nothing_is_lost(tmp_path: Path, rounds: Rounds) -> None:
    with Stack(embedded(tmp_path)) as stack:
        memory = stack.session("s")
        for number in range(30):
            memory.add_message_to_context("user", str(number))
        rounds.until_absent(stack, "s")
        assert [one["content"] for one in memory.get_full_history()] == [str(number) for number in range(30)]
        assert [one["content"] for one in memory.get_context_messages()] == [str(number) for number in range(10, 30)]
        rounds.until_absent(stack, "s")


def test_coordinators_of_one_configuration_share_a_janitor_that_ends_with_the_last(tmp_path: Path) -> None:
    config = embedded(tmp_path)
    with CacheCoordinator("a", config) as first:
        first.add_message_to_context("user", "x")
        with CacheCoordinator("b", config) as second:
            second.add_message_to_context("user", "y")
            assert len(janitor_threads()) == 1
        assert len(janitor_threads()) == 1
    assert janitor_threads() == []


def test_a_forked_child_has_a_janitor_of_its_own_when_it_uses_a_session(tmp_path: Path, rounds: Rounds) -> None:
    with Stack(embedded(tmp_path)) as stack:
        memory = stack.session("s")
        memory.add_message_to_context("user", "parent")
        assert len(janitor_threads()) == 1

        def work() -> None:
            assert janitor_threads() == []
            child = stack.session("child")
            child.add_message_to_context("user", "child")
            assert len(janitor_threads()) == 1
            stack.close()
            assert janitor_threads() == []

        assert run_in_fork(work) == 0
        assert len(janitor_threads()) == 1
        rounds.until_absent(stack, "child")
        assert [one["content"] for one in stack.session("child").get_full_history()] == ["child"]


def test_forks_in_the_middle_of_rounds_leave_parent_and_children_working(tmp_path: Path) -> None:
    """The thread is at work nearly all the time; each child does what needs the locks that a step holds."""
    with Stack(embedded(tmp_path)) as stack:
        for number in range(6):
            for each in range(20):
                stack.session(f"{number}.{each}").add_message_to_context("user", "x")
            thread = stack.wiring.janitor_thread
            assert thread is not None
            thread.wake()

            def work(number: int = number) -> None:
                stack.session(f"child {number}").add_message_to_context("user", "x")
                assert stack.session(f"{number}.0").get_full_history()
                stack.close()

            assert run_in_fork(work) == 0
        for number in range(6):
            assert len(stack.session(f"child {number}").get_full_history()) == 1
            for each in range(20):
                assert len(stack.session(f"{number}.{each}").get_full_history()) == 1


def test_an_application_that_dies_leaves_its_sessions_to_the_janitor_of_another_process(tmp_path: Path, rounds: Rounds) -> None:
    """The dead process was never the janitor; what it had in use is known to all through the hot store."""
    config = embedded(tmp_path)

    def work() -> None:
        stack = Stack(config, janitor=False)
        stack.session("of the dead").add_message_to_context("user", "x")
        os.kill(os.getpid(), 9)

    assert run_in_fork(work) == 99
    with Stack(config) as stack:
        stack.session("other").add_message_to_context("user", "y")
        rounds.until_absent(stack, "of the dead")
        assert [one["content"] for one in stack.session("of the dead").get_full_history()] == ["x"]


def test_after_closing_there_are_no_rounds(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="lixcore"):
        stack = Stack(embedded(tmp_path))
        stack.session("s").add_message_to_context("user", "x")
        wiring = stack.wiring
        stack.close()
        wiring.in_use()
        assert janitor_threads() == []
        with pytest.raises(ClosedError):
            stack.janitor_round()
    assert [record for record in caplog.records if record.levelname != "INFO"] == []


def test_the_settings_reach_the_janitor() -> None:
    clock = SettableClock()
    config = in_memory(evict_after_minutes=2, session_ttl_seconds=60, hot_max_sessions=3, disk_ttl_days=1)
    with Stack(config, clock=clock, background=False) as stack:
        for number in range(5):
            stack.session(str(number)).add_message_to_context("user", "x")
            clock.advance(10)
        assert stack.janitor_round().evicted_for_room == 2
        clock.advance(30)
        assert stack.janitor_round().evicted_idle == 1
        clock.advance(20)
        assert stack.janitor_round().evicted_idle == 2
        clock.advance(2 * 86_400)
        assert stack.janitor_round().histories_removed == 5
        assert list(stack.sessions()) == []


def test_a_limit_in_bytes_needs_a_store_that_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lixcore_memory.MemoryHotStore.open", lambda _, context: PlainHotStore(context.clock))
    with pytest.raises(InvalidConfigError, match=r"hot_max_bytes .*'memory' cannot measure sessions"):
        Stack(in_memory(hot_max_bytes=1000))
    Stack(in_memory(hot_max_sessions=1000)).close()
