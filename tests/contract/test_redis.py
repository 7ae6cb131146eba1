"""The hot store on Redis does what its port says."""

from __future__ import annotations

from typing import Any

import pytest

from hot_store_contract import HotStoreContract
from lixcore_redis import RedisHotStore


class TestRedisHotStore(HotStoreContract):
    adapter = RedisHotStore
    own_clock = True

    @pytest.fixture
    def options(self, redis_url: str) -> Any:
        return RedisHotStore.Options(url=redis_url)
