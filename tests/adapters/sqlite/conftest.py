"""A store in a file of the test's own, opened as often as a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract_ground import SettableClock, open_adapter
from lixcore_sqlite import SqliteHotStore


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
