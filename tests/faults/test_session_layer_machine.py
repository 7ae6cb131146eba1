"""The session layer behaves like lists of messages, on every hot store, whatever befalls it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase

import wrong_tierings as wrong
from fault_scale import NIGHTLY, NIGHTLY_EXAMPLES
from lasting_stores import ArchiveName, HotName, Stores
from lixcore.services.conversation.enduring_window import EnduringWindow
from lixcore.services.tiers.tiering import Tiering
from session_layer_machine import check_sessions

GENERATED = (Phase.generate,)
modes = pytest.mark.parametrize("mode", ["overflow", "through"])
pytestmark = pytest.mark.timeout(4 * 3600 if NIGHTLY else 120)


def examples(count: int) -> int:
    return count * NIGHTLY_EXAMPLES if NIGHTLY else count


def in_memory() -> Stores:
    return Stores("memory", "memory")


def on_files(hot: HotName, archive: ArchiveName, directory: Path, redis_url: str | None = None) -> Callable[[], Stores]:
    number = itertools.count()

    def make() -> Stores:
        stores = Stores(hot, archive, directory=directory / str(next(number)), redis_url=redis_url)
        stores.wipe()
        return stores

    return make


@modes
def test_in_memory(mode: str) -> None:
    check_sessions(in_memory, mode=mode, examples=examples(50), phases=GENERATED)


@pytest.mark.share(2)
@modes
def test_with_the_hot_store_in_memory_and_the_archive_in_files(mode: str, tmp_path: Path) -> None:
    check_sessions(on_files("memory", "huffman", tmp_path), mode=mode, examples=examples(20), phases=GENERATED)


@pytest.mark.share(2)
@modes
def test_with_the_hot_store_in_sqlite(mode: str, tmp_path: Path) -> None:
    check_sessions(on_files("sqlite", "huffman", tmp_path), mode=mode, examples=examples(12), phases=GENERATED)


@pytest.mark.share(2)
@modes
def test_with_the_hot_store_on_redis(mode: str, tmp_path: Path, redis_url: str) -> None:
    check_sessions(on_files("redis", "huffman", tmp_path, redis_url), mode=mode, examples=examples(15), phases=GENERATED)


@pytest.mark.parametrize(
    "planted",
    [
        {Tiering.__name__: wrong.SpillsFromTheNewestEnd},
        {Tiering.__name__: wrong.RestoresWhatWasCleared},
        {Tiering.__name__: wrong.IgnoresWhatTheArchiveHolds},
        {EnduringWindow.__name__: wrong.ClearsWithoutNoting},
    ],
    ids=lambda planted: next(iter(planted.values())).__name__,
)
def test_random_histories_find_what_is_wrong_without_any_race(planted: dict[str, type]) -> None:
    with pytest.raises(AssertionError):
        check_sessions(in_memory, mode="overflow", examples=500, planted=planted, phases=GENERATED)
