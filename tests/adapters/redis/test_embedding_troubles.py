"""Embeddings while the server loses data, runs out of memory or holds what others wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from embeddings import entries, key
from lixcore.errors import CorruptDataError, StoreFullError, StoreRefusedError, StoreUnavailableError
from lixcore_redis import RedisEmbeddingOptions, RedisEmbeddingStore
from redis_process import RedisProcess
from settable_clock import SettableClock
from unreliable_proxy import UnreliableProxy

OpenEmbeddings = Callable[..., RedisEmbeddingStore]
TIMES = "lix:1:{url}:times"
HEAD_OF_FIVE = b"lxv1\5\0\0\0" + b"\0" * 16


def name(of: object) -> str:
    return "lix:1:{url}:" + key(of).hex()


@pytest.fixture
def proxy(redis_server: RedisProcess, redis_url: str) -> Iterator[UnreliableProxy]:
    assert redis_url.endswith("/2")
    with UnreliableProxy(redis_server.port) as proxy:
        yield proxy


@pytest.fixture
def unreliable(open_embeddings: OpenEmbeddings, proxy: UnreliableProxy) -> RedisEmbeddingStore:
    return open_embeddings(host="127.0.0.1", port=proxy.port, url_db=2)


def live(store: RedisEmbeddingStore, *names: object) -> list[object]:
    """Which of them are there; the same if asked one by one."""
    found = list(store.get([key(one) for one in names]))
    assert [value for one in names for value in store.get([key(one)])] == found
    return [one for one, value in zip(names, found, strict=True) if value is not None]


@pytest.mark.parametrize(
    "foreign",
    [b"\0", b"x" * 23, b"x" * 5000, HEAD_OF_FIVE + b"four", HEAD_OF_FIVE + b"sixsix", HEAD_OF_FIVE, b"x" * (3 << 20)],
)
def test_a_value_that_lixcore_did_not_write_is_told_and_left(
    embeddings: RedisEmbeddingStore, client: Any, foreign: bytes
) -> None:
    embeddings.put(entries("a", "c"), ttl=60, capacity=10)
    client.set(name("b"), foreign)
    for asked in (["b"], ["a", "b", "c"], [*range(200), "b"]):
        with pytest.raises(CorruptDataError, match=key("b").hex()):
            embeddings.get([key(one) for one in asked])
    assert client.get(name("b")) == foreign
    assert live(embeddings, "a", "c") == ["a", "c"]
    embeddings.put(entries("b"), ttl=60, capacity=10)
    assert live(embeddings, "a", "b", "c") == ["a", "b", "c"]


def test_forget_removes_nothing_when_one_is_foreign(embeddings: RedisEmbeddingStore, client: Any) -> None:
    embeddings.put(entries("a", "c"), ttl=60, capacity=10)
    client.set(name("b"), b"x" * 100)
    with pytest.raises(CorruptDataError, match=key("b").hex()):
        embeddings.forget([key("a"), key("b"), key("c")])
    assert live(embeddings, "a", "c") == ["a", "c"]


def test_a_key_of_another_type_is_refused_and_never_taken_for_absent(embeddings: RedisEmbeddingStore, client: Any) -> None:
    embeddings.put(entries("a"), ttl=60, capacity=10)
    client.rpush(name("b"), "x")
    for use in (
        lambda: embeddings.get([key("b")]),
        lambda: embeddings.get([key("a"), key("b")]),
        lambda: embeddings.forget([key("b")]),
    ):
        with pytest.raises(StoreRefusedError, match="redis_key_prefix or database"):
            use()
    client.set(TIMES, "x")
    with pytest.raises(StoreRefusedError):
        embeddings.put(entries("c"), ttl=60, capacity=10)
    assert client.exists(name("c")) == 0
    with pytest.raises(StoreRefusedError):
        embeddings.measure()


def test_a_full_server_takes_nothing_and_keeps_what_it_has(open_embeddings: OpenEmbeddings) -> None:
    with RedisProcess() as server, redis.Redis(port=server.port, db=1) as client:
        store = open_embeddings(port=server.port)
        store.put(entries("a"), ttl=60, capacity=10)
        client.config_set("maxmemory", 1)
        with pytest.raises(StoreFullError):
            store.put(entries("a", "b", value=b"new"), ttl=60, capacity=10)
        with pytest.raises(StoreFullError):
            store.tally({"hits": 1})
        assert live(store, "a", "b") == ["a"]
        assert list(store.get([key("a")])) == [b"a"]
        assert client.zcard(TIMES) == 3
        assert store.forget([key("a")]) == 1, "which makes room"


def test_flushed_scripts_and_a_wiped_server_are_no_trouble(embeddings: RedisEmbeddingStore, client: Any) -> None:
    for wipe in (client.script_flush, client.flushall):
        for use in (
            lambda: embeddings.put(entries("a", *range(300)), ttl=60, capacity=1000),
            lambda: embeddings.get([key("a"), key("b")]),
            embeddings.measure,
            lambda: embeddings.forget([key("a")]),
        ):
            wipe()
            use()
    assert embeddings.measure().entries == 0
    embeddings.put(entries("a"), ttl=60, capacity=1000)
    assert live(embeddings, "a", "b") == ["a"]


def test_a_server_that_is_down_is_unavailable_and_what_comes_back_is_used(open_embeddings: OpenEmbeddings) -> None:
    with RedisProcess() as server:
        store = open_embeddings(port=server.port, retries=0)
        store.put(entries("a"), ttl=60, capacity=10)
        server.kill()
        for use in (lambda: store.get([key("a")]), lambda: store.put(entries("a"), ttl=60, capacity=1), store.measure):
            with pytest.raises(StoreUnavailableError):
                use()
        server.start()
        assert live(store, "a") == []
        store.put(entries("a"), ttl=60, capacity=10)
        assert live(store, "a") == ["a"]


def test_answers_that_are_lost_are_asked_for_again(
    unreliable: RedisEmbeddingStore, embeddings: RedisEmbeddingStore, proxy: UnreliableProxy, clock: SettableClock
) -> None:
    unreliable.put(entries("warm"), ttl=60, capacity=3)
    unreliable.get([key("warm"), key("warm")])
    unreliable.forget([key("warm")])
    proxy.cut_answer_to(b"MSET")
    unreliable.put(entries("a", "b", "c"), ttl=60, capacity=3)
    assert embeddings.measure().entries == 3
    proxy.cut_answer_to(b"GETRANGE")
    assert list(unreliable.get([key("a"), key("b")])) == [b"a", b"b"]
    proxy.cut_answer_to(b"GETRANGE")
    assert list(unreliable.get([key("a")])) == [b"a"]
    clock.advance(1)
    proxy.cut_answer_to(b"EVALSHA")
    unreliable.put(entries("d"), ttl=60, capacity=3)
    assert len(live(embeddings, "a", "b", "c", "d")) == 3
    proxy.cut_answer_to(b"EVALSHA")
    unreliable.forget([key("d")])
    assert live(embeddings, "d") == []
    assert embeddings.measure().entries == 2


def test_a_put_that_arrives_late_does_not_undo_what_came_after(
    unreliable: RedisEmbeddingStore, embeddings: RedisEmbeddingStore, proxy: UnreliableProxy
) -> None:
    embeddings.put(entries("a"), ttl=60, capacity=10)
    proxy.withhold(b"EVALSHA")
    unreliable.put(entries("a", value=b"new"), ttl=60, capacity=10)
    embeddings.forget([key("a")])
    assert proxy.deliver_withheld() == b""
    assert live(embeddings, "a") == []


def test_values_that_the_server_threw_away_are_not_counted(
    embeddings: RedisEmbeddingStore, client: Any, clock: SettableClock
) -> None:
    embeddings.put(entries(*range(900)), ttl=60, capacity=1000)
    client.delete(*map(name, range(300)))
    assert embeddings.measure().entries == 600
    assert client.zcard(TIMES) == 2 * 600 + 1
    clock.advance(1)
    embeddings.put(entries(*range(900, 1000)), ttl=60, capacity=700)
    assert embeddings.measure().entries == 700
    assert len(live(embeddings, *range(1000))) == 700


def test_members_of_values_that_are_over_leave(embeddings: RedisEmbeddingStore, client: Any, clock: SettableClock) -> None:
    embeddings.put(entries(*range(40)), ttl=60, capacity=1000)
    client.delete(*map(name, range(40)))  # as the server does when their time is over
    clock.advance(60)
    for number in range(3):
        embeddings.put(entries(f"new {number}"), ttl=60, capacity=1000)
    assert client.zcard(TIMES) == 2 * 3 + 1


@pytest.mark.parametrize("count", [1, 20, 3000])
def test_a_set_that_the_server_threw_away_is_made_again(
    embeddings: RedisEmbeddingStore, client: Any, clock: SettableClock, count: int
) -> None:
    embeddings.put(entries(*range(count)), ttl=60, capacity=5000)
    clock.advance(1)
    client.delete(TIMES)
    client.set("lix:1:{url}:not-a-key", "x")
    client.rpush(name("a list"), "x")
    client.set(name("foreign"), "x")
    capacity = count // 2 + 1
    for _ in range(20):  # each looks at a part of the database
        embeddings.put(entries("new"), ttl=60, capacity=capacity)
    assert embeddings.measure().entries == capacity
    assert len(live(embeddings, "new", *range(count))) == capacity
    assert live(embeddings, "new") == ["new"]
    assert client.zcard(TIMES) == 2 * capacity + 1
    assert client.zscore(TIMES, "whole") == 0
    assert 0 < client.pttl(TIMES) <= 60_000


def test_counting_finds_what_a_lost_set_named(embeddings: RedisEmbeddingStore, client: Any) -> None:
    embeddings.put(entries(*range(3000)), ttl=90, capacity=5000)
    client.delete(TIMES)
    for number in range(2000):
        client.set(f"of another program {number}", "x")
    assert embeddings.measure().entries == 3000
    assert 60_000 < client.pttl(TIMES) <= 90_000
    assert client.zcard(TIMES) == 6001


def test_counting_leaves_nothing_in_an_empty_store(embeddings: RedisEmbeddingStore, client: Any) -> None:
    assert embeddings.measure().entries == 0
    assert client.keys() == []


def test_a_clock_that_is_ahead_takes_nothing_from_others(embeddings: RedisEmbeddingStore, redis_url: str) -> None:
    ahead = RedisEmbeddingStore(RedisEmbeddingOptions(url=redis_url), SettableClock(1_700_000_000.0 + 86_400))
    try:
        embeddings.put(entries("a", "b"), ttl=60, capacity=2)
        ahead.put(entries("c", "d"), ttl=60, capacity=2)
        assert live(embeddings, "a", "b", "c", "d") == ["a", "b"]
        assert live(ahead, "a", "b", "c", "d") == ["c", "d"]
        embeddings.put(entries("e"), ttl=90, capacity=2)
        assert "e" in live(embeddings, "a", "b", "e")
        assert embeddings.measure().entries == ahead.measure().entries == 2
    finally:
        ahead.close()


def test_what_a_clock_far_ahead_put_takes_no_turn_in_leaving(embeddings: RedisEmbeddingStore, clock: SettableClock) -> None:
    clock.advance(100)
    embeddings.put(entries("ahead"), ttl=30, capacity=9)
    clock.advance(-100)
    embeddings.put(entries("a"), ttl=500, capacity=9)
    embeddings.put(entries("b"), ttl=600, capacity=9)
    embeddings.put(entries("c"), ttl=700, capacity=2)
    assert live(embeddings, "ahead", "a", "b", "c") == ["b", "c"]
    clock.advance(100)
    assert live(embeddings, "ahead", "a", "b", "c") == ["ahead", "b", "c"]


def test_a_user_who_may_not_scan_can_use_it(open_embeddings: OpenEmbeddings, client: Any, redis_server: RedisProcess) -> None:
    client.acl_setuser("restricted", enabled=True, passwords=["+pw"], keys=["lix:*"], categories=["+@all"], commands=["-scan"])
    try:
        store = open_embeddings(port=redis_server.port, url_db=2, username="restricted", password="pw")  # noqa: S106
        store.put(entries("a", "b"), ttl=60, capacity=1)
        assert store.measure().entries == 1
    finally:
        client.acl_deluser("restricted")


def test_the_size_is_about_what_the_server_uses(embeddings: RedisEmbeddingStore, client: Any) -> None:
    before = client.info("memory")["used_memory"]
    for start in range(0, 3000, 100):
        embeddings.put(entries(*range(start, start + 100), value=b"x" * 1536), ttl=60, capacity=5000)
    grown = client.info("memory")["used_memory"] - before
    size = embeddings.measure()
    assert size.entries == 3000
    assert 0.7 < size.size / grown < 1.3
