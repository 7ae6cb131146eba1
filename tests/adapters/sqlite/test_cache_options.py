"""Where the cache's file is, and that adapters of one name agree about their options."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.config import CacheConfig
from lixcore.registry import Group
from lixcore_sqlite import SqliteEmbeddingStore, SqliteSimilarityIndex

NAMES = st.text("abé. -~", min_size=1, max_size=8).filter(lambda name: name.strip(". ") != "")


@pytest.mark.parametrize(
    ("path", "cache"),
    [
        ("./data/lixcore.sqlite3", "data/lixcore-cache.sqlite3"),
        ("/var/lib/lixcore.db", "/var/lib/lixcore-cache.db"),
        ("plain", "plain-cache"),
        ("~/a.b.c", "~/a.b-cache.c"),
        ("/", "/-cache"),
    ],
)
def test_it_stands_beside_the_sessions_file(path: str, cache: str) -> None:
    assert SqliteSimilarityIndex.Options(path=path).cache_file == cache
    assert SqliteEmbeddingStore.Options(path=path).cache_file == cache


@given(NAMES, NAMES)
def test_it_is_another_file_in_the_same_directory(directory: str, name: str) -> None:
    path = Path(directory, name)
    cache = Path(SqliteSimilarityIndex.Options(path=str(path)).cache_file)
    assert cache.parent == path.parent
    assert cache != path
    assert "-cache" in cache.name


def test_a_path_that_is_given_is_taken() -> None:
    assert SqliteEmbeddingStore.Options(path="a", cache_path="b/c").cache_file == "b/c"


def test_both_get_the_options_that_are_given_for_sqlite() -> None:
    config = CacheConfig(hot_store="sqlite", sqlite_path="x.db", sqlite_cache_path="y.db", sqlite_index_cache_bytes=5)
    for group in (Group.SIMILARITY_INDEX, Group.EMBEDDING_STORE):
        assert config.chosen(group) == "sqlite"
        assert config.adapter_options("sqlite", group).cache_file == "y.db"
    assert config.adapter_options("sqlite", Group.SIMILARITY_INDEX).index_cache_bytes == 5
    assert config.adapter_options("sqlite", Group.HOT_STORE).path == "x.db"
