"""The adapters in memory do what their ports say."""

from __future__ import annotations

from typing import Any

import pytest

from embedding_store_contract import EmbeddingStoreContract
from lixcore.testing import ColdArchiveContract, HotStoreContract
from lixcore_memory import MemoryArchive, MemoryEmbeddingStore, MemoryHotStore, MemorySimilarityIndex
from similarity_index_contract import SimilarityIndexContract


class TestMemoryHotStore(HotStoreContract):
    adapter = MemoryHotStore


class TestMemoryArchive(ColdArchiveContract):
    adapter = MemoryArchive


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
