"""The adapters in memory do what their ports say."""

from __future__ import annotations

from typing import Any

import pytest

from cold_archive_contract import ColdArchiveContract
from embedding_store_contract import EmbeddingStoreContract
from hot_store_contract import HotStoreContract
from lixcore_memory import MemoryArchive, MemoryEmbeddingStore, MemoryHotStore, MemorySimilarityIndex
from similarity_index_contract import SimilarityIndexContract


class TestMemoryHotStore(HotStoreContract):
    adapter = MemoryHotStore
    persistent = False
    shared = False

    @pytest.fixture
    def options(self) -> Any:
        return MemoryHotStore.Options()


class TestMemoryArchive(ColdArchiveContract):
    adapter = MemoryArchive
    persistent = False

    @pytest.fixture
    def options(self) -> Any:
        return MemoryArchive.Options()


class TestMemorySimilarityIndex(SimilarityIndexContract):
    adapter = MemorySimilarityIndex
    persistent = False
    shared = False

    @pytest.fixture
    def options(self) -> Any:
        return MemorySimilarityIndex.Options()


class TestMemoryEmbeddingStore(EmbeddingStoreContract):
    adapter = MemoryEmbeddingStore
    persistent = False
    shared = False

    @pytest.fixture
    def options(self) -> Any:
        return MemoryEmbeddingStore.Options()
