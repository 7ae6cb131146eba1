"""Redis or Valkey >= 6.2: sessions as streams, cached responses as three strings for each scope, embeddings of URLs as values."""

from __future__ import annotations

from lixcore_redis.answers.similarity_index import RedisSimilarityIndex
from lixcore_redis.embeddings.embedding_store import RedisEmbeddingStore
from lixcore_redis.options import RedisEmbeddingOptions, RedisOptions, RedisSimilarityOptions
from lixcore_redis.sessions.hot_store import RedisHotStore
from lixcore_redis.transport.server_info import ServerInfo

__all__ = [
    "RedisEmbeddingOptions",
    "RedisEmbeddingStore",
    "RedisHotStore",
    "RedisOptions",
    "RedisSimilarityIndex",
    "RedisSimilarityOptions",
    "ServerInfo",
]
