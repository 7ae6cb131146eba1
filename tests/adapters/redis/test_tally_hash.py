"""Sums that all processes add to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lixcore.errors import CorruptDataError, StoreRefusedError
from lixcore_redis.options import RedisServerOptions
from lixcore_redis.tally_hash import TallyHash, tallies_key
from lixcore_redis.transport.link import Link
from redis_process import RedisProcess
from settable_clock import SettableClock
from unreliable_proxy import UnreliableProxy

KEY = tallies_key("lix", "embeddings")


@pytest.fixture
def proxy(redis_server: RedisProcess, redis_url: str) -> Iterator[UnreliableProxy]:
    assert redis_url.endswith("/2"), "the server is empty, and its client looks there"
    with UnreliableProxy(redis_server.port) as proxy:
        yield proxy


@pytest.fixture
def sums(proxy: UnreliableProxy) -> Iterator[TallyHash]:
    link = Link(RedisServerOptions(host="127.0.0.1", port=proxy.port), SettableClock(), database=2, what="tallies")
    yield TallyHash(link, KEY)
    link.close()


def test_sums_begin_at_zero_and_are_one_hash(sums: TallyHash, client: Any) -> None:
    assert sums.tallies() == {}
    sums.tally({"hits": 2, "seconds_saved": 0.25})
    sums.tally({"hits": 3})
    assert sums.tallies() == {"hits": 5, "seconds_saved": 0.25}
    assert client.hgetall("lix:1:tallies:embeddings") == {b"hits": b"5", b"seconds_saved": b"0.25"}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.dictionaries(st.sampled_from(["hits", "misses", "a_b"]), st.integers(-(2**40), 2**40).map(lambda n: n / 1024)))
)
def test_sums_equal_those_of_a_counter(sums: TallyHash, client: Any, all_changes: list[dict[str, float]]) -> None:
    client.delete(KEY)
    expected: dict[str, float] = {}
    for changes in all_changes:
        sums.tally(changes)
        for name, change in changes.items():
            expected[name] = expected.get(name, 0.0) + change
    assert sums.tallies() == pytest.approx(expected)


def test_adding_takes_one_round_trip_and_nothing_takes_none(sums: TallyHash, proxy: UnreliableProxy) -> None:
    sums.tally({"hits": 1})
    proxy.requests.clear()
    sums.tally({})
    assert len(proxy.requests) == 0
    sums.tally({"hits": 1, "misses": 1, "seconds_saved": 1.5})
    assert len(proxy.requests) == 1


def test_what_was_added_is_not_added_again_when_the_answer_is_lost(sums: TallyHash, proxy: UnreliableProxy) -> None:
    sums.tally({"hits": 1, "misses": 4})
    proxy.cut_answer_to(b"HINCRBYFLOAT")
    sums.tally({"hits": 1, "misses": 1})
    assert sums.tallies() == {"hits": 2, "misses": 5}


def test_what_lixcore_did_not_write_is_told(sums: TallyHash, client: Any) -> None:
    for field in ({"hits": "many"}, {"hits": "nan"}, {b"\xff": "1"}):
        client.delete(KEY)
        client.hset(KEY, mapping=field)
        with pytest.raises(CorruptDataError, match="tallies:embeddings has a field"):
            sums.tallies()
    client.set(KEY, "a string")
    with pytest.raises(StoreRefusedError):
        sums.tallies()
    with pytest.raises(StoreRefusedError):
        sums.tally({"hits": 1})
