"""The adapters in SQLite do what their ports say."""

from __future__ import annotations

from typing import Any

import pytest

from lixcore.testing import EmbeddingStoreContract, HotStoreContract, Place, SimilarityIndexContract
from lixcore_sqlite import SqliteEmbeddingStore, SqliteHotStore, SqliteSimilarityIndex


class TestSqliteHotStore(HotStoreContract):
    adapter = SqliteHotStore

    @pytest.fixture
    def options(self, place: Place) -> Any:
        return place.options(synchronous="normal")


@pytest.mark.share(6)
class TestSqliteHotStoreWithFullSync(HotStoreContract):
    adapter = SqliteHotStore


@pytest.mark.share(2)
class TestSqliteSimilarityIndex(SimilarityIndexContract):
    adapter = SqliteSimilarityIndex


@pytest.mark.share(6)
class TestSqliteSimilarityIndexThatKeepsNothingReady(SimilarityIndexContract):
    adapter = SqliteSimilarityIndex

    @pytest.fixture
    def options(self, place: Place) -> Any:
        return place.options(index_cache_bytes=0)


class TestSqliteEmbeddingStore(EmbeddingStoreContract):
    adapter = SqliteEmbeddingStore
