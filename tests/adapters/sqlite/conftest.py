"""A store in a file of the test's own, opened as often as a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.opening import open_adapter
from lixcore_sqlite import SqliteEmbeddingStore, SqliteHotStore, SqliteSimilarityIndex


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hot" / "lixcore.sqlite3"


@pytest.fixture
def open_file(tmp_path: Path) -> Iterator[Callable[..., SqliteHotStore]]:
    """Opens ``(path, busy_timeout=5.0)``."""
    opened: list[SqliteHotStore] = []

    def open_one(path: Path, busy_timeout: float = 5.0) -> SqliteHotStore:
        options = SqliteHotStore.Options(path=str(path), synchronous="normal", busy_timeout=busy_timeout)
        opened.append(open_adapter(SqliteHotStore, options, SettableClock(), tmp_path / "archive"))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def cache_file(tmp_path: Path) -> Path:
    """Where `open_index` keeps its data."""
    return tmp_path / "data" / "lixcore-cache.sqlite3"


@pytest.fixture
def embeddings_file(tmp_path: Path) -> Path:
    """Where `open_embeddings` keeps its data."""
    return tmp_path / "data" / "lixcore-embeddings.sqlite3"


@pytest.fixture
def open_index(tmp_path: Path, clock: SettableClock) -> Iterator[Callable[..., SqliteSimilarityIndex]]:
    """Opens an index; takes options."""
    opened: list[SqliteSimilarityIndex] = []

    def open_one(**options: Any) -> SqliteSimilarityIndex:
        all_options = SqliteSimilarityIndex.Options(**{"path": str(tmp_path / "data" / "lixcore.sqlite3"), **options})
        opened.append(open_adapter(SqliteSimilarityIndex, all_options, clock, tmp_path / "archive"))
        return opened[-1]

    yield open_one
    for index in opened:
        index.close()


@pytest.fixture
def open_embeddings(tmp_path: Path, clock: SettableClock) -> Iterator[Callable[..., SqliteEmbeddingStore]]:
    """Opens an embedding store beside it; takes options."""
    opened: list[SqliteEmbeddingStore] = []

    def open_one(**options: Any) -> SqliteEmbeddingStore:
        all_options = SqliteEmbeddingStore.Options(**{"path": str(tmp_path / "data" / "lixcore.sqlite3"), **options})
        opened.append(open_adapter(SqliteEmbeddingStore, all_options, clock, tmp_path / "archive"))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()
