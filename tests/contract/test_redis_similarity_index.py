"""The similarity index on Redis does what its port says."""

from __future__ import annotations

from typing import Any

import pytest

from lixcore_redis import RedisSimilarityIndex
from similarity_index_contract import SimilarityIndexContract


class TestRedisSimilarityIndex(SimilarityIndexContract):
    adapter = RedisSimilarityIndex
    own_clock = True

    @pytest.fixture
    def options(self, redis_url: str) -> Any:
        return RedisSimilarityIndex.Options(url=redis_url)
