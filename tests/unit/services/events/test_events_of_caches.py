"""What caches find, take and go through is told of: once for each call, however many it asks for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from failing_store import unreachable
from guarded_stores import GuardedStore
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, PartialBatchError, StoreError, StoreRefusedError
from lixcore.ports.events import Cached, Damaged, Degraded, Hit, Miss, Recovered
from lixcore.services.reuse.cache_guard import PROBE_SECONDS
from semantic_houses import SemanticHouse
from url_caches import UrlCache
from watching import Heard

SCOPE = Scope(SessionKey("one"), "http://a.example/", "model")
EAST, NORTH, NEAR = np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([3.0, 4.0])
URLS = [f"http://a.example/{number}" for number in range(7)]
LAYER = "semantic"


@pytest.fixture
def heard() -> Heard:
    return Heard()


def test_semantic_lookups_and_what_is_cached(heard: Heard) -> None:
    house = SemanticHouse(events=heard, threshold=0.5)
    assert house.cache.get(SCOPE, EAST, query="how tall?") is None
    assert house.cache.set(SCOPE, EAST, "tall", query="how tall?")
    assert house.cache.get(SCOPE, EAST, query="how tall?") is not None
    assert house.cache.get(SCOPE, NEAR, query="how high?") is not None
    missed, cached, same, similar = heard.taken()
    assert (missed, cached, same) == (Miss(LAYER), Cached(LAYER), Hit(LAYER))
    assert isinstance(similar, Hit)
    assert similar.similarity == pytest.approx(0.6)


def test_get_or_call_is_a_miss_and_what_is_cached_or_a_hit(heard: Heard) -> None:
    house = SemanticHouse(events=heard)
    for _ in range(2):
        house.cache.get_or_call(SCOPE, EAST, lambda: "made", query="how tall?")
    assert heard.taken() == [Cached(LAYER), Miss(LAYER), Hit(LAYER)]
    with pytest.raises(ZeroDivisionError):
        house.cache.get_or_call(SCOPE, NORTH, lambda: 1 // 0, query="how wide?")
    assert heard.taken() == [Miss(LAYER)]


def test_what_is_not_cached_is_not_told_of(heard: Heard) -> None:
    house = SemanticHouse(events=heard)
    house.store.failure = unreachable
    assert not house.cache.set(SCOPE, EAST, "tall")
    assert [type(event) for event in heard.taken()] == [Degraded]


def test_a_cache_that_is_switched_off_tells_nothing(heard: Heard) -> None:
    house = SemanticHouse(events=heard)
    switched_off = house.another()
    switched_off._index = None
    assert switched_off.get(SCOPE, EAST) is None
    assert not switched_off.set(SCOPE, EAST, "tall")
    assert heard.events == []


def test_a_batch_of_url_embeddings_is_one_event_with_its_count(heard: Heard) -> None:
    layer = "url_embedding"
    cache = UrlCache(events=heard, batch_size=3)
    cache.stats.layer = layer
    cache.urls.set_many({url: [1.0, 2.0] for url in URLS[:5]})
    cache.urls.get_many(URLS)
    cache.urls.get(URLS[0])
    cache.urls.get_or_compute(URLS[4:], lambda missing: np.ones((len(missing), 2)))
    cache.urls.get_many([])
    cache.urls.set_many({})
    assert heard.taken() == [
        Cached(layer, 5),
        *(Hit(layer, 5), Miss(layer, 2)),
        Hit(layer, 1),
        *(Hit(layer, 1), Miss(layer, 2), Cached(layer, 2)),
    ]


@pytest.mark.parametrize("raises", [True, False])
def test_of_a_batch_that_fails_half_way_what_is_stored_is_told_of(raises: bool, heard: Heard) -> None:  # noqa: FBT001
    cache = UrlCache(events=heard, batch_size=3, raise_failures=raises)
    calls = iter(range(1000))
    cache.failing.failure = lambda: unreachable() if next(calls) >= 2 else None
    try:
        stored = list(cache.urls.set_many({url: [1.0, 2.0] for url in URLS}).values()).count(True)
    except PartialBatchError as error:
        stored = error.stored
    assert stored == 6
    assert [event for event in heard.events if isinstance(event, Cached)] == [Cached("url", 6)]


def test_a_batch_of_which_nothing_is_stored_is_not_told_of(heard: Heard) -> None:
    cache = UrlCache(events=heard, batch_size=3)
    cache.failing.failure = unreachable
    cache.urls.set_many({url: [1.0, 2.0] for url in URLS})
    assert [type(event) for event in heard.events] == [Degraded]


def house_of(heard: Heard, **settings: Any) -> GuardedStore:
    return GuardedStore(events=heard, **settings)


def refused() -> StoreError:
    return StoreRefusedError("redis://nowhere", "this command may not be used")


def test_each_outage_of_a_cache_is_told_of_once_and_so_is_its_end(heard: Heard) -> None:
    house = house_of(heard)
    for _ in range(2):
        house.store.failure = unreachable()
        for _ in range(3):
            house.ask()
            house.clock.advance(PROBE_SECONDS)
        house.store.failure = None
        for _ in range(3):
            house.ask()
    told = [Degraded("semantic cache", str(unreachable())), Recovered("semantic cache")]
    assert heard.events == told * 2


def test_a_failure_that_becomes_an_absence_is_one_outage(heard: Heard) -> None:
    house = house_of(heard)
    for error in (refused(), unreachable(), refused()):
        house.store.failure = error
        house.ask()
        house.clock.advance(PROBE_SECONDS)
    house.store.failure = None
    house.ask()
    assert heard.events == [Degraded("semantic cache", str(refused())), Recovered("semantic cache")]


def test_failures_that_come_and_go_are_told_of_as_the_log_does(heard: Heard, caplog: pytest.LogCaptureFixture) -> None:
    house = house_of(heard)
    for _ in range(5):
        house.store.failure = refused()
        house.ask()
        house.store.failure = None
        house.ask()
    assert [type(event) for event in heard.events] == [Degraded, Recovered]
    assert len(caplog.records) == 2


def test_where_failures_are_the_callers_lixcore_does_not_go_on_without_the_store(heard: Heard) -> None:
    house = house_of(heard, raise_failures=True)
    house.store.failure = unreachable()
    with pytest.raises(StoreError):
        house.ask()
    house.store.failure = None
    house.ask()
    assert heard.events == []


@pytest.mark.parametrize("raises", [True, False])
def test_damage_is_told_of_each_time_and_is_no_outage(raises: bool, heard: Heard) -> None:  # noqa: FBT001
    house = house_of(heard, raise_failures=raises)
    house.store.failure = CorruptDataError("the entry", "is damaged")
    for _ in range(2):
        if raises:
            with pytest.raises(CorruptDataError):
                house.ask()
        else:
            house.ask()
    assert heard.events == [Damaged("semantic cache", "the entry: is damaged")] * 2
