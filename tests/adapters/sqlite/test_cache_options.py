"""Where the caches' files are, and that adapters of one name agree about their options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.config import CacheConfig
from lixcore.registry import Group
from lixcore_sqlite import SqliteEmbeddingStore, SqliteSimilarityIndex

NAMES = st.text("abé. -~", min_size=1, max_size=8).filter(lambda name: name.strip(". ") != "")


@pytest.mark.parametrize(
    ("path", "cache", "embeddings"),
    [
        ("./data/lixcore.sqlite3", "data/lixcore-cache.sqlite3", "data/lixcore-embeddings.sqlite3"),
        ("/var/lib/lixcore.db", "/var/lib/lixcore-cache.db", "/var/lib/lixcore-embeddings.db"),
        ("plain", "plain-cache", "plain-embeddings"),
        ("~/a.b.c", "~/a.b-cache.c", "~/a.b-embeddings.c"),
        ("/", "/-cache", "/-embeddings"),
    ],
)
def test_they_stand_beside_the_sessions_file(path: str, cache: str, embeddings: str) -> None:
    assert SqliteSimilarityIndex.Options(path=path).cache_file == cache
    assert SqliteEmbeddingStore.Options(path=path).embeddings_file == embeddings


@given(NAMES, NAMES)
def test_they_are_other_files_in_the_same_directory(directory: str, name: str) -> None:
    path = Path(directory, name)
    cache = Path(SqliteSimilarityIndex.Options(path=str(path)).cache_file)
    embeddings = Path(SqliteEmbeddingStore.Options(path=str(path)).embeddings_file)
    assert cache.parent == embeddings.parent == path.parent
    assert len({cache, embeddings, path}) == 3
    assert "-cache" in cache.name
    assert "-embeddings" in embeddings.name


def test_a_path_that_is_given_is_taken() -> None:
    assert SqliteSimilarityIndex.Options(path="a", cache_path="b/c").cache_file == "b/c"
    assert SqliteEmbeddingStore.Options(path="a", embeddings_path="b/c").embeddings_file == "b/c"


def test_each_gets_the_options_that_are_given_for_sqlite() -> None:
    paths: dict[str, Any] = {"sqlite_path": "x.db", "sqlite_cache_path": "y.db", "sqlite_embeddings_path": "z.db"}
    config = CacheConfig(hot_store="sqlite", sqlite_index_cache_bytes=5, **paths)
    for group in (Group.SIMILARITY_INDEX, Group.EMBEDDING_STORE):
        assert config.chosen(group) == "sqlite"
    assert config.adapter_options("sqlite", Group.SIMILARITY_INDEX).cache_file == "y.db"
    assert config.adapter_options("sqlite", Group.EMBEDDING_STORE).embeddings_file == "z.db"
    assert config.adapter_options("sqlite", Group.SIMILARITY_INDEX).index_cache_bytes == 5
    assert config.adapter_options("sqlite", Group.HOT_STORE).path == "x.db"
