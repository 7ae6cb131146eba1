"""The adapters on Redis do what their ports say."""

from __future__ import annotations

from typing import Any

import pytest

from lixcore.testing import EmbeddingStoreContract, HotStoreContract, Place
from lixcore_redis import RedisEmbeddingStore, RedisHotStore


class TestRedisHotStore(HotStoreContract):
    adapter = RedisHotStore

    @pytest.fixture
    def options(self, place: Place, redis_url: str) -> Any:
        return place.options(url=redis_url)


class TestRedisEmbeddingStore(EmbeddingStoreContract):
    adapter = RedisEmbeddingStore

    @pytest.fixture
    def options(self, place: Place, redis_url: str) -> Any:
        return place.options(url=redis_url)
