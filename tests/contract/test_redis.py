"""The adapters on Redis do what their ports say."""

from __future__ import annotations

from typing import Any

import pytest

from embedding_store_contract import EmbeddingStoreContract
from hot_store_contract import HotStoreContract
from lixcore_redis import RedisEmbeddingStore, RedisHotStore


class TestRedisHotStore(HotStoreContract):
    adapter = RedisHotStore
    own_clock = True

    @pytest.fixture
    def options(self, redis_url: str) -> Any:
        return RedisHotStore.Options(url=redis_url)


class TestRedisEmbeddingStore(EmbeddingStoreContract):
    adapter = RedisEmbeddingStore

    @pytest.fixture
    def options(self, redis_url: str) -> Any:
        return RedisEmbeddingStore.Options(url=redis_url)
