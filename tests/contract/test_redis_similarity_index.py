"""The similarity index on Redis does what its port says."""

from __future__ import annotations

from typing import Any

import pytest

from lixcore.testing import Place, SimilarityIndexContract
from lixcore_redis import RedisSimilarityIndex


class TestRedisSimilarityIndex(SimilarityIndexContract):
    adapter = RedisSimilarityIndex

    @pytest.fixture
    def options(self, place: Place, redis_url: str) -> Any:
        return place.options(url=redis_url)
