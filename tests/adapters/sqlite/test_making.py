"""A new file that another process makes as well, between any two statements of this one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lixcore.errors import StoreUnavailableError
from lixcore_sqlite import SqliteHotStore
from lixcore_sqlite.schema import prepare


@pytest.mark.parametrize("statements_before", range(14))
def test_whoever_makes_the_file_meanwhile_it_is_recognised(
    tmp_path: Path, open_file: Callable[..., SqliteHotStore], statements_before: int
) -> None:
    file = tmp_path / "hot.sqlite3"
    left = statements_before

    class Interrupted(sqlite3.Connection):
        def execute(self, *statement: Any) -> sqlite3.Cursor:
            nonlocal left
            left -= 1
            if left == -1:
                try:
                    open_file(file, busy_timeout=0.0)
                except StoreUnavailableError:
                    assert self.in_transaction, "only then does the other have to wait"
            return super().execute(*statement)

    with closing(sqlite3.connect(file, isolation_level=None, factory=Interrupted)) as connection:
        prepare(connection, str(file), busy_timeout=0.0)
        assert connection.execute("SELECT format FROM meta").fetchall() == [(1,)]
