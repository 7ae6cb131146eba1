"""An application whose caches' files are broken: it opens, works without them, says so, and uses them once they are put right."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lixcore import CacheConfig, Stack
from lixcore.errors import CorruptDataError, StoreBusyError, StoreError, StoreRefusedError
from settable_clock import SettableClock

URL = "https://example.org/"
EAST = [1.0, 0.0]
ANSWER = {"answer": ["seven", 7]}
LAYERS = ("semantic_cache", "url_embedding_cache")


def make_directory(file: Path) -> None:
    file.mkdir()


def write_zeros(file: Path) -> None:
    file.write_bytes(bytes(8192))


def damage(file: Path) -> None:
    """A file that was a good one, with bytes of its pages changed."""
    with Stack(config(file.parent)) as stack:
        memory = stack.session("before")
        memory.cache_semantic_response(URL, EAST, ANSWER)
        memory.cache_url_embedding(URL, EAST)
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    file.write_bytes(content)


TROUBLES = [make_directory, write_zeros, damage]


def config(home: Path, **settings: Any) -> CacheConfig:
    return CacheConfig(hot_store="sqlite", archive_dir=str(home / "archive"), sqlite_path=str(home / "hot.sqlite3"), **settings)


def files(home: Path) -> list[Path]:
    return [home / "hot-cache.sqlite3", home / "hot-embeddings.sqlite3"]


def put_right(home: Path) -> None:
    for file in files(home):
        for path in home.glob(f"{file.name}*"):
            path.rmdir() if path.is_dir() else path.unlink()


@pytest.fixture(params=TROUBLES, ids=lambda trouble: trouble.__name__)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where both caches are in the same trouble."""
    trouble: Callable[[Path], None] = request.param
    for file in files(tmp_path):
        trouble(file)
    return tmp_path


@pytest.fixture
def stack(home: Path) -> Iterator[Stack]:
    with Stack(config(home), clock=SettableClock(1_700_000_000.25), background=False) as stack:
        yield stack


def test_nothing_is_found_and_all_else_works(stack: Stack) -> None:
    memory = stack.session("s")
    assert memory.get_semantic_response(URL, EAST) is None
    assert memory.cache_semantic_response(URL, EAST, ANSWER) is False
    assert [memory.get_or_call(URL, EAST, lambda: ANSWER, query="q") for _ in range(2)] == [ANSWER] * 2
    assert memory.get_url_embedding(URL) is None
    assert memory.cache_url_embedding(URL, EAST) is False
    assert memory.batch_cache_url_embeddings({URL: EAST}) == {URL: False}
    assert memory.add_message_to_context("user", "Hello") == 1
    assert [message["content"] for message in memory.get_context_messages()] == ["Hello"]


def test_it_is_told_once_and_counted(stack: Stack, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    memory = stack.session("s")
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            assert memory.get_semantic_response(URL, EAST) is None
            assert memory.get_url_embedding(URL) is None
        stats = memory.get_stats()
    warnings = [record.getMessage() for record in caplog.records]
    assert len(warnings) == 2
    for file, layer, warning in zip(files(home), LAYERS, warnings, strict=True):
        told = stats[layer]
        assert str(file) in warning
        assert str(file) in told["error"]
        assert told["failures"] >= 5
        assert (told["entries"], told["size_bytes"], told["hits"], told["misses"]) == (None, None, 0, 5)


def test_forgetting_never_looks_as_if_it_had_been_done(stack: Stack) -> None:
    memory = stack.session("s")
    memory.add_message_to_context("user", "Hello")
    for _ in range(2):
        with pytest.raises(StoreError):
            memory.forget()
    with pytest.raises(StoreError):
        memory.clear_session_cache()


def test_calls_raise_where_that_is_wanted(home: Path) -> None:
    with Stack(config(home, on_cache_failure="raise"), background=False) as stack:
        memory = stack.session("s")
        memory.add_message_to_context("user", "Hello")
        calls: list[Callable[[], object]] = [
            lambda: memory.get_semantic_response(URL, EAST),
            lambda: memory.cache_semantic_response(URL, EAST, ANSWER),
            lambda: memory.get_or_call(URL, EAST, lambda: ANSWER),
            lambda: memory.get_url_embedding(URL),
            lambda: memory.cache_url_embedding(URL, EAST),
            memory.get_stats,
            memory.forget,
        ]
        for call in calls:
            with pytest.raises((CorruptDataError, StoreRefusedError)):
                call()


def test_a_file_that_is_put_right_is_used_without_a_restart(stack: Stack, home: Path) -> None:
    memory = stack.session("s")
    assert memory.get_semantic_response(URL, EAST) is None
    assert memory.get_url_embedding(URL) is None
    put_right(home)
    assert memory.cache_semantic_response(URL, EAST, ANSWER) is True
    assert memory.cache_url_embedding(URL, EAST) is True
    assert memory.get_semantic_response(URL, EAST) == ANSWER
    assert memory.get_url_embedding(URL) is not None
    assert [memory.get_stats()[layer]["entries"] for layer in LAYERS] == [1, 1]
    assert memory.forget()["semantic"] == 1


def test_a_directory_that_another_stack_has_is_a_miss_until_it_is_closed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("usearch", reason="USearch is not installed: pip install 'lixcore[usearch]' runs this")
    many = config(tmp_path, similarity_index="usearch", usearch_path=str(tmp_path / "vectors"))
    with Stack(many, background=False) as first, Stack(many, background=False) as second:
        assert not (tmp_path / "vectors").exists()
        assert first.session("s").cache_semantic_response(URL, EAST, ANSWER) is True
        memory = second.session("s")
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                assert memory.get_semantic_response(URL, EAST) is None
        assert [str(tmp_path / "vectors") in record.getMessage() for record in caplog.records] == [True]
        with pytest.raises(StoreBusyError):
            memory.forget()
        first.close()
        assert memory.get_semantic_response(URL, EAST) == ANSWER


def test_a_stack_that_uses_no_cache_makes_no_file(tmp_path: Path) -> None:
    with Stack(config(tmp_path)) as stack:
        memory = stack.session("s")
        memory.add_message_to_context("user", "Hello")
        memory.get_context_messages()
        memory.flush_to_disk()
    assert {path.name for path in tmp_path.iterdir()} == {"hot.sqlite3", "archive"}
