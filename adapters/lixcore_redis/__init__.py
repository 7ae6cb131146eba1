"""Redis or Valkey >= 6.2: sessions as one stream each, cached answers as three strings for each scope."""

from __future__ import annotations

from lixcore_redis.hot_store import RedisHotStore
from lixcore_redis.options import RedisOptions, RedisSimilarityOptions
from lixcore_redis.server_info import ServerInfo
from lixcore_redis.similarity_index import RedisSimilarityIndex

__all__ = ["RedisHotStore", "RedisOptions", "RedisSimilarityIndex", "RedisSimilarityOptions", "ServerInfo"]
