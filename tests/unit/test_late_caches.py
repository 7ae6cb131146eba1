"""Caches that cannot be opened: the application starts all the same, and has them when they can be."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import pytest

import lixcore
from lixcore import CacheConfig, Stack
from lixcore.errors import ClosedError, CorruptDataError, StoreBusyError, StoreError
from settable_clock import SettableClock

URL, EAST = "https://example.org/", [1.0, 0.0]


def config(tmp_path: Path, **settings: Any) -> CacheConfig:
    paths = {"sqlite_path": str(tmp_path / "hot.sqlite3"), "usearch_path": str(tmp_path / "usearch")}
    stores = {"hot_store": "memory", "cold_archive": "memory", "similarity_index": "memory", "embedding_store": "memory"}
    return CacheConfig(**(stores | paths | settings))


def damaged(tmp_path: Path) -> Path:
    file = tmp_path / "hot-cache.sqlite3"
    file.write_bytes(os.urandom(8192))
    return file


def test_a_second_stack_on_the_directory_of_usearch_opens_and_has_it_when_the_first_one_is_closed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = SettableClock()
    first = lixcore.open(config(tmp_path, similarity_index="usearch"))
    with Stack(config(tmp_path, similarity_index="usearch"), clock=clock, background=False) as second:
        memory = second.session("s")
        assert [record.levelno for record in caplog.records if "in use by another process" in record.message] == [logging.WARNING]
        assert memory.cache_semantic_response(URL, EAST, "an answer") is False
        assert memory.get_semantic_response(URL, EAST) is None
        assert memory.get_or_call(URL, EAST, lambda: "made") == "made"
        with pytest.raises(StoreBusyError):
            memory.clear_session_cache()
        first.session("s").cache_semantic_response(URL, EAST, "of the first")
        first.close()
        assert memory.get_semantic_response(URL, EAST) is None, "it was tried a moment ago"
        clock.advance(1.1)
        assert memory.cache_semantic_response(URL, EAST, "an answer") is True
        assert memory.get_semantic_response(URL, EAST) == "an answer"


def test_what_is_forgotten_is_tried_at_once(tmp_path: Path) -> None:
    first = lixcore.open(config(tmp_path, similarity_index="usearch"))
    first.session("s").cache_semantic_response(URL, EAST, "of the first")
    with lixcore.open(config(tmp_path, similarity_index="usearch")) as second:
        first.close()
        assert second.session("s").forget()["semantic"] == 1


@pytest.mark.parametrize("layer", ["similarity_index", "embedding_store"])
def test_a_damaged_cache_is_a_miss_until_its_file_is_gone(tmp_path: Path, layer: str) -> None:
    file, clock = damaged(tmp_path), SettableClock()
    with Stack(config(tmp_path, **{layer: "sqlite"}), clock=clock, background=False) as stack:
        memory = stack.session("s")

        def is_cached() -> bool:
            if layer == "embedding_store":
                return memory.cache_url_embedding(URL, EAST) and memory.get_url_embedding(URL) is not None
            return memory.cache_semantic_response(URL, EAST, 1) and memory.get_semantic_response(URL, EAST) == 1

        assert not is_cached()
        file.unlink()
        clock.advance(1.1)
        assert is_cached()


@pytest.mark.parametrize("layer", ["similarity_index", "embedding_store"])
def test_where_failures_are_raised_opening_raises(tmp_path: Path, layer: str) -> None:
    damaged(tmp_path)
    with pytest.raises(CorruptDataError):
        lixcore.open(config(tmp_path, on_cache_failure="raise", **{layer: "sqlite"}))


def test_after_it_is_closed_nobody_opens_it_any_more(tmp_path: Path) -> None:
    file = damaged(tmp_path)
    stack = lixcore.open(config(tmp_path, similarity_index="sqlite", embedding_store="sqlite"))
    semantic, urls = stack.wiring.semantic, stack.url_embeddings
    with pytest.raises(StoreError):
        semantic.measure()
    stack.close()
    file.unlink()
    with pytest.raises(ClosedError):
        semantic.measure()
    with pytest.raises(ClosedError):
        urls.measure()
    assert not file.exists()
