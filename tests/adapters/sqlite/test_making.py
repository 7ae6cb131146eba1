"""A new file that another process makes as well, between any two statements of this one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lixcore.domain.session import SessionKey
from lixcore.errors import StoreUnavailableError
from lixcore_sqlite import SqliteEmbeddingStore, SqliteHotStore, SqliteSimilarityIndex
from lixcore_sqlite.cache_schema import EMBEDDINGS, RESPONSES
from lixcore_sqlite.schema import SESSIONS, Schema, prepare


def make_in_between(file: Path, schema: Schema, statements_before: int, open_other: Callable[[], object]) -> None:
    """Make the file, while another process does between two statements."""
    left = statements_before

    class Interrupted(sqlite3.Connection):
        def execute(self, *statement: Any) -> sqlite3.Cursor:
            nonlocal left
            left -= 1
            if left == -1:
                try:
                    open_other()
                except StoreUnavailableError:
                    assert self.in_transaction, "only then does the other have to wait"
            return super().execute(*statement)

    with closing(sqlite3.connect(file, isolation_level=None, factory=Interrupted)) as connection:
        prepare(connection, str(file), busy_timeout=0.0, schema=schema)
        assert connection.execute("SELECT format FROM meta").fetchall() == [(1,)]


@pytest.mark.parametrize("statements_before", range(14))
def test_whoever_makes_the_file_meanwhile_it_is_recognised(
    tmp_path: Path, open_file: Callable[..., SqliteHotStore], statements_before: int
) -> None:
    file = tmp_path / "hot.sqlite3"
    make_in_between(file, SESSIONS, statements_before, lambda: open_file(file, busy_timeout=0.0))


@pytest.mark.parametrize("statements_before", range(24))
def test_whoever_makes_the_file_of_responses_meanwhile_it_is_recognised(
    cache_file: Path, open_index: Callable[..., SqliteSimilarityIndex], statements_before: int
) -> None:
    cache_file.parent.mkdir()
    make_in_between(cache_file, RESPONSES, statements_before, lambda: open_index(busy_timeout=0.0).measure())


@pytest.mark.parametrize("statements_before", range(20))
def test_whoever_makes_the_file_of_embeddings_meanwhile_it_is_recognised(
    embeddings_file: Path, open_embeddings: Callable[..., SqliteEmbeddingStore], statements_before: int
) -> None:
    embeddings_file.parent.mkdir()
    make_in_between(embeddings_file, EMBEDDINGS, statements_before, lambda: open_embeddings(busy_timeout=0.0).measure())


FORMAT_1 = (
    "CREATE TABLE meta (format INTEGER NOT NULL, identity BLOB NOT NULL, removals INTEGER NOT NULL, wiped INTEGER NOT NULL)",
    """CREATE TABLE sessions (number INTEGER PRIMARY KEY, tenant BLOB NOT NULL, id BLOB NOT NULL, held INTEGER NOT NULL,
        highest INTEGER NOT NULL, last_active REAL NOT NULL, UNIQUE (tenant, id))""",
    """CREATE TABLE entries (session INTEGER NOT NULL, position INTEGER NOT NULL, timestamp REAL NOT NULL,
        payload BLOB NOT NULL, PRIMARY KEY (session, position)) WITHOUT ROWID""",
    "CREATE TABLE departures (bucket INTEGER PRIMARY KEY, count INTEGER NOT NULL, highest INTEGER NOT NULL)",
    "INSERT INTO meta VALUES (1, x'000102030405060708090a0b0c0d0e0f', 0, 0)",
    "WITH RECURSIVE b(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM b WHERE n < 255) INSERT INTO departures SELECT n, 0, 0 FROM b",
    "INSERT INTO sessions VALUES (1, x'64656661756c74', x'6f6e65', 1, 7, 1.5)",
    "INSERT INTO entries VALUES (1, 7, 2.5, x'68656c6c6f')",
    "PRAGMA application_id = 1818851377",
)
"""A file of format 1, as every version of lixcore so far has made it."""


def test_a_file_of_before_opens_and_stays_as_it_is(tmp_path: Path, open_file: Callable[..., SqliteHotStore]) -> None:
    file = tmp_path / "hot.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in FORMAT_1:
            connection.execute(statement)
    store = open_file(file)
    assert [(entry.position, entry.timestamp, entry.payload) for entry in store.oldest(SessionKey("one"), limit=9)] == [
        (7, 2.5, b"hello")
    ]
    assert store.append(SessionKey("one"), 3.5, b"more")
    fresh = open_file(tmp_path / "fresh.sqlite3")
    asked = "SELECT type, name, sql FROM sqlite_master"
    assert store._database.rows(asked, ()) == fresh._database.rows(asked, ())
    assert store._database.rows("PRAGMA application_id", ()) == fresh._database.rows("PRAGMA application_id", ())
