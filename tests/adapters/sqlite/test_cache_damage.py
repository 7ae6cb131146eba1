"""A cache's file that is damaged, locked or gone: an error of lixcore, or a new beginning."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, StoreBusyError, StoreError
from lixcore.ports.similarity_index import IndexEntry
from lixcore.testing.ground.clock import NOON
from lixcore_sqlite import SqliteEmbeddingStore, SqliteSimilarityIndex

ONE, SHARED = Scope(SessionKey("one")), Scope(SessionKey("one"), shared=True)
KEYS = [b"%032d" % number for number in range(40)]
OpenIndex = Callable[..., SqliteSimilarityIndex]
OpenEmbeddings = Callable[..., SqliteEmbeddingStore]


def execute(file: Path, *statements: str) -> None:
    """Change a file as another program would."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def up(*more: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array([1.0, *more], np.float32)


@pytest.fixture
def filled(cache_file: Path, embeddings_file: Path, open_index: OpenIndex, open_embeddings: OpenEmbeddings) -> tuple[Path, Path]:
    """Closed files: one with 40 entries in two scopes, one with 40 embeddings."""
    index, store = open_index(), open_embeddings()
    for number in range(20):
        for scope in (ONE, SHARED):
            index.add(scope, IndexEntry(up(number), b"answer %d" % number * 40, b"%032d" % number), ttl=300, capacity=50)
    store.put([(key, key * 40) for key in KEYS], ttl=300, capacity=100)
    index.close()
    store.close()
    return cache_file, embeddings_file


def use_everything(index: SqliteSimilarityIndex, store: SqliteEmbeddingStore) -> None:
    """Raises what is no error of lixcore."""
    for scope in (ONE, SHARED):
        with suppress(StoreError):
            index.search(scope, up(3), label=b"%032d" % 3, k=99, at_least=-1)
        with suppress(StoreError):
            index.add(scope, IndexEntry(up(1), b"new"), ttl=300, capacity=5)
    with suppress(StoreError):
        store.get(KEYS)
    with suppress(StoreError):
        store.put([(KEYS[0], b"new")], ttl=300, capacity=10)
    for measured in (index, store):
        with suppress(StoreError):
            measured.measure()
        with suppress(StoreError):
            measured.tally({"hits": 1})
        with suppress(StoreError):
            measured.tallies()
    with suppress(StoreError):
        index.forget(ONE.session)
    with suppress(StoreError):
        store.forget(KEYS)


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_a_file_that_is_cut_is_found(
    filled: tuple[Path, Path], open_index: OpenIndex, open_embeddings: OpenEmbeddings, part: float
) -> None:
    for file in filled:
        os.truncate(file, int(file.stat().st_size * part) // 4096 * 4096)
    index, store = open_index(), open_embeddings()
    with pytest.raises(CorruptDataError, match="it is a cache"):  # noqa: PT012  # either may be the first to notice
        index.search(ONE, up(3), k=99, at_least=-1)
        index.search(SHARED, up(3), k=99, at_least=-1)
    with pytest.raises(CorruptDataError, match="it is a cache"):
        store.get(KEYS)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_bytes_change_nothing_but_errors_of_lixcore_are_raised(
    filled: tuple[Path, Path], open_index: OpenIndex, open_embeddings: OpenEmbeddings, seed: int
) -> None:
    random = Random(seed)
    for file in filled:
        content = bytearray(file.read_bytes())
        for _ in range(1 + seed * 8):
            content[random.randrange(len(content))] ^= random.randrange(1, 256)
        file.write_bytes(content)
    use_everything(open_index(busy_timeout=0.1), open_embeddings(busy_timeout=0.1))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET vector = x'00'",
        "UPDATE entries SET vector = zeroblob(8)",
        "UPDATE entries SET vector = x'0000c07f0000c07f'",
        "UPDATE entries SET vector = 'text'",
        "UPDATE entries SET payload = 'text'",
        "UPDATE entries SET added = 'text'",
        "UPDATE entries SET expires = x'00'",
        "UPDATE entries SET label = 5",
        "UPDATE scopes SET dimension = 1",
        "UPDATE scopes SET dimension = 'text'",
        "DELETE FROM entries",
        "DROP TABLE entries",
    ],
)
def test_an_entry_that_nobody_wrote_is_damage(filled: tuple[Path, Path], open_index: OpenIndex, statement: str) -> None:
    execute(filled[0], statement)
    with pytest.raises(CorruptDataError, match="it is a cache: delete it"):
        open_index().search(ONE, up(3), k=1, at_least=0.9)


@pytest.mark.parametrize("statement", ["UPDATE scopes SET held = 'text'", "UPDATE scopes SET latest = x'00'"])
def test_a_scope_that_nobody_wrote_takes_no_entry(filled: tuple[Path, Path], open_index: OpenIndex, statement: str) -> None:
    execute(filled[0], statement)
    with pytest.raises(CorruptDataError, match="it is a cache: delete it"):
        open_index().add(ONE, IndexEntry(up(3), b"x"), ttl=9, capacity=5)


@pytest.mark.parametrize("statement", ["UPDATE stock SET held = 'text'", "DELETE FROM stock"])
def test_a_stock_that_nobody_wrote_takes_no_embedding(
    filled: tuple[Path, Path], open_embeddings: OpenEmbeddings, statement: str
) -> None:
    store = open_embeddings()
    execute(filled[1], statement)
    with pytest.raises(CorruptDataError, match="it is a cache: delete it"):
        store.put([(KEYS[0], b"x")], ttl=9, capacity=5)


def test_an_embedding_that_nobody_wrote_is_damage(filled: tuple[Path, Path], open_embeddings: OpenEmbeddings) -> None:
    execute(filled[1], "UPDATE embeddings SET value = 'text'")
    with pytest.raises(CorruptDataError, match="it is a cache: delete it"):
        open_embeddings().get(KEYS[:1])


def test_a_schema_that_is_no_text_is_damage(
    filled: tuple[Path, Path], open_index: OpenIndex, open_embeddings: OpenEmbeddings
) -> None:
    """SQLite quotes it in its message, which the driver then cannot read."""
    opens: list[Callable[..., Any]] = [open_index, open_embeddings]
    for file, open_one in zip(filled, opens, strict=True):
        content = file.read_bytes()
        file.write_bytes(content.replace(b"CREATE TABLE meta (format", b"CREATE TABLE meta \xff\xff\xff\xff\xff\xff\xff", 1))
        with pytest.raises(CorruptDataError, match="it is a cache: delete it"):
            open_one().measure()


@pytest.mark.parametrize(
    "statement", ["INSERT INTO tallies VALUES ('hits', 'text')", "INSERT INTO tallies VALUES (CAST(x'ff' AS TEXT), 1.0)"]
)
def test_a_tally_that_nobody_wrote_is_damage(
    filled: tuple[Path, Path], open_index: OpenIndex, open_embeddings: OpenEmbeddings, statement: str
) -> None:
    opens: list[Callable[..., Any]] = [open_index, open_embeddings]
    for file, open_one in zip(filled, opens, strict=True):
        execute(file, statement)
        with pytest.raises(CorruptDataError, match="it is a cache: delete it"):
            open_one().tallies()


def test_readers_wait_for_nobody_and_writers_for_no_longer_than_they_were_told(
    filled: tuple[Path, Path], open_index: OpenIndex, open_embeddings: OpenEmbeddings
) -> None:
    index, store = open_index(busy_timeout=0.1), open_embeddings(busy_timeout=0.1)
    with ExitStack() as others:
        for file in filled:
            others.enter_context(closing(sqlite3.connect(file, isolation_level=None))).execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError):
            index.add(ONE, IndexEntry(up(3), b"x"), ttl=9, capacity=50)
        with pytest.raises(StoreBusyError):
            store.put([(KEYS[0], b"x")], ttl=9, capacity=50)
        assert len(index.search(ONE, up(3), k=99, at_least=-1)) == 20
        assert list(store.get(KEYS)) == [key * 40 for key in KEYS]
    index.add(ONE, IndexEntry(up(3), b"x"), ttl=9, capacity=50)
    store.put([(KEYS[0], b"x")], ttl=9, capacity=50)


def test_a_cache_that_is_deleted_while_it_is_used_begins_anew(
    filled: tuple[Path, Path], open_index: OpenIndex, open_embeddings: OpenEmbeddings
) -> None:
    """Nobody has to be restarted, and what a process had kept of the old file is not taken for the new one's."""
    indexes, stores = [open_index(), open_index()], [open_embeddings(), open_embeddings()]
    for _ in range(2):
        for index, store in zip(indexes, stores, strict=True):
            index.add(ONE, IndexEntry(up(3), b"old"), ttl=NOON, capacity=1)
            store.put([(KEYS[0], b"old")], ttl=NOON, capacity=1)
            assert [match.payload for match in index.search(ONE, up(3), k=99, at_least=-1)] == [b"old"]
            assert list(store.get(KEYS[:1])) == [b"old"]
        for path in filled[0].parent.iterdir():
            path.unlink()
        for index, store in zip(indexes, stores, strict=True):
            assert list(index.search(ONE, up(3), k=99, at_least=-1)) == []
            assert list(store.get(KEYS[:1])) == [None]
        indexes[0].add(ONE, IndexEntry(up(3), b"new"), ttl=NOON, capacity=1)
        assert [match.payload for match in indexes[1].search(ONE, up(3), k=99, at_least=-1)] == [b"new"]
        stores[0].put([(KEYS[0], b"new")], ttl=NOON, capacity=1)
        assert list(stores[1].get(KEYS[:1])) == [b"new"]
