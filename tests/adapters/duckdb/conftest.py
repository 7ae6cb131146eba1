"""An index in a directory of the test's own, opened as often as a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lixcore.domain.words import PlainAnalyzer

pytest.importorskip("duckdb", reason="DuckDB is not installed: pip install 'lixcore[duckdb]' runs this")
from lixcore_duckdb import DuckdbArchiveIndex, DuckdbOptions


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def open_index(place: Path) -> Iterator[Callable[..., DuckdbArchiveIndex]]:
    """Opens ``(analyzer, **options)``."""
    opened: list[DuckdbArchiveIndex] = []

    def open_one(analyzer: Any = None, **options: Any) -> DuckdbArchiveIndex:
        chosen = DuckdbOptions(**{"path": str(place), **options})
        opened.append(DuckdbArchiveIndex(chosen, analyzer or PlainAnalyzer()))
        return opened[-1]

    yield open_one
    for index in opened:
        index.close()


@pytest.fixture
def index(open_index: Callable[..., DuckdbArchiveIndex]) -> DuckdbArchiveIndex:
    return open_index()
