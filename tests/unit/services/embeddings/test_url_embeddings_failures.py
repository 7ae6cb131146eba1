"""What becomes of the cache of URL embeddings when its store fails, loses its head, or holds what it should not."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from failing_store import unanswered, unreachable
from lixcore.domain.embedding_record import embedding_key, encode_embeddings
from lixcore.errors import (
    CorruptDataError,
    PartialBatchError,
    StoreError,
    StoreFullError,
    StoreRefusedError,
    StoreUnavailableError,
)
from lixcore.ports.cache_size import CacheSize
from url_caches import UrlCache

A, B, C = "http://a.example/", "http://b.example/", "http://c.example/"
URLS = [f"http://a.example/{number}" for number in range(7)]
BATCH = {url: [1.0, float(number)] for number, url in enumerate(URLS)}


def failing_from(trip: int, error: Callable[[], StoreError] = unreachable) -> Callable[[], BaseException | None]:
    """Lets some calls through, counted from zero, and no later one."""
    calls = iter(range(1000))
    return lambda: error() if next(calls) >= trip else None


@pytest.mark.parametrize("error", [unreachable, unanswered, lambda: StoreFullError("redis://nowhere", "no memory left")])
def test_with_miss_nothing_is_found_or_stored_and_the_calls_go_on(error: Callable[[], StoreError]) -> None:
    cache = UrlCache(batch_size=3)
    cache.urls.set_many(BATCH)
    cache.failing.failure = error
    assert cache.urls.get(URLS[0]) is None
    assert cache.urls.get_many(URLS[:2]) == {URLS[0]: None, URLS[1]: None}
    assert cache.urls.set(A, [1.0]) is False
    assert cache.urls.set_many({A: [1.0], B: [2.0]}) == {A: False, B: False}
    made = cache.urls.get_or_compute([A, URLS[0]], lambda missing: [[float(len(url))] for url in missing])
    assert {url: vector.tolist() for url, vector in made.items()} == {A: [17.0], URLS[0]: [18.0]}
    counted = cache.stats.counted()
    assert (counted.hits, counted.misses, counted.failures) == (0, 5, 6)


def test_with_miss_a_batch_that_fails_halfway_says_which_are_stored() -> None:
    """And the store is not waited for once more."""
    cache = UrlCache(batch_size=3)
    cache.failing.failure = failing_from(1)
    assert cache.urls.set_many(BATCH) == {url: number < 3 for number, url in enumerate(URLS)}
    assert cache.failing.calls == ["put", "put"]
    cache.failing.failure = None
    cache.clock.advance(2.0)
    assert [url for url, vector in cache.urls.get_many(URLS).items() if vector is not None] == URLS[:3]


@pytest.mark.parametrize("error", [unreachable, lambda: StoreRefusedError("redis://nowhere", "no rights")])
def test_with_miss_what_is_read_before_the_failure_is_given(error: Callable[[], StoreError]) -> None:
    cache = UrlCache(batch_size=3)
    cache.urls.set_many(BATCH)
    cache.failing.failure, cache.failing.calls = failing_from(1, error), []
    found = cache.urls.get_many(URLS)
    assert [None if vector is None else vector.tolist() for vector in found.values()] == [[1, 0], [1, 1], [1, 2], *[None] * 4]
    assert cache.failing.calls == ["get", "get"]


def test_with_raise_the_error_goes_to_the_caller() -> None:
    cache = UrlCache(raise_failures=True, batch_size=3)
    cache.failing.failure = unreachable
    calls: list[Any] = [
        lambda: cache.urls.get(A),
        lambda: cache.urls.get_many(URLS),
        lambda: cache.urls.set(A, [1.0]),
        lambda: cache.urls.set_many(BATCH),
        lambda: cache.urls.get_or_compute(URLS, lambda _: pytest.fail("it is not known what is missing")),
    ]
    for call in calls:
        with pytest.raises(StoreUnavailableError):
            call()


@pytest.mark.parametrize("trip", [1, 2])
def test_with_raise_a_batch_that_fails_halfway_says_how_many_are_stored(trip: int) -> None:
    cache = UrlCache(raise_failures=True, batch_size=3)
    cache.failing.failure = failing_from(trip, unanswered)
    with pytest.raises(PartialBatchError) as caught:
        cache.urls.set_many(BATCH)
    assert (caught.value.stored, caught.value.total, caught.value.where) == (3 * trip, 7, "redis://nowhere")
    assert isinstance(caught.value.__cause__, StoreUnavailableError)
    assert str(caught.value).startswith(
        f"redis://nowhere: only the first {3 * trip} of 7 are stored for certain: connection lost"
    )
    cache.failing.failure = None
    assert [url for url, vector in cache.urls.get_many(URLS).items() if vector is not None] == URLS[: 3 * trip]
    assert all(cache.urls.set_many(BATCH).values())


def test_with_raise_making_says_so_too() -> None:
    cache = UrlCache(raise_failures=True, batch_size=3)
    cache.failing.methods = frozenset({"put"})
    cache.failing.failure = failing_from(1)
    with pytest.raises(PartialBatchError, match="only the first 3 of 7"):
        cache.urls.get_or_compute(URLS, lambda missing: np.ones((len(missing), 2)))


@pytest.mark.parametrize("raise_failures", [True, False])
def test_what_is_not_removed_or_measured_never_looks_so(raise_failures: bool) -> None:  # noqa: FBT001  # a parameter
    cache = UrlCache(raise_failures=raise_failures)
    cache.urls.set(A, [1.0])
    cache.failing.failure = unreachable
    with pytest.raises(StoreUnavailableError):
        cache.urls.forget([A])
    with pytest.raises(StoreUnavailableError):
        cache.urls.measure()
    cache.failing.failure = None
    assert cache.urls.forget([A]) == 1
    assert cache.urls.measure() == CacheSize(0, 0)


def stored_wrongly(cache: UrlCache, url: str, value: bytes) -> None:
    cache.store.put([(embedding_key("m", url), value)], ttl=60.0, capacity=1000)


FOREIGN = encode_embeddings(np.ones((1, 2), "<f4"), model="other", created=0.0, seconds=None)[0]


@pytest.mark.parametrize("value", [b"", b"garbage", FOREIGN, FOREIGN[:-1]])
def test_with_miss_damage_is_passed_over_counted_and_told(value: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """What is not damaged is found all the same, and what is can be made anew."""
    cache = UrlCache(model="m")
    cache.urls.set_many({A: [1.0, 2.0], C: [3.0, 4.0]})
    stored_wrongly(cache, B, value)
    with caplog.at_level(logging.WARNING, "lixcore"):
        found = cache.urls.get_many([A, B, C])
    assert [None if vector is None else vector.tolist() for vector in found.values()] == [[1.0, 2.0], None, [3.0, 4.0]]
    assert "a cached embedding: " in caplog.text
    counted = cache.stats.counted()
    assert (counted.hits, counted.misses, counted.failures) == (2, 1, 1)
    made = cache.urls.get_or_compute([A, B], lambda missing: {url: [5.0, 6.0] for url in missing})
    assert made[B].tolist() == [5.0, 6.0]
    again = cache.urls.get(B)
    assert again is not None
    assert again.tolist() == [5.0, 6.0]


def test_with_raise_damage_is_an_error() -> None:
    cache = UrlCache(model="m", raise_failures=True)
    stored_wrongly(cache, B, b"garbage")
    with pytest.raises(CorruptDataError, match="a cached embedding"):
        cache.urls.get(B)
    with pytest.raises(CorruptDataError, match="a cached embedding"):
        cache.urls.get_many([A, B])
    assert cache.urls.set(B, [1.0])
    assert cache.urls.get(B) is not None


def test_an_error_that_is_not_the_stores_is_never_a_miss() -> None:
    cache = UrlCache()
    cache.failing.failure = lambda: ZeroDivisionError("a defect")
    with pytest.raises(ZeroDivisionError):
        cache.urls.get(A)
    with pytest.raises(ZeroDivisionError):
        cache.urls.set_many({A: [1.0]})
