"""A hot store and two caches, each in an SQLite file of its own, for the threads and processes of one machine; no server."""

from __future__ import annotations

from lixcore_sqlite.embedding_store import SqliteEmbeddingStore
from lixcore_sqlite.hot_store import SqliteHotStore
from lixcore_sqlite.similarity_index import SqliteSimilarityIndex

__all__ = ["SqliteEmbeddingStore", "SqliteHotStore", "SqliteSimilarityIndex"]
