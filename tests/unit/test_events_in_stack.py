"""A plugin that watches a whole stack sees what happened, and nothing that it does changes or slows anything."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forked import run_in_fork
from lixcore import CacheConfig, SessionKey, Stack
from lixcore.domain.position import Position
from lixcore.ports.events import (
    KINDS,
    Added,
    Cached,
    Degraded,
    Event,
    Evicted,
    Forgotten,
    Hit,
    Miss,
    Recovered,
    Restored,
    Retired,
    Spilled,
)
from redis_process import RedisProcess
from settable_clock import SettableClock
from watching import PATIENCE, Gate, WatchingPlugin

KEY = SessionKey("one")
DAY = 86_400.0
Threads = dict[str, bool]
both = pytest.mark.parametrize("threads", [{"background": True}, {"background": False}], ids=["threads", "no threads"])


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(time.time())  # files have the times of the real one


@pytest.fixture
def watching() -> WatchingPlugin:
    return WatchingPlugin()


def config_of(tmp_path: Path, hot_store: str, watching: WatchingPlugin, **more: Any) -> CacheConfig:
    settings = {"hot_window_size": 3, "spill_batch_size": 2, "disk_ttl_days": 30, "evict_after_minutes": 10} | more
    config = CacheConfig(
        hot_store=hot_store,
        cold_archive="memory" if hot_store == "memory" else "huffman",
        sqlite_path=str(tmp_path / "hot.sqlite3"),
        archive_dir=str(tmp_path / "archive"),
        plugins="none",
        **settings,
    )
    return config.with_plugins(watching)


class Story:
    """What is done to a stack, and the events that it must come to: kept by hand, as somebody would who reads it."""

    def __init__(self, stack: Stack, clock: SettableClock) -> None:
        self.stack = stack
        self.clock = clock
        self.memory = stack.session("one")
        self.expected: list[Event] = []

    def expect(self, *events: Event) -> None:
        self.expected += events

    def add(self, times: int) -> None:
        for _ in range(times):
            self.clock.advance(0.01)
            self.memory.add_message_to_context("user", "x")
            held = self.stack.wiring.hot.describe(KEY)
            newest = held.last_position if held else None
            self.expect(Added(KEY, newest or Position(0)))


@pytest.mark.parametrize("hot_store", ["memory", "sqlite"])
@both
def test_a_story_and_its_events(
    hot_store: str,
    threads: Threads,
    tmp_path: Path,
    clock: SettableClock,
    watching: WatchingPlugin,
) -> None:
    with Stack(config_of(tmp_path, hot_store, watching), clock=clock, **threads, janitor=False) as stack:
        story = Story(stack, clock)
        story.add(2)
        assert story.memory.get_semantic_response("", [1.0, 0.0]) is None
        story.expect(Miss("semantic"))
        story.memory.cache_semantic_response("", [1.0, 0.0], "yes")
        assert story.memory.get_semantic_response("", [1.0, 0.0]) == "yes"
        story.expect(Cached("semantic"), Hit("semantic", similarity=1.0))
        story.memory.batch_cache_url_embeddings({"http://a.example/": [1.0], "http://b.example/": [2.0]})
        assert story.memory.get_url_embedding("http://c.example/") is None
        story.expect(Cached("url_embedding", 2), Miss("url_embedding"))
        clock.advance(3600)
        assert stack.evict_idle() == 1
        story.expect(Evicted(KEY))
        assert len(story.memory.get_context_messages()) == 2
        story.expect(Restored(KEY, 2))
        story.memory.clear_context()
        story.expect(Evicted(KEY))
        story.add(1)
        story.memory.flush_to_disk()
        story.memory.get_full_history()
        story.memory.get_stats()
        assert story.memory.forget() == {"hot": 1, "archive": 3, "semantic": 0, "index": 0}
        story.expect(Forgotten(KEY, 1, 3))
        story.add(1)
        assert stack.janitor_round().brought_together == 1, "its clearing was noted"
        story.expect(Evicted(KEY))
        clock.advance(40 * DAY)
        assert stack.janitor_round().messages_removed == 1
        story.expect(Retired(KEY, 1))
    assert watching.seen == story.expected
    assert {type(event) for event in watching.seen} == set(KINDS) - {Spilled, Degraded, Recovered, *KINDS[-1:]}


@both
def test_what_spills_is_told_of_to_the_last_message(
    threads: Threads,
    tmp_path: Path,
    clock: SettableClock,
    watching: WatchingPlugin,
) -> None:
    """When a thread spills is its own affair; that each message is told of once is not."""
    with Stack(config_of(tmp_path, "sqlite", watching), clock=clock, **threads, janitor=False) as stack:
        memory = stack.session("one")
        for _ in range(50):
            clock.advance(0.01)
            memory.add_message_to_context("user", "x")
    with Stack(config_of(tmp_path, "sqlite", WatchingPlugin()), clock=clock) as stack:
        held = stack.wiring.hot.describe(KEY)
        assert held is not None
        assert len([event for event in watching.seen if isinstance(event, Added)]) == 50
        assert sum(event.messages for event in watching.seen if isinstance(event, Spilled)) == 50 - held.held


def test_adds_go_on_while_a_watcher_hangs(tmp_path: Path, watching: WatchingPlugin) -> None:
    gate = Gate()
    watching.watcher.then = gate
    with Stack(config_of(tmp_path, "sqlite", watching, spill_batch_size=200)) as stack:
        memory = stack.session("one")
        for _ in range(100):
            memory.add_message_to_context("user", "x")
        gate.wait_until_reached()
        assert memory.get_stats()["events"] == {"told": 0, "dropped": 0, "failed": 0}
        assert len(watching.seen) == 1
        gate.open()
    assert len([event for event in watching.seen if isinstance(event, Added)]) == 100


@both
def test_a_watcher_may_use_the_memory_it_watches(
    threads: Threads,
    tmp_path: Path,
    clock: SettableClock,
    watching: WatchingPlugin,
) -> None:
    """It reads what was added, and even adds; another session, for the same one would never come to an end."""
    done = threading.Event()
    with Stack(config_of(tmp_path, "sqlite", watching), clock=clock, **threads, janitor=False) as stack:
        contexts = []

        def use(event: Event) -> None:
            if isinstance(event, Added) and event.session == KEY:
                contexts.append(len(stack.session("one").get_context_messages()))
                stack.session("log").add_message_to_context("system", "one was added to")
            elif isinstance(event, Added):
                done.set()

        watching.watcher.then = use
        stack.session("one").add_message_to_context("user", "x")
        assert done.wait(PATIENCE)
        assert len(stack.session("log").get_context_messages()) == 1
        assert stack.session("one").get_stats()["events"]["failed"] == 0
    assert contexts == [1]
    assert [event.session.id for event in watching.seen] == ["one", "log"]


def test_without_a_thread_a_watcher_that_adds_to_what_it_watches_does_not_keep_the_caller(
    tmp_path: Path, clock: SettableClock, watching: WatchingPlugin
) -> None:
    with Stack(config_of(tmp_path, "memory", watching), clock=clock, background=False) as stack:
        memory = stack.session("one")
        watching.watcher.then = lambda _: memory.add_message_to_context("system", "again")
        memory.add_message_to_context("user", "x")
        assert memory.get_stats()["events"]["dropped"] > 0
        assert len(memory.get_full_history()) <= 200


def test_a_watcher_that_fails_changes_nothing(tmp_path: Path, watching: WatchingPlugin, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Event) -> None:
        raise SystemExit

    watching.watcher.then = fail
    with Stack(config_of(tmp_path, "sqlite", watching)) as stack:
        memory = stack.session("one")
        for _ in range(5):
            memory.add_message_to_context("user", "x")
        assert len(memory.get_full_history()) == 5
    kinds = {type(event) for event in watching.seen}
    assert len(watching.seen) >= 5
    assert len([record for record in caplog.records if record.name == "lixcore.events"]) == len(kinds)


def test_a_forked_child_tells_its_own_events_only(tmp_path: Path, watching: WatchingPlugin) -> None:
    gate = Gate()
    watching.watcher.then = gate
    with Stack(config_of(tmp_path, "sqlite", watching)) as stack:
        memory = stack.session("one")
        memory.add_message_to_context("user", "parent")
        gate.wait_until_reached()
        memory.add_message_to_context("user", "parent")

        def in_child() -> None:
            watching.seen.clear()
            watching.watcher.then = lambda _: None
            stack.session("child").add_message_to_context("user", "child")
            stack.close()
            assert [event.session.id for event in watching.seen] == ["child"]

        assert run_in_fork(in_child) == 0
        gate.open()
    assert [event.session.id for event in watching.seen if isinstance(event, Added)] == ["one", "one"]


@pytest.fixture
def server() -> Iterator[RedisProcess]:
    with RedisProcess() as server:
        yield server


def test_an_outage_of_a_real_server_is_told_of_once_and_so_is_its_end(
    server: RedisProcess, tmp_path: Path, watching: WatchingPlugin
) -> None:
    returned = threading.Event()
    watching.watcher.then = lambda event: returned.set() if event == Recovered("hot store") else None
    with Stack(config_of(tmp_path, "redis", watching, redis_url=server.url())) as stack:
        memory = stack.session("one")
        memory.add_message_to_context("user", "before")
        memory.flush_to_disk()
        server.kill()
        for _ in range(3):
            memory.add_message_to_context("user", "meanwhile")
        server.start()
        assert returned.wait(PATIENCE)
        assert len(memory.get_full_history()) == 4
    told = [event for event in watching.seen if isinstance(event, Degraded | Recovered)]
    assert [type(event) for event in told] == [Degraded, Recovered]
    assert [event.stood_in for event in watching.seen if isinstance(event, Added)] == [False, True, True, True]
