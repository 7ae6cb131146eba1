"""The similarity index on servers that restart, are full, throw keys away or allow little."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreFullError, StoreRefusedError
from lixcore.ports.similarity_index import IndexEntry
from lixcore.testing.similarity_index.oracle import floats, payloads
from lixcore_redis import RedisHotStore, RedisSimilarityIndex
from lixcore_redis.answers.similarity_keys import scope_keys
from redis_process import RedisProcess
from settable_clock import SettableClock

SESSION = SessionKey("one")
OWN = Scope(SESSION, url="https://example.com")
SHARED = Scope(SESSION, shared=True)
UP = [1.0, 0.0]

OpenIndex = Callable[..., RedisSimilarityIndex]


def add(index: RedisSimilarityIndex, payload: bytes, scope: Scope = OWN, *, ttl: float = 300.0, capacity: int = 50) -> None:
    index.add(scope, IndexEntry(floats(UP), payload), ttl=ttl, capacity=capacity)


def strings(scope: Scope = OWN) -> tuple[bytes, bytes, bytes]:
    return scope_keys("lix", scope).strings


def test_scripts_that_the_server_lost_are_sent_again(index: RedisSimilarityIndex, client: Any) -> None:
    for number in range(3):
        client.script_flush()
        add(index, b"%d" % number)
    client.script_flush()
    assert index.forget(SESSION) == 3


def test_a_wiped_server_is_empty_and_never_takes_new_answers_for_old(index: RedisSimilarityIndex, client: Any) -> None:
    versions = set()
    for number in range(5):
        add(index, b"%d" % number)
        assert payloads(index, OWN, UP) == {b"%d" % number}
        versions.add(client.getrange(strings()[0], 8, 23))
        client.flushall()
        if number % 2:
            assert payloads(index, OWN, UP) == set()
    assert len(versions) == 5


def test_a_restarted_server_is_empty(clock: SettableClock) -> None:
    with RedisProcess() as server:
        index = RedisSimilarityIndex(RedisSimilarityIndex.Options(url=server.url()), clock)
        add(index, b"before")
        assert payloads(index, OWN, UP) == {b"before"}
        server.restart()
        assert payloads(index, OWN, UP) == set()
        add(index, b"after")
        assert payloads(index, OWN, UP) == {b"after"}
        index.close()


@pytest.mark.parametrize("scope", [OWN, SHARED])
def test_forgetting_finds_scopes_that_an_evicting_server_lost_the_set_of(clock: SettableClock, scope: Scope) -> None:
    with RedisProcess("--maxmemory-policy", "allkeys-lru") as server, redis.Redis(port=server.port) as client:
        index = RedisSimilarityIndex(RedisSimilarityIndex.Options(url=server.url(), key_prefix="a[*]?"), clock)
        add(index, b"secret", scope)
        client.delete(scope_keys("a[*]?", scope).registry)
        assert index.measure(SESSION).entries == (0 if scope.shared else 1)
        assert index.forget(SESSION) == 1
        assert client.keys("*") == []
        index.close()


def test_a_full_server_still_searches_and_forgets(clock: SettableClock) -> None:
    with RedisProcess() as server, redis.Redis(port=server.port) as client:
        index = RedisSimilarityIndex(RedisSimilarityIndex.Options(url=server.url()), clock)
        add(index, b"mine", SHARED)
        add(index, b"theirs", Scope(SessionKey("two"), shared=True))
        client.config_set("maxmemory", "1")
        before = {key: client.dump(key) for key in client.keys("*")}
        for scope in (SHARED, OWN):
            with pytest.raises(StoreFullError, match="maxmemory"):
                add(index, b"more", scope)
        assert {key: client.dump(key) for key in client.keys("*")} == before
        assert payloads(index, SHARED, UP) == {b"mine", b"theirs"}
        assert index.forget(SESSION) == 1
        assert payloads(index, SHARED, UP) == {b"theirs"}
        index.close()


def test_verify_and_doctor_leave_cached_answers_alone(index: RedisSimilarityIndex, redis_url: str, client: Any) -> None:
    add(index, b"x")
    add(index, b"x", SHARED)
    index.tally({"hits": 1})
    store = RedisHotStore(RedisHotStore.Options(url=redis_url), index._clock)
    assert list(store.verify(repair=True)) == []
    assert {one.check: one.fact for one in store.diagnose()}["layout"].startswith("version 1; 9 keys")
    client.delete(strings()[1])
    client.rpush(strings()[1], b"theirs")
    [found] = store.verify()
    assert "is a list, not a string" in found.findings[0].reason
    store.close()


def test_the_rights_that_the_manual_gives_are_enough(clock: SettableClock) -> None:
    manual = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "run-on-redis.md"
    [line] = [line for line in manual.read_text().splitlines() if line.startswith("ACL SETUSER lixcore")]
    with RedisProcess() as server, redis.Redis(port=server.port) as client:
        client.execute_command(*line.split())
        options = {"port": server.port, "username": "lixcore"}
        index = RedisSimilarityIndex(RedisSimilarityIndex.Options(**options, password="pa55"), clock)  # type: ignore[arg-type]  # noqa: S106
        for scope in (OWN, SHARED, Scope(SESSION, url="3"), Scope(SESSION, url="4")):
            add(index, b"x" * 5000, scope)
            add(index, b"y", scope, capacity=1)
        assert payloads(index, OWN, UP) == {b"y"}
        assert index.measure().entries == 4
        assert index.measure(SESSION).entries == 3
        index.tally({"hits": 1})
        assert index.tallies() == {"hits": 1.0}
        assert index.lease("call-x", holder="a", seconds=5)
        index.end_lease("call-x", holder="a")
        assert index.forget(SESSION) == 4
        client.acl_setuser("lixcore", commands=["-getrange"])
        with pytest.raises(StoreRefusedError, match="ACL SETUSER"):
            index.search(OWN, floats(UP), k=1, at_least=0.0)
        index.close()
