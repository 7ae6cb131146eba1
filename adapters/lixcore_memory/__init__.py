"""Stores in the memory of one process: for tests, notebooks and trying things out.

Nothing is stored anywhere else: what they hold ends with the object.
"""

from __future__ import annotations

from lixcore_memory.archive import MemoryArchive
from lixcore_memory.archive_index import MemoryArchiveIndex
from lixcore_memory.embedding_store import MemoryEmbeddingStore
from lixcore_memory.hot_store import MemoryHotStore
from lixcore_memory.similarity_index import MemorySimilarityIndex

__all__ = ["MemoryArchive", "MemoryArchiveIndex", "MemoryEmbeddingStore", "MemoryHotStore", "MemorySimilarityIndex"]
