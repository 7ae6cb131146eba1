"""A whole stack whose server goes and comes back: what the application sees of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lixcore import CacheConfig, CacheCoordinator, Stack
from lixcore.errors import StoreUnavailableError
from redis_process import RedisProcess


@pytest.fixture
def server() -> Iterator[RedisProcess]:
    with RedisProcess("--appendonly", "yes", "--appendfsync", "always") as server:
        yield server


def stack(server: RedisProcess, tmp_path: Path, *, background: bool = False, **more: Any) -> Stack:
    settings: dict[str, Any] = {
        "redis_url": server.url(),
        "redis_retries": 0,
        "archive_dir": str(tmp_path),
        "hot_window_size": 6,
        **more,
    }
    return Stack(CacheConfig(**settings), background=background)


def add(memory: CacheCoordinator, *numbers: int) -> None:
    for number in numbers:
        memory.add_message_to_context("user", f"m{number}")


def contents(messages: list[dict[str, Any]]) -> list[str]:
    return [message["content"] for message in messages]


def texts(*numbers: int) -> list[str]:
    return [f"m{number}" for number in numbers]


def warnings(caplog: pytest.LogCaptureFixture) -> int:
    """How many were given about the hot store; the caches, whose store is the same server, tell of it for themselves."""
    return sum(record.name == "lixcore.hot_store" and record.levelno >= logging.INFO for record in caplog.records)


def test_the_conversation_goes_on_without_the_server_and_is_one_when_it_is_back(
    server: RedisProcess, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with stack(server, tmp_path) as used, caplog.at_level(logging.INFO, logger="lixcore"):
        memory = used.session("s")
        add(memory, *range(1, 5))
        server.terminate()
        add(memory, *range(5, 9))
        assert contents(memory.get_context_messages()) == texts(5, 6, 7, 8)  # what only the server has is not to be had
        stats = memory.get_stats()
        assert stats["hot_store"]["state"] == "away"
        assert stats["hot_store"]["messages_archived_instead"] == 4
        assert server.url() in stats["hot_store"]["error"]
        assert warnings(caplog) == 1
        server.start()
        assert used.wiring.guard is not None
        assert used.wiring.guard.probe()  # as happens by itself a second later
        assert contents(memory.get_context_messages()) == texts(*range(3, 9))
        assert contents(memory.get_full_history()) == texts(*range(1, 9))
        assert memory.get_stats()["hot_store"]["state"] == "up"
        assert warnings(caplog) == 2


def test_a_thread_finds_the_server_again_and_brings_the_stores_together(server: RedisProcess, tmp_path: Path) -> None:
    with stack(server, tmp_path, background=True) as used:
        memory = used.session("s")
        add(memory, 1, 2)
        server.terminate()
        add(memory, 3, 4)
        server.start()
        guard = used.wiring.guard
        assert guard is not None
        while guard.absence is not None:  # the thread ends this; nobody calls anything
            pass
        assert contents(memory.get_context_messages()) == texts(1, 2, 3, 4)
    with stack(server, tmp_path) as other:
        assert contents(other.session("s").get_context_messages()) == texts(1, 2, 3, 4)


def test_where_it_is_asked_for_calls_fail(server: RedisProcess, tmp_path: Path) -> None:
    with stack(server, tmp_path, on_hot_store_failure="raise") as used:
        memory = used.session("s")
        add(memory, 1)
        server.terminate()
        for ask in (lambda: add(memory, 2), memory.get_context_messages, memory.get_full_history, memory.get_stats):
            with pytest.raises(StoreUnavailableError):
                ask()
        server.start()
        assert contents(memory.get_context_messages()) == texts(1)


def test_written_through_a_server_without_its_data_loses_nothing(tmp_path: Path) -> None:
    """No persistence at all: it begins empty."""
    with RedisProcess() as server, stack(server, tmp_path, write_mode="through") as used:
        memory = used.session("s")
        add(memory, *range(1, 10))
        server.kill()
        server.start()
        add(memory, 10)
        assert contents(memory.get_context_messages()) == texts(*range(5, 11))
        assert contents(memory.get_full_history()) == texts(*range(1, 11))


def test_written_through_a_server_with_an_older_snapshot_hides_nothing(tmp_path: Path) -> None:
    """It comes back with a window from the past, and says nothing about it."""
    with RedisProcess() as server, stack(server, tmp_path, write_mode="through") as used:
        memory = used.session("s")
        add(memory, *range(1, 4))
        with server_client(server) as client:
            client.save()
        add(memory, *range(4, 10))
        server.kill()
        server.start()
        assert contents(memory.get_context_messages()) == texts(*range(4, 10))
        assert contents(memory.get_full_history()) == texts(*range(1, 10))
        add(memory, 10)
        assert contents(memory.get_context_messages()) == texts(*range(5, 11))
        used.janitor_round()
        assert contents(memory.get_context_messages()) == texts(*range(5, 11))


def server_client(server: RedisProcess) -> Any:
    import redis

    return redis.Redis.from_url(server.url())
