"""What commands show of the caches, and remove from them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest

from lix_command import LixCommand
from lixcore import CacheConfig, CacheCoordinator
from redis_process import free_port

URL, QUERY = "https://example.org/", [1.0, 0.5]


@pytest.fixture
def memory(lix: LixCommand) -> Iterator[CacheCoordinator]:
    """The session ``a``, on the stores that commands use."""
    config = CacheConfig(hot_store="sqlite", sqlite_path=str(lix.home / "hot.sqlite3"), archive_dir=str(lix.archive_dir))
    with CacheCoordinator("a", config=config) as memory:
        yield memory


def rows(shown: str) -> dict[str, list[str]]:
    """The cells of each row of what is shown, by its first one."""
    cells = [re.split(r" {2,}", line.strip()) for line in shown.splitlines() if line.strip()]
    return {row[0]: row[1:] for row in cells}


def away(cache: str) -> tuple[str, ...]:
    return "--set", f"{cache}=redis", "--set", f"redis_port={free_port()}", "--set", "redis_retries=0"


def test_stats_show_what_the_caches_hold_and_were_good_for(lix: LixCommand, memory: CacheCoordinator) -> None:
    memory.cache_semantic_response(URL, QUERY, "an answer", seconds=2.5)
    assert memory.get_semantic_response(URL, QUERY) == "an answer"
    assert memory.get_semantic_response("https://example.org/other", QUERY) is None
    memory.batch_cache_url_embeddings({f"{URL}{number}": QUERY for number in range(3)})
    memory.close()
    told = lix("stats", "--json").document()["caches"]
    answers, embeddings = told["semantic_cache"], told["url_embedding_cache"]
    assert (answers["adapter"], answers["entries"], answers["error"]) == ("sqlite", 1, None)
    assert answers["size_bytes"] > 0
    assert answers["totals"] == {
        "hits": 1,
        "misses": 1,
        "seconds_saved": 2.5,
        "not_admitted": 0,
        "failures": 0,
        "hit_rate": 0.5,
    }
    assert (embeddings["entries"], embeddings["totals"]["hit_rate"]) == (3, None)
    shown = rows(lix("stats").out)
    assert shown["kept by"] == ["sqlite", "sqlite"]
    assert (shown["entries"], shown["hits"], shown["misses"]) == (["1", "3"], ["1", "0"], ["1", "0"])
    assert (shown["hit rate"], shown["time saved"]) == (["50.0 %", "-"], ["2.5 s", "0.0 s"])


def test_stats_fit_into_80_columns(lix: LixCommand) -> None:
    """No row is folded."""
    out = lix.run("stats", env={**os.environ, "COLUMNS": "80"}).out
    assert max(map(len, out.splitlines())) <= 80
    assert list(rows(out))[-7:] == ["kept by", "entries", "size", "hits", "misses", "hit rate", "time saved"]


def test_a_cache_that_is_off_has_no_figures(lix: LixCommand) -> None:
    result = lix("stats", "--set", "similarity_index=none")
    assert result.code == 0
    assert [row[0] for row in list(rows(result.out).values())[-7:]] == ["off", *"------"]


def test_a_cache_that_cannot_be_asked_is_no_success(lix: LixCommand) -> None:
    """The rest is shown all the same."""
    result = lix("stats", *away("similarity_index"))
    assert (result.code, "the store of the semantic cache is away" in result.err) == (1, True)
    assert [row[0] for row in list(rows(result.out).values())[-7:]] == ["redis", *"------"]
    as_json = lix("stats", *away("embedding_store"), "--json")
    told = as_json.document()["caches"]
    assert (as_json.code, told["semantic_cache"]["error"], told["semantic_cache"]["entries"]) == (1, None, 0)
    assert (told["url_embedding_cache"]["entries"], told["url_embedding_cache"]["totals"]) == (None, None)
    assert "redis://" in told["url_embedding_cache"]["error"]


@pytest.mark.parametrize("shared", [False, True])
def test_forget_removes_what_is_only_cached_and_asks_nobody(
    lix: LixCommand,
    memory: CacheCoordinator,
    shared: bool,  # noqa: FBT001  # a parameter
) -> None:
    memory.cache_semantic_response(URL, QUERY, "an answer", shared=shared)
    result = lix("forget", "a")
    assert (result.code, "1 cached response" in result.out) == (0, True), result
    assert memory.get_semantic_response(URL, QUERY, shared=shared) is None
    assert lix("forget", "a").code == 66


def test_what_a_forget_could_not_reach_is_removed_by_the_next(lix: LixCommand, memory: CacheCoordinator) -> None:
    """After the first one there is no message of the session any more, and it is no stranger for that."""
    memory.add_message_to_context("user", "Hello")
    memory.cache_semantic_response(URL, QUERY, "an answer")
    for _ in range(2):
        assert lix("forget", "a", "--yes", *away("similarity_index")).code == 69
    assert memory.get_full_history() == []
    assert lix("forget", "a", "--json").document()["removed"] == {"hot": 0, "archive": 0, "semantic": 1, "index": 0}
