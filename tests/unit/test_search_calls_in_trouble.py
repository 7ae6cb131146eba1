"""Searching and forgetting as applications call it, where the index fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from failing_store import FailingStore, unreachable
from injured_archive import FollowedPort
from lixcore import CacheConfig, Stack
from lixcore.errors import CorruptDataError, StoreUnavailableError


@pytest.fixture
def indexed() -> Iterator[Stack]:
    config = CacheConfig(hot_store="memory", cold_archive="memory", archive_index="memory")
    with Stack(config, background=False) as stack:
        yield stack


def test_a_search_that_catches_up_mends_the_damage_that_it_meets(indexed: Stack) -> None:
    memory = indexed.session("a")
    memory.add_message_to_context("user", "rain")
    memory.flush_to_disk()
    indexed.catch_up_index()
    guard = indexed.wiring.searches.existing_index().guard
    port = FollowedPort(guard._index)

    def before(name: str) -> None:
        if name == "search_text":
            raise CorruptDataError("the index", "has a wrong checksum")
        if name == "clear":
            port.before = lambda _: None

    port.before = before
    guard._index = port
    with pytest.raises(CorruptDataError):
        indexed.search("rain")
    guard.clear()
    indexed.catch_up_index()
    port.before = before
    assert [hit.message.content for hit in indexed.search("rain", catch_up=True)] == ["rain"]


def test_forgetting_again_reaches_an_index_that_was_away(tmp_path: Path) -> None:
    config = CacheConfig(hot_store="memory", archive_dir=str(tmp_path), archive_index="memory")
    with Stack(config, background=False) as stack:
        memory = stack.session("a")
        memory.add_message_to_context("user", "rain")
        memory.flush_to_disk()
        stack.catch_up_index()
        guard = stack.wiring.searches.existing_index().guard
        port = FailingStore(guard._index)
        port.failure = unreachable
        guard._index = port
        with pytest.raises(StoreUnavailableError) as caught:
            memory.forget()
        said = "; forgotten are 1 hot and 1 archived messages and 0 cached responses, but not what the archive index holds"
        assert said in str(caught.value)
        assert "forget the session again" in caught.value.reason
        port.failure = None
        assert memory.forget() == {"hot": 0, "archive": 0, "semantic": 0, "index": 1}
