"""Opening a cache touches nothing: every call says what is wrong with its file, until that is put right."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, StoreBusyError, StoreError, StoreRefusedError
from lixcore.ports.similarity_index import IndexEntry
from lixcore.testing.ground.threads import at_once
from lixcore_sqlite import SqliteEmbeddingStore, SqliteHotStore, SqliteSimilarityIndex

ONE = Scope(SessionKey("one"))
UP = np.ones(2, np.float32)
KEY = b"k" * 32
OpenIndex = Callable[..., SqliteSimilarityIndex]
OpenEmbeddings = Callable[..., SqliteEmbeddingStore]
Open = Callable[..., Any]


@pytest.fixture(params=["index", "store"])
def open_cache(request: pytest.FixtureRequest, open_index: OpenIndex, open_embeddings: OpenEmbeddings) -> Open:
    return open_index if request.param == "index" else open_embeddings


@pytest.fixture
def its_file(open_cache: Open, open_index: OpenIndex, cache_file: Path, embeddings_file: Path) -> Path:
    """The file of that cache; its directory is there."""
    cache_file.parent.mkdir()
    return cache_file if open_cache is open_index else embeddings_file


def calls_of(cache: Any) -> Sequence[Callable[[], object]]:
    """Every method that needs the file."""
    if isinstance(cache, SqliteSimilarityIndex):
        own: list[Callable[[], object]] = [
            lambda: cache.add(ONE, IndexEntry(UP, b"x"), ttl=9, capacity=1),
            lambda: cache.search(ONE, UP, k=1, at_least=0.9),
            lambda: cache.forget(ONE.session),
            lambda: cache.measure(ONE.session),
            lambda: cache.lease("job", holder="me", seconds=5),
            lambda: cache.end_lease("job", holder="me"),
        ]
    else:
        own = [
            lambda: cache.put([(KEY, b"x")], ttl=9, capacity=1),
            lambda: cache.get([KEY]),
            lambda: cache.forget([KEY]),
        ]
    return [*own, cache.measure, cache.tallies, lambda: cache.tally({"hits": 1})]


def check_every_call_raises(cache: Any, kind: type[StoreError], match: str) -> None:
    for call in calls_of(cache):
        with pytest.raises(kind, match=match):
            call()


def check_every_call_works(cache: Any) -> None:
    for call in calls_of(cache):
        call()


def execute(file: Path, *statements: str) -> None:
    """Change a file as another program would."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def make(open_cache: Open) -> None:
    cache = open_cache()
    cache.tally({"hits": 1})
    cache.close()


def remove(file: Path) -> None:
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()


def test_opening_and_closing_touch_nothing(tmp_path: Path, open_cache: Open) -> None:
    open_cache().close()
    assert list(tmp_path.iterdir()) == []


def test_calls_that_need_nothing_of_the_file_touch_nothing(tmp_path: Path, open_embeddings: OpenEmbeddings) -> None:
    store = open_embeddings()
    assert list(store.get([])) == []
    store.put([], ttl=9, capacity=1)
    store.tally({})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"not a database, whatever its name says" * 200, bytes(8192)], ids=["text", "zeros"])
def test_what_is_no_database_is_refused_and_left_alone(its_file: Path, open_cache: Open, content: bytes) -> None:
    its_file.write_bytes(content)
    cache = open_cache()
    check_every_call_raises(cache, CorruptDataError, rf"{its_file.name}.*it is a cache: delete it together with its -wal")
    assert its_file.read_bytes() == content
    assert list(its_file.parent.iterdir()) == [its_file]
    remove(its_file)
    check_every_call_works(cache)


def test_pages_that_are_damaged_behind_a_good_beginning(its_file: Path, open_cache: Open) -> None:
    make(open_cache)
    content = bytearray(its_file.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    its_file.write_bytes(content)
    cache = open_cache()
    check_every_call_raises(cache, CorruptDataError, "it is a cache: delete it")
    assert its_file.read_bytes() == content
    remove(its_file)
    check_every_call_works(cache)


def test_a_directory_in_its_place_is_refused(its_file: Path, open_cache: Open) -> None:
    its_file.mkdir()
    cache = open_cache()
    check_every_call_raises(cache, StoreRefusedError, its_file.name)
    assert list(its_file.iterdir()) == []
    its_file.rmdir()
    check_every_call_works(cache)


def test_a_file_in_the_place_of_its_directory_is_refused(tmp_path: Path, open_cache: Open) -> None:
    (tmp_path / "data").write_text("no directory")
    cache = open_cache()
    check_every_call_raises(cache, StoreRefusedError, "directory cannot be made")
    (tmp_path / "data").unlink()
    check_every_call_works(cache)


def test_the_database_of_another_application_is_left_alone(its_file: Path, open_cache: Open) -> None:
    execute(its_file, "CREATE TABLE theirs (x)")
    content = its_file.read_bytes()
    with pytest.raises(StoreRefusedError, match="another application") as caught:
        open_cache().measure()
    assert "delete" not in str(caught.value), "it is none of ours"
    assert its_file.read_bytes() == content


def test_none_of_the_three_files_is_taken_for_another(
    tmp_path: Path, open_file: Callable[..., SqliteHotStore], open_index: OpenIndex, open_embeddings: OpenEmbeddings
) -> None:
    files = [tmp_path / "data" / f"lixcore{ending}.sqlite3" for ending in ("", "-cache", "-embeddings")]
    open_file(files[0])
    make(open_index)
    make(open_embeddings)
    opens: list[Callable[[Path], object]] = [
        open_file,
        lambda file: open_index(cache_path=str(file)).measure(),
        lambda file: open_embeddings(embeddings_path=str(file)).measure(),
    ]
    for own, open_one in enumerate(opens):
        open_one(files[own])
        for other in {0, 1, 2} - {own}:
            with pytest.raises(StoreRefusedError, match="another part of lixcore; choose another path") as caught:
                open_one(files[other])
            assert "delete" not in str(caught.value)


def test_a_newer_format_is_refused(its_file: Path, open_cache: Open) -> None:
    make(open_cache)
    execute(its_file, "UPDATE meta SET format = 2")
    check_every_call_raises(open_cache(), StoreRefusedError, "has format 2; this version of lixcore reads up to 1")


def test_a_format_that_cannot_be_told_is_damage(its_file: Path, open_cache: Open) -> None:
    make(open_cache)
    execute(its_file, "DELETE FROM meta")
    check_every_call_raises(open_cache(), CorruptDataError, "which format it has; it is a cache: delete it")


def test_an_empty_file_becomes_a_cache(its_file: Path, open_cache: Open) -> None:
    its_file.touch()
    check_every_call_works(open_cache())


def test_a_file_that_others_keep_locked_is_used_once_they_let_go(its_file: Path, open_cache: Open) -> None:
    """Nobody has made its tables yet, so even reading has to wait."""
    cache = open_cache(busy_timeout=0.01)
    with closing(sqlite3.connect(its_file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        check_every_call_raises(cache, StoreBusyError, "locked by another process")
        other.execute("ROLLBACK")
    check_every_call_works(cache)


def test_only_its_owner_may_read_it(its_file: Path, open_cache: Open) -> None:
    check_every_call_works(open_cache())
    assert {path.stat().st_mode & 0o777 for path in its_file.parent.iterdir()} == {0o600}


def test_threads_that_use_it_first_make_one_file(its_file: Path, open_cache: Open) -> None:
    caches, barrier = [open_cache() for _ in range(6)], threading.Barrier(6)

    def begin(cache: Any) -> None:
        barrier.wait()
        cache.tally({"hits": 1})

    at_once(*[lambda cache=cache: begin(cache) for cache in caches])
    assert [dict(cache.tallies()) for cache in caches] == [{"hits": 6}] * 6
    assert {path.name.removeprefix(its_file.name) for path in its_file.parent.iterdir()} == {"", "-wal", "-shm"}
