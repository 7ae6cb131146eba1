"""What the cache of URL embeddings takes, gives and refuses, one by one."""

from __future__ import annotations

import logging
import math
from typing import Any

import numpy as np
import pytest

from lixcore.errors import ClosedError, InvalidInputError
from lixcore.ports.cache_size import CacheSize
from lixcore.services.embeddings.url_embeddings import UrlEmbeddings
from lixcore.services.embeddings.url_keys import LONGEST_KEPT, UrlKeys
from lixcore.services.reuse.cache_guard import CacheGuard
from lixcore.services.reuse.layer_stats import LayerStats
from settable_clock import SettableClock
from url_caches import UrlCache

A, B, C = "http://a.example/", "http://b.example/", "http://c.example/"


@pytest.fixture
def cache() -> UrlCache:
    return UrlCache(model="m", batch_size=2)


def refused(call: Any, *args: Any) -> str:
    with pytest.raises(InvalidInputError) as caught:
        call(*args)
    return str(caught.value)


BAD_EMBEDDINGS = [
    (None, "must be a one-dimensional array of numbers, not NoneType"),
    ("text", "must be a one-dimensional array of numbers, not str"),
    ([], "has dimension 0; 1 to 65,536 are accepted"),
    ([[1.0, 2.0]], "must have one dimension, not shape (1, 2)"),
    ([1.0, math.nan], "has a value at index 1 that is not finite in float32: nan"),
    (np.array([math.inf, 1.0]), "has a value at index 0 that is not finite in float32: inf"),
    ([0.0, 0.0], "is all zeros, which has no direction to compare"),
    (["1", "2"], "must hold numbers, not text"),
    ([1.0, 2.0, 3.0], "has dimension 3; embedding_dimension is 2"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD_EMBEDDINGS)
def test_what_is_no_embedding_is_refused_by_name_and_nothing_is_stored(bad: Any, reason: str) -> None:
    cache = UrlCache(dimension=2)
    assert refused(cache.urls.set, A, bad) == f"embedding {reason}"
    assert refused(cache.urls.set_many, {A: [1.0, 2.0], B: bad, C: bad}) == f"embeddings['{B}'] {reason}"
    assert refused(cache.urls.get_or_compute, [A, B], lambda _: [[1.0, 2.0], bad]) == f"embeddings['{B}'] {reason}"
    assert cache.store.trips == [("get", 2)]


def test_a_ragged_batch_is_refused(cache: UrlCache) -> None:
    said = f"embeddings['{B}'] has dimension 3; the first one has 2"
    assert refused(cache.urls.set_many, {A: [1.0, 2.0], B: [1.0, 2.0, 3.0]}) == said
    assert refused(cache.urls.get_or_compute, [A, B], lambda _: [np.ones(2), np.ones(3)]) == said
    assert ("put", 1) not in cache.store.trips


def test_what_float16_cannot_hold_is_refused() -> None:
    cache = UrlCache(dtype="float16")
    assert refused(cache.urls.set, A, [1.0, 1e5]) == "embedding has a value at index 1 that float16 cannot hold: 100000"
    assert refused(cache.urls.set_many, {A: [1.0], B: [1e-9]}).startswith(f"embeddings['{B}'] is all zeros in float16")
    assert cache.store.trips == []


def test_a_refusal_shows_no_password(cache: UrlCache) -> None:
    said = refused(cache.urls.set_many, {"http://me:secret@a.example/": [math.nan]})
    assert said.startswith("embeddings['http://***@a.example/'] has a value")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (None, "must be text, not NoneType"),
        (b"http://a/", "must be text, not bytes"),
        (["http://a/"], "must be text, not list"),
        ("http://a/\ud800", "has a lone surrogate (U+D800) at index 9"),
        ("http://a/" + "b" * 65536, "is 65,545 bytes long in UTF-8; at most 65,536 are accepted"),
    ],
)
def test_what_is_no_text_is_refused(cache: UrlCache, url: Any, reason: str) -> None:
    calls = [cache.urls.get, lambda bad: cache.urls.get_many([A, bad]), lambda bad: cache.urls.set(bad, [1.0])]
    calls += [lambda bad: cache.urls.get_or_compute([bad], lambda _: [[1.0]]), lambda bad: cache.urls.forget([bad])]
    if not isinstance(url, list):
        calls.append(lambda bad: cache.urls.set_many({A: [1.0], bad: [1.0]}))
    assert {refused(call, url) for call in calls} == {f"url {reason}"}
    assert cache.store.trips == []


def test_arguments_of_the_wrong_kind_are_refused(cache: UrlCache) -> None:
    assert refused(cache.urls.get_many, A) == "urls must be several URLs, not one text"
    assert refused(cache.urls.forget, A) == "urls must be several URLs, not one text"
    pairs: Any = [(A, [1.0])]
    assert refused(cache.urls.set_many, pairs) == "embeddings must be a mapping of URLs to embeddings, not list"
    assert refused(lambda: cache.urls.get(A, model="m" * 2000)).startswith("embedding_model is 2,000 bytes long")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ([[1.0, 2.0]], "fn must return an embedding for each URL, 2, not 1"),
        ([[1.0, 2.0]] * 3, "fn must return an embedding for each URL, 2, not 3"),
        (np.ones((3, 2)), "fn must return an embedding for each URL, 2, not 3"),
        ({A: [1.0, 2.0]}, f"fn returned no embedding for '{B}'"),
        (None, "fn must return a sequence or a mapping of embeddings, not NoneType"),
        ({1.0, 2.0}, "fn must return a sequence or a mapping of embeddings, not set"),
        (np.array(5.0), "fn must return a sequence or a mapping of embeddings, not ndarray"),
        (iter([[1.0], [2.0]]), "fn must return a sequence or a mapping of embeddings, not list_iterator"),
        ("ab", "fn must return a sequence or a mapping of embeddings, not str"),
        (np.ones((2, 2, 2)), f"embeddings['{A}'] must have one dimension, not shape (2, 2)"),
        (np.array([[1.0, 2.0], [math.nan, 1.0]]), f"embeddings['{B}'] has a value at index 0 that is not finite in float32: nan"),
    ],
)
def test_what_fn_must_not_return_is_refused_and_nothing_is_stored(cache: UrlCache, made: Any, said: str) -> None:
    assert refused(cache.urls.get_or_compute, [A, B], lambda _: made) == said
    assert cache.store.trips == [("get", 2)]


@pytest.mark.parametrize("made", [np.ones((2, 2)), ([1.0, 1.0], [1, 1]), {B: [1.0, 1.0], A: np.ones(2), C: None}])
def test_fn_may_return_an_array_a_sequence_or_a_mapping(cache: UrlCache, made: Any) -> None:
    found = cache.urls.get_or_compute([B, A], lambda _: made)
    assert {url: vector.tolist() for url, vector in found.items()} == {B: [1.0, 1.0], A: [1.0, 1.0]}


def test_an_error_of_fn_goes_to_the_caller(cache: UrlCache) -> None:
    def fn(_: list[str]) -> Any:
        raise LookupError("no such page")

    with pytest.raises(LookupError, match="no such page"):
        cache.urls.get_or_compute([A], fn)
    assert cache.store.trips == [("get", 1)]


def test_an_empty_batch_asks_nothing(cache: UrlCache) -> None:
    assert cache.urls.get_many([]) == {}
    assert cache.urls.set_many({}) == {}
    assert cache.urls.get_or_compute(iter([]), lambda _: pytest.fail("nothing is missing")) == {}
    assert cache.urls.forget([]) == 0
    assert cache.store.trips == []


def test_vectors_are_read_only_and_share_nothing_with_what_was_given(cache: UrlCache) -> None:
    given = np.ones(3, np.float32)
    cache.urls.set(A, given)
    made = cache.urls.get_or_compute([A, B], lambda _: given[np.newaxis])
    given[:] = 5
    for vector in [cache.urls.get(A), *made.values(), *cache.urls.get_many([A, B]).values()]:
        assert vector is not None
        assert vector.dtype == np.float32
        assert vector.tolist() == [1.0, 1.0, 1.0]
        with pytest.raises(ValueError, match="read-only"):
            vector[0] = 2


def test_entries_are_stored_as_configured() -> None:
    cache = UrlCache(ttl=7.0, capacity=3)
    cache.urls.set(A, [1.0])
    assert cache.store.puts == [{"ttl": 7.0, "capacity": 3}]
    cache.urls.set_many({f"http://a/{number}": [1.0] for number in range(5)})
    assert cache.urls.measure().entries == 3


def test_time_that_making_took_is_saved_by_each_that_is_found(cache: UrlCache) -> None:
    def fn(missing: list[str]) -> Any:
        cache.clock.advance(3.0)
        return np.ones((len(missing), 2))

    cache.urls.get_or_compute([A, B, C], fn)
    assert cache.stats.counted().seconds_saved == 0
    cache.urls.get(A)
    cache.urls.set(B, [1.0, 2.0])  # nobody knows how long that took
    cache.urls.get_many([A, B, C])
    assert cache.stats.counted().seconds_saved == pytest.approx(3.0)


def test_another_dimension_under_the_same_name_is_a_miss_and_told_once(cache: UrlCache, caplog: pytest.LogCaptureFixture) -> None:
    cache.urls.set_many({A: [1.0, 2.0, 3.0], B: [1.0, 2.0, 3.0]})
    newer = cache.over(model="m", dimension=2)
    with caplog.at_level(logging.WARNING, "lixcore"):
        assert newer.get_many([A, B]) == {A: None, B: None}
        assert newer.get_or_compute([A], lambda missing: [[1.0, 2.0]] * len(missing))[A].tolist() == [1.0, 2.0]
    assert [record.getMessage() for record in caplog.records] == [
        "the URL embedding cache holds embeddings of dimension 3 of the model 'm', which are not used: 2 is configured"
    ]
    assert (cache.stats.counted().hits, cache.stats.counted().misses) == (0, 3)


def test_either_dtype_is_read_by_both(cache: UrlCache) -> None:
    narrow = cache.over(model="m", dtype="float16")
    cache.urls.set(A, [0.1, 1.0])
    narrow.set(B, [0.1, 1.0])
    wide, rounded = [float(np.float32(0.1)), 1.0], [float(np.float16(0.1)), 1.0]
    for urls in (cache.urls, narrow):
        found = urls.get_many([A, B])
        assert {url: None if vector is None else vector.tolist() for url, vector in found.items()} == {A: wide, B: rounded}


def test_a_layer_that_is_off_finds_and_stores_nothing() -> None:
    clock = SettableClock()
    guard, stats = CacheGuard("url", clock, raise_failures=True), LayerStats("url", clock)
    urls = UrlEmbeddings(None, clock=clock, guard=guard, stats=stats)
    assert urls.set(A, [1.0]) is False
    assert urls.set_many({A: [1.0]}) == {A: False}
    assert urls.get(A) is None
    assert urls.get_many([A]) == {A: None}
    assert urls.get_or_compute([A], lambda _: [[2.0]])[A].tolist() == [2.0]
    assert urls.forget([A]) == 0
    assert urls.measure() == CacheSize(0, 0)
    assert refused(urls.set, A, [math.nan]).startswith("embedding has a value")


def test_after_close_every_call_is_refused_and_the_sums_are_added(cache: UrlCache) -> None:
    cache.urls.get(A)
    cache.urls.close()
    cache.urls.close()
    assert cache.store.tallies() == {"url_misses": 1.0}
    calls: list[Any] = [
        lambda: cache.urls.get(A),
        lambda: cache.urls.get_many([]),
        lambda: cache.urls.set(A, [1.0]),
        lambda: cache.urls.set_many({}),
        lambda: cache.urls.get_or_compute([], lambda _: []),
        lambda: cache.urls.forget([]),
        cache.urls.measure,
    ]
    for call in calls:
        with pytest.raises(ClosedError):
            call()


def test_keys_that_are_kept_are_those_that_are_made_anew() -> None:
    keys, others = UrlKeys("m"), UrlKeys("other")
    urls = ["HTTP://A.example", "http://a.example/", "b" * LONGEST_KEPT, "b" * (LONGEST_KEPT + 1)]
    for _ in range(2):
        assert [keys.of(url, "m") for url in urls] == [others.of(url, "m") for url in urls]
        assert list(keys.of_each(urls, "m").values()) == list(others.of_each(urls, "m").values())
    assert len({keys.of(url, "m") for url in urls}) == 3
    assert keys.of(urls[0], "other") != keys.of(urls[0], "m")
