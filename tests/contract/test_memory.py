"""The adapters in memory do what their ports say."""

from __future__ import annotations

from lixcore.testing import ColdArchiveContract, EmbeddingStoreContract, HotStoreContract, SimilarityIndexContract
from lixcore_memory import MemoryArchive, MemoryEmbeddingStore, MemoryHotStore, MemorySimilarityIndex


class TestMemoryHotStore(HotStoreContract):
    adapter = MemoryHotStore


class TestMemoryArchive(ColdArchiveContract):
    adapter = MemoryArchive


class TestMemorySimilarityIndex(SimilarityIndexContract):
    adapter = MemorySimilarityIndex


class TestMemoryEmbeddingStore(EmbeddingStoreContract):
    adapter = MemoryEmbeddingStore
