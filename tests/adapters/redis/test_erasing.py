"""Erasing a place that was made to try an adapter with: its keys, and nobody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import redis

from lixcore.domain.session import SessionKey
from lixcore.errors import StoreError, StoreRefusedError
from lixcore.testing import SettableClock
from lixcore.testing.ground.opening import context_for
from lixcore.testing.hot_store.stores import make_hot
from lixcore_redis import RedisEmbeddingStore, RedisHotStore, RedisSimilarityIndex

ADAPTERS: list[Any] = [RedisHotStore, RedisSimilarityIndex, RedisEmbeddingStore]
CONTEXT = context_for(SettableClock(), Path("unused"))


@pytest.fixture
def server(redis_url: str) -> redis.Redis:
    return redis.Redis.from_url(redis_url)


@pytest.mark.parametrize("prefix", ["trial", "tr*al", "tr?al", "tr[ia]l", "tr\\al", "a:b", "*", "tr^l-x"])
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_the_prefix_is_data_and_no_pattern(adapter: Any, server: redis.Redis, redis_url: str, prefix: str) -> None:
    with server:
        others = [b"lix:1:run", b"trial2:1:run", b"trXal:1:run", b"trl:1:run", b"tri:1:run", b"b:1:run", b"tr\\\\al:1:run"]
        keys: list[bytes | str] = [*others, f"{prefix}:1:run", f"{prefix}:1:{{00}}:epoch", f"{prefix}:2:later"]
        for key in keys:
            server.set(key, b"x")
        adapter.erase(adapter.Options(url=redis_url, key_prefix=prefix), CONTEXT)
        assert sorted(server.keys()) == sorted(others)


def test_what_a_store_keeps_is_gone_however_much_it_is(server: redis.Redis, redis_url: str) -> None:
    options = RedisHotStore.Options(url=redis_url, key_prefix="trial")
    store = RedisHotStore.open(options, CONTEXT)
    for number in range(1200):
        make_hot(store, SessionKey(f"s{number}"))
    assert store.lease("janitor", holder="one", seconds=60)
    store.close()
    with server:
        assert server.dbsize() > 1200
        RedisHotStore.erase(options, CONTEXT)
        assert server.dbsize() == 0


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_below_the_usual_prefix_nothing_is_erased(adapter: Any, server: redis.Redis, redis_url: str) -> None:
    with server:
        server.set("lix:1:run", b"x")
        with pytest.raises(StoreRefusedError, match="the usual prefix 'lix'"):
            adapter.erase(adapter.Options(url=redis_url), CONTEXT)
        assert server.keys() == [b"lix:1:run"]


def test_a_server_that_is_away_is_an_error() -> None:
    options = RedisHotStore.Options(port=1, key_prefix="trial", retries=0, socket_connect_timeout=0.5)
    with pytest.raises(StoreError):
        RedisHotStore.erase(options, CONTEXT)
