"""What stands in the database for embeddings, and what an operation costs on the wire."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.crc import key_slot

from embeddings import entries, key
from hot_sessions import make_hot
from lixcore.domain.session import SessionKey
from lixcore.errors import InvalidInputError
from lixcore_redis import RedisEmbeddingStore, RedisHotStore
from lixcore_redis.embeddings.embedding_values import live_values
from redis_process import RedisProcess
from settable_clock import SettableClock
from unreliable_proxy import UnreliableProxy

OpenEmbeddings = Callable[..., RedisEmbeddingStore]
TIMES = "lix:1:{url}:times"


@pytest.fixture
def proxy(redis_server: RedisProcess) -> Iterator[UnreliableProxy]:
    with UnreliableProxy(redis_server.port) as proxy:
        yield proxy


def test_a_value_is_a_string_with_a_head_that_expires(embeddings: RedisEmbeddingStore, client: Any, clock: SettableClock) -> None:
    embeddings.put([(key("a"), b"value")], ttl=90.5, capacity=10)
    name = "lix:1:{url}:" + key("a").hex()
    assert client.get(name) == b"lxv1" + struct.pack("<Idd", 5, clock.time, clock.time + 90.5) + b"value"
    assert 60_000 < client.pttl(name) <= 90_500
    assert client.zrange(TIMES, 0, -1, withscores=True) == [
        (b"a" + key("a").hex().encode(), -clock.time),
        (b"whole", 0),
        (b"e" + key("a").hex().encode(), clock.time + 90.5),
    ]
    assert 60_000 < client.pttl(TIMES) <= 90_500, "nothing stays for ever"
    assert set(client.keys()) == {name.encode(), TIMES.encode()}
    assert key_slot(name.encode()) == key_slot(TIMES.encode()), "scripts touch both, also on a cluster"


def test_the_set_stays_as_long_as_the_value_that_stays_longest(embeddings: RedisEmbeddingStore, client: Any) -> None:
    embeddings.put(entries("long"), ttl=5000, capacity=10)
    embeddings.put(entries("short"), ttl=100, capacity=10)
    assert client.pttl(TIMES) > 4_000_000


@pytest.mark.parametrize("ttl", [1e-6, 1e15, 1e300, math.inf])
def test_any_time_above_zero_is_accepted(embeddings: RedisEmbeddingStore, clock: SettableClock, ttl: float) -> None:
    embeddings.put(entries("a"), ttl=ttl, capacity=10)
    clock.advance(1)
    assert list(embeddings.get([key("a")])) == ([None] if ttl < 1 else [b"a"])


@pytest.mark.parametrize("count", [1, 2, 100, 128, 129, 700])
def test_each_call_is_one_round_trip_however_many_keys(
    open_embeddings: OpenEmbeddings, proxy: UnreliableProxy, redis_url: str, count: int
) -> None:
    assert redis_url.endswith("/2")
    store = open_embeddings(host="127.0.0.1", port=proxy.port, url_db=2)
    many = entries(*range(count))
    keys = [key for key, _ in many]
    for _ in range(2):  # at first the server does not know the scripts
        for operation in (
            lambda: store.put(many, ttl=60, capacity=1000),
            lambda: list(store.get(keys)) == [value for _, value in many] or pytest.fail("not what was put"),
            lambda: store.forget(keys) == count or pytest.fail("not all were there"),
        ):
            proxy.requests.clear()
            operation()
    assert b"".join(proxy.requests).count(b"EVALSHA") == 1
    assert b"".join(proxy.requests).startswith(b"*")
    proxy.requests.clear()
    store.get(keys)
    assert len(proxy.requests) == 1


def test_no_keys_are_no_round_trip(open_embeddings: OpenEmbeddings) -> None:
    with RedisProcess() as server:
        store = open_embeddings(port=server.port, retries=0)
        server.kill()
        assert list(store.get([])) == []
        store.put([], ttl=1, capacity=1)
        assert store.forget([]) == 0


@pytest.mark.parametrize("wrong", [b"", b"a" * 31, b"a" * 33])
def test_what_is_no_key_is_refused(embeddings: RedisEmbeddingStore, wrong: bytes) -> None:
    for use in (
        lambda: embeddings.get([wrong]),
        lambda: embeddings.get([key("a"), wrong]),
        lambda: embeddings.put([(wrong, b"")], ttl=1, capacity=1),
        lambda: embeddings.forget([wrong]),
    ):
        with pytest.raises(InvalidInputError, match="32"):
            use()


def test_a_value_that_is_too_long_is_refused_before_anything_is_sent(embeddings: RedisEmbeddingStore, client: Any) -> None:
    largest = b"x" * 2**20
    embeddings.put([(key("a"), largest)], ttl=60, capacity=10)
    assert list(embeddings.get([key("a")])) == [largest]
    assert list(embeddings.get([key("a"), key("b")])) == [largest, None]
    with pytest.raises(InvalidInputError, match="1,048,577"):
        embeddings.put([(key("b"), b""), (key("c"), largest + b"x")], ttl=60, capacity=10)
    assert client.exists("lix:1:{url}:" + key("b").hex()) == 0


def test_sessions_and_embeddings_may_share_a_database(
    embeddings: RedisEmbeddingStore, store: RedisHotStore, session: SessionKey
) -> None:
    make_hot(store, session, b"hello")
    embeddings.put(entries(*range(1200)), ttl=60, capacity=2000)
    assert [(one.session, one.findings) for one in store.verify()] == [(session, [])]
    assert store.forget(session).entries == 1
    assert embeddings.measure().entries == 1200


def test_prefixes_separate(open_embeddings: OpenEmbeddings) -> None:
    one, other = open_embeddings(key_prefix="a*[b]"), open_embeddings(key_prefix="axb")
    one.put(entries("a", "b"), ttl=60, capacity=1)
    other.put(entries("a", "b"), ttl=60, capacity=2)
    assert (one.measure().entries, other.measure().entries) == (1, 2)


@given(st.lists(st.none() | st.binary(max_size=3)), st.floats(1, 1e9))
def test_values_are_given_as_long_as_they_are_live(values: list[bytes | None], now: float) -> None:
    stored = [b"" if value is None else b"lxv1" + struct.pack("<Idd", len(value), now, now + 1) + value for value in values]
    assert list(live_values(stored, now)) == values
    assert list(live_values(stored, now + 1)) == [None] * len(values)
    assert list(live_values(stored, now - 60.5)) == [None] * len(values)


def test_embeddings_are_in_a_database_of_their_own_unless_the_url_names_one(
    open_embeddings: OpenEmbeddings, redis_server: RedisProcess, client: Any
) -> None:
    open_embeddings(port=redis_server.port).put(entries("a"), ttl=60, capacity=1)
    assert client.info("keyspace").keys() == {"db1"}
    open_embeddings(url=redis_server.url(db=7)).put(entries("a"), ttl=60, capacity=1)
    assert client.info("keyspace").keys() == {"db1", "db7"}
