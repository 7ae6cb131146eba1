"""The hot store on Redis or Valkey >= 6.2: one stream per session, one round trip per message."""

from __future__ import annotations

from lixcore_redis.embedding_store import RedisEmbeddingStore
from lixcore_redis.hot_store import RedisHotStore
from lixcore_redis.options import RedisEmbeddingOptions, RedisOptions
from lixcore_redis.server_info import ServerInfo

__all__ = ["RedisEmbeddingOptions", "RedisEmbeddingStore", "RedisHotStore", "RedisOptions", "ServerInfo"]
