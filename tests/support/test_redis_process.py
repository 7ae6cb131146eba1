"""The tests' own redis-server is real, and ends when it should."""

from __future__ import annotations

import pytest
import redis

from redis_process import RedisProcess


def test_restart_keeps_the_port_and_loses_what_was_not_persisted(redis_url: str) -> None:
    with RedisProcess() as server:
        port = server.port
        with redis.Redis(port=port) as client:
            client.set("key", "value")
            server.restart()
            assert server.port == port
            assert client.get("key") is None
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0


def test_an_append_only_file_survives_a_crash() -> None:
    with RedisProcess("--appendonly", "yes", "--appendfsync", "always") as server, redis.Redis(port=server.port) as client:
        client.set("key", "value")
        server.restart()
        assert client.get("key") == b"value"


def test_a_server_that_cannot_start_says_what_its_log_says() -> None:
    with pytest.raises(RuntimeError, match="nonsense"):
        RedisProcess("--nonsense", "yes")


def test_nothing_answers_after_stop() -> None:
    server = RedisProcess()
    server.stop()
    with pytest.raises(redis.exceptions.ConnectionError), redis.Redis(port=server.port) as client:
        client.ping()
