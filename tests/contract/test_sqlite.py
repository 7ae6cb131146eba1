"""The adapters in SQLite do what their ports say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from embedding_store_contract import EmbeddingStoreContract
from lixcore.testing import HotStoreContract, Place
from lixcore_sqlite import SqliteEmbeddingStore, SqliteHotStore, SqliteSimilarityIndex
from similarity_index_contract import SimilarityIndexContract


class TestSqliteHotStore(HotStoreContract):
    adapter = SqliteHotStore

    @pytest.fixture
    def options(self, place: Place) -> Any:
        return place.options(synchronous="normal")


class TestSqliteHotStoreWithFullSync(HotStoreContract):
    adapter = SqliteHotStore


class TestSqliteSimilarityIndex(SimilarityIndexContract):
    adapter = SqliteSimilarityIndex

    @pytest.fixture
    def options(self, tmp_path: Path) -> Any:
        return SqliteSimilarityIndex.Options(path=str(tmp_path / "hot.sqlite3"))


class TestSqliteSimilarityIndexThatKeepsNothingReady(SimilarityIndexContract):
    adapter = SqliteSimilarityIndex

    @pytest.fixture
    def options(self, tmp_path: Path) -> Any:
        return SqliteSimilarityIndex.Options(path=str(tmp_path / "hot.sqlite3"), index_cache_bytes=0)


class TestSqliteEmbeddingStore(EmbeddingStoreContract):
    adapter = SqliteEmbeddingStore

    @pytest.fixture
    def options(self, tmp_path: Path) -> Any:
        return SqliteEmbeddingStore.Options(path=str(tmp_path / "hot.sqlite3"))
