"""What applications call to save paying twice: through the coordinator, over real adapters."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lixcore
from lixcore import CacheConfig, Stack
from lixcore.errors import ConfigError, InvalidInputError, StoreUnavailableError
from redis_process import free_port
from settable_clock import SettableClock

URL = "https://example.org/"
EAST, NEARLY_EAST, NORTH = [1.0, 0.0], [1.0, 0.2], [0.0, 1.0]  # the first two have a cosine of 0.98
ANSWER = {"answer": ["seven", 7]}
METHODS_OF_THE_PREDECESSOR = [
    "get_semantic_response", "cache_semantic_response", "get_url_embedding", "cache_url_embedding", "batch_cache_url_embeddings",
    "clear_session_cache", "get_cache_stats",
]  # fmt: skip


def config(tmp_path: Path, store: str, **settings: Any) -> CacheConfig:
    return CacheConfig(hot_store=store, cold_archive="memory", sqlite_path=str(tmp_path / "hot.sqlite3"), **settings)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(1_700_000_000.25)


@pytest.fixture(params=["memory", "sqlite"])
def stack(request: pytest.FixtureRequest, tmp_path: Path, clock: SettableClock) -> Iterator[Stack]:
    with Stack(config(tmp_path, request.param), clock=clock, background=False) as stack:
        yield stack


def test_the_methods_of_the_predecessor_are_there(stack: Stack) -> None:
    memory = stack.session("s")
    assert [name for name in METHODS_OF_THE_PREDECESSOR if not callable(getattr(memory, name, None))] == []


def test_a_response_is_found_by_a_similar_query_for_its_time_and_no_longer(stack: Stack, clock: SettableClock) -> None:
    memory = stack.session("s")
    assert memory.get_semantic_response(URL, EAST) is None
    assert memory.cache_semantic_response(URL, EAST, ANSWER) is True
    assert memory.get_semantic_response(URL, np.array(NEARLY_EAST)) == ANSWER
    assert memory.get_semantic_response(URL, NORTH) is None
    clock.advance(299)
    assert memory.get_semantic_response(URL, NEARLY_EAST) == ANSWER
    memory.cache_semantic_response(URL, NORTH, "another")
    clock.advance(1)
    assert memory.get_semantic_response(URL, NEARLY_EAST) is None, "another one does not renew it"
    assert memory.get_semantic_response(URL, NORTH) == "another"


def test_what_comes_out_is_the_callers_own(stack: Stack) -> None:
    memory = stack.session("s")
    memory.cache_semantic_response(URL, EAST, ANSWER)
    memory.get_semantic_response(URL, EAST)["answer"].append("changed")
    assert memory.get_semantic_response(URL, EAST) == ANSWER


def test_a_hit_says_why(stack: Stack, clock: SettableClock) -> None:
    memory = stack.session("s")
    memory.cache_semantic_response(URL, EAST, ANSWER, query="How many?", seconds=2.5)
    clock.advance(10)
    hit = memory.get_semantic_hit(URL, NEARLY_EAST, query="How many are there?")
    assert hit is not None
    assert (hit.response, hit.matched_query, hit.age, hit.seconds) == (ANSWER, "How many?", 10.0, 2.5)
    assert hit.similarity == pytest.approx(1 / math.hypot(1, 0.2), abs=1e-9)


def test_the_guard_compares_what_the_embeddings_do_not_tell(stack: Stack) -> None:
    memory = stack.session("s")
    memory.cache_semantic_response(URL, EAST, ANSWER, query="Flights from Rome to Oslo on 3 May?")
    assert memory.get_semantic_response(URL, EAST, query="Flights from Rome to Oslo on 4 May?") is None
    assert memory.get_semantic_response(URL, EAST, query="Flights from Oslo to Rome on 3 May?") is None
    assert memory.get_semantic_response(URL, EAST, query="flights from Rome to Oslo on 3 May") == ANSWER
    assert memory.get_semantic_response(URL, query="Flights from Rome to Oslo on 3 May?") == ANSWER, "by its text alone"


def test_scopes_never_meet_unless_they_are_said_to_be_shared(stack: Stack) -> None:
    stack.session("s").cache_semantic_response(URL, EAST, ANSWER, query="q")

    def found(session: str, url: str = URL, *, tenant: str | None = None, **more: Any) -> bool:
        return stack.session(session, tenant=tenant).get_semantic_response(url, EAST, query="q", **more) is not None

    assert found("s")
    others = [
        found("S"),
        found("s*"),
        found("s", URL + "a"),
        found("s", tenant="other"),
        found("s", model="m"),
        found("s", shared=True),
    ]
    assert others == [False] * 6
    stack.session("s").cache_semantic_response(URL, EAST, ANSWER, query="q", shared=True)
    assert found("other", shared=True)
    assert not found("other")
    assert not found("other", shared=True, tenant="other")


def test_forgetting_covers_what_the_session_cached_and_shared(stack: Stack) -> None:
    mine, yours = stack.session("mine"), stack.session("yours")
    for memory in (mine, yours):
        memory.cache_semantic_response(URL, EAST, memory.session_id)
        memory.cache_semantic_response(URL, NORTH, memory.session_id, shared=True)
    assert mine.forget() == {"hot": 0, "archive": 0, "semantic": 2, "index": 0}
    assert mine.forget() == {"hot": 0, "archive": 0, "semantic": 0, "index": 0}
    assert mine.get_semantic_response(URL, EAST) is None
    assert mine.get_semantic_response(URL, NORTH, shared=True) == "yours"
    assert yours.get_semantic_response(URL, EAST) == "yours"


def test_clearing_the_session_cache_starts_the_context_anew_and_keeps_the_history(stack: Stack) -> None:
    memory = stack.session("s")
    memory.add_message_to_context("user", "Hello")
    memory.cache_semantic_response(URL, EAST, ANSWER)
    assert memory.clear_session_cache() is True
    assert memory.get_context_messages() == []
    assert memory.get_semantic_response(URL, EAST) is None
    assert len(memory.get_full_history()) == 1


def test_get_or_call_calls_once(stack: Stack) -> None:
    calls: list[int] = []

    def answer() -> dict[str, list[object]]:
        calls.append(1)
        return ANSWER

    memory = stack.session("s")
    assert [memory.get_or_call(URL, EAST, answer, query="q") for _ in range(3)] == [ANSWER] * 3
    assert calls == [1]


def test_embeddings_of_urls_are_everybodys(stack: Stack, clock: SettableClock) -> None:
    memory, other = stack.session("s"), stack.session("t", tenant="other")
    assert memory.get_url_embedding(URL) is None
    assert memory.cache_url_embedding(URL, EAST) is True
    assert memory.batch_cache_url_embeddings({f"{URL}{number}": [1.0, float(number)] for number in range(250)}) == {
        f"{URL}{number}": True for number in range(250)
    }
    found = other.get_url_embedding("HTTPS://EXAMPLE.org")
    assert found is not None
    assert found.tolist() == EAST
    assert found.dtype == np.float32
    other_found = other.get_url_embedding(f"{URL}249")
    assert other_found is not None
    assert other_found.tolist() == [1.0, 249.0]
    clock.advance(86_400)
    assert memory.get_url_embedding(URL) is None


def test_statistics_of_both_layers(stack: Stack) -> None:
    memory = stack.session("s")
    memory.cache_semantic_response(URL, EAST, ANSWER, seconds=1.5)
    for vector in (EAST, NEARLY_EAST, NORTH):
        memory.get_semantic_response(URL, vector)
    memory.cache_url_embedding(URL, EAST)
    memory.get_url_embedding(URL)
    stats = memory.get_stats()
    semantic, urls = stats["semantic_cache"], stats["url_embedding_cache"]
    assert (semantic["hits"], semantic["misses"], semantic["entries"], semantic["seconds_saved"]) == (2, 1, 1, 3.0)
    assert semantic["hit_rate"] == pytest.approx(2 / 3)
    assert (urls["hits"], urls["misses"], urls["entries"], urls["state"]) == (1, 0, 1, "up")
    assert semantic["size_bytes"] > 8
    assert urls["size_bytes"] > 8
    assert stack.session("t").get_stats()["semantic_cache"]["entries"] == 0, "of that session"
    assert [layer.totals is not None and layer.totals.hits for layer in stack.cache_layers()] == [2, 1]


REFUSED = [
    ({"query_embedding": [1.0, math.nan]}, "embedding has a value at index 1 that is not finite"),
    ({"query_embedding": [0.0, 0.0]}, "embedding is all zeros"),
    ({"query_embedding": "east"}, "embedding must"),
    ({"query_embedding": [[1.0]]}, "embedding must have one dimension"),
    ({"query_embedding": [1.0, 2.0, 3.0]}, "embedding has dimension 3"),
    ({"response": {1, 2}}, "response is of type set, which JSON does not have"),
    ({"response": math.inf}, "response is inf"),
    ({"response": None}, "response "),
    ({"seconds": -1.0}, "seconds "),
    ({"query": "\ud800"}, "query has a lone surrogate"),
    ({"url": 5}, "url must be text"),
]


@pytest.mark.parametrize(("given", "reason"), REFUSED)
def test_what_is_refused_is_named(stack: Stack, given: dict[str, Any], reason: str) -> None:
    memory = stack.session("s")
    memory.cache_semantic_response(URL, EAST, ANSWER)
    arguments: dict[str, Any] = {"url": URL, "query_embedding": EAST, "response": ANSWER, **given}
    with pytest.raises(InvalidInputError) as caught:
        memory.cache_semantic_response(**arguments)
    assert str(caught.value).startswith(reason)
    assert memory.get_stats()["semantic_cache"]["entries"] == 1


@pytest.mark.parametrize("threshold", [1.5, -2.0, math.nan])
def test_a_threshold_that_no_cosine_has_is_refused(threshold: float) -> None:
    with pytest.raises(ConfigError, match="semantic_similarity_threshold"):
        CacheConfig(semantic_similarity_threshold=threshold)


def test_caches_that_are_switched_off_find_nothing_and_take_nothing(tmp_path: Path) -> None:
    with lixcore.open(config(tmp_path, "memory", similarity_index=None, embedding_store=None)) as stack:
        memory = stack.session("s")
        assert memory.cache_semantic_response(URL, EAST, ANSWER) is False
        assert memory.get_semantic_response(URL, EAST) is None
        assert memory.get_or_call(URL, EAST, lambda: ANSWER) == ANSWER
        assert memory.cache_url_embedding(URL, EAST) is False
        assert memory.get_url_embedding(URL) is None
        assert memory.forget()["semantic"] == 0
        assert memory.get_stats()["semantic_cache"]["state"] == "off"


def test_a_cache_that_is_away_is_a_miss_that_is_counted_and_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = {"redis_port": free_port(), "redis_retries": 0, "similarity_index": "redis", "embedding_store": "redis"}
    with lixcore.open(config(tmp_path, "memory", **settings)) as stack, caplog.at_level(logging.WARNING, "lixcore.cache"):
        memory = stack.session("s")
        for _ in range(3):
            assert memory.get_semantic_response(URL, EAST) is None
            assert memory.cache_semantic_response(URL, EAST, ANSWER) is False
            assert memory.get_or_call(URL, EAST, lambda: ANSWER) == ANSWER
            assert memory.get_url_embedding(URL) is None
            assert memory.batch_cache_url_embeddings({URL: EAST}) == {URL: False}
        stats = memory.get_stats()
        assert [stats[layer]["state"] for layer in ("semantic_cache", "url_embedding_cache")] == ["away", "away"]
        assert stats["semantic_cache"]["failures"] >= 9
        assert len(caplog.records) == 2
        with pytest.raises(StoreUnavailableError):
            memory.forget()


def test_a_cache_that_is_away_raises_where_that_is_wanted(tmp_path: Path) -> None:
    settings = {"redis_port": free_port(), "redis_retries": 0, "similarity_index": "redis", "embedding_store": "redis"}
    with lixcore.open(config(tmp_path, "memory", on_cache_failure="raise", **settings)) as stack:
        memory = stack.session("s")
        for call in (
            lambda: memory.get_semantic_response(URL, EAST),
            lambda: memory.cache_semantic_response(URL, EAST, ANSWER),
            lambda: memory.get_url_embedding(URL),
            lambda: memory.cache_url_embedding(URL, EAST),
        ):
            with pytest.raises(StoreUnavailableError):
                call()
