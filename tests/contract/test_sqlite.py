"""The hot store in SQLite does what its port says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hot_store_contract import HotStoreContract
from lixcore_sqlite import SqliteHotStore


class TestSqliteHotStore(HotStoreContract):
    adapter = SqliteHotStore

    @pytest.fixture
    def options(self, tmp_path: Path) -> Any:
        return SqliteHotStore.Options(path=str(tmp_path / "hot.sqlite3"), synchronous="normal")


class TestSqliteHotStoreWithFullSync(HotStoreContract):
    adapter = SqliteHotStore

    @pytest.fixture
    def options(self, tmp_path: Path) -> Any:
        return SqliteHotStore.Options(path=str(tmp_path / "hot.sqlite3"))
