"""Stores on the tests' own redis-server, closed when the test is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from lixcore.domain.session import SessionKey
from lixcore_redis import (
    RedisEmbeddingOptions,
    RedisEmbeddingStore,
    RedisHotStore,
    RedisOptions,
    RedisSimilarityIndex,
    RedisSimilarityOptions,
)
from settable_clock import SettableClock

OpenStore = Callable[..., RedisHotStore]
OpenIndex = Callable[..., RedisSimilarityIndex]


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def open_store(clock: SettableClock, redis_url: str) -> Iterator[OpenStore]:
    """Opens stores; without an address, on the shared server."""
    opened = []

    def open_one(**options: Any) -> RedisHotStore:
        if not options.keys() & {"url", "port"}:
            options["url"] = redis_url
        store = RedisHotStore(RedisOptions(**options), clock)
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> RedisHotStore:
    return open_store()


@pytest.fixture
def open_embeddings(clock: SettableClock, redis_url: str) -> Iterator[Callable[..., RedisEmbeddingStore]]:
    """Opens stores of embeddings; without an address, on the shared server, where `client` looks."""
    opened = []

    def open_one(**options: Any) -> RedisEmbeddingStore:
        if not options.keys() & {"url", "port"}:
            options["url"] = redis_url
        store = RedisEmbeddingStore(RedisEmbeddingOptions(**options), clock)
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def embeddings(open_embeddings: Callable[..., RedisEmbeddingStore]) -> RedisEmbeddingStore:
    return open_embeddings()


@pytest.fixture
def open_index(clock: SettableClock, redis_url: str) -> Iterator[OpenIndex]:
    """Opens similarity indexes; without an address, on the shared server."""
    opened = []

    def open_one(**options: Any) -> RedisSimilarityIndex:
        if not options.keys() & {"url", "port"}:
            options["url"] = redis_url
        index = RedisSimilarityIndex(RedisSimilarityOptions(**options), clock)
        opened.append(index)
        return index

    yield open_one
    for index in opened:
        index.close()


@pytest.fixture
def index(open_index: OpenIndex) -> RedisSimilarityIndex:
    return open_index()


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:
    """A `redis.Redis` to look at the database from the side; Any, because its annotations are of all its modes at once."""
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def session() -> SessionKey:
    return SessionKey("user-abc")
