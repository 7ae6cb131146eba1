"""For how long what is cached lives: the policy is asked for each entry, and few round trips are made of its answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.errors import PolicyFailedError
from lixcore.services.reuse.lifetimes import GROUPS, Lifetimes
from semantic_houses import SCOPE, SemanticHouse
from url_caches import UrlCache


class Says:
    """Gives what the test says, one after the other."""

    def __init__(self, *seconds: Any) -> None:
        self.seconds_left = list(seconds)
        self.asked: list[tuple[str, float]] = []

    def seconds(self, layer: str, configured: float) -> Any:
        self.asked.append((layer, configured))
        return self.seconds_left.pop()


@given(st.lists(st.floats(0.001, 1e6), max_size=40))
def test_no_entry_lives_longer_than_an_answer_that_was_given_for_one(seconds: list[float]) -> None:
    groups = list(Lifetimes(Says(*seconds), "semantic", 1.0).groups(len(seconds)))
    assert len(groups) <= GROUPS
    assert [index for start, end, _ in groups for index in range(start, end)] == list(range(len(seconds)))
    given_out = sorted(ttl for start, end, ttl in groups for _ in range(start, end))
    assert all(out <= asked for out, asked in zip(given_out, sorted(seconds), strict=True))
    assert set(given_out) <= set(seconds)


def test_where_all_live_equally_long_there_is_one_group() -> None:
    assert list(Lifetimes(Says(5, 5, 5), "semantic", 1.0).groups(3)) == [(0, 3, 5)]
    assert list(Lifetimes(None, "semantic", 7.0).groups(3)) == [(0, 3, 7.0)]


@pytest.mark.parametrize("answer", [0, -1.0, float("nan"), float("inf"), None, "5", True])
def test_what_is_no_time_is_refused(answer: Any) -> None:
    with pytest.raises(PolicyFailedError, match="expiry of Says"):
        Lifetimes(Says(answer), "semantic", 1.0).one()


def test_a_response_lives_as_long_as_the_policy_says() -> None:
    policy = Says(10.0)
    house = SemanticHouse(expiry=policy, ttl=300.0)
    assert house.cache.set(SCOPE, [1.0, 0.0], "a", query="q")
    assert policy.asked == [("semantic", 300.0)]
    house.clock.advance(9.5)
    assert house.responses(["q"]) == ["a"]
    house.clock.advance(0.5)
    assert house.responses(["q"]) == [None]


def test_a_batch_of_embeddings_does_not_expire_in_one_go() -> None:
    policy = Says(*range(1, 33))
    url_cache = UrlCache(expiry=policy, ttl=100.0)
    urls = url_cache.urls
    names = [f"https://example.org/{number}" for number in range(32)]
    assert all(urls.set_many({name: [1.0] for name in names}).values())
    assert policy.asked == [("url_embedding", 100.0)] * 32
    assert [put["ttl"] for put in url_cache.store.puts] == [1, 5, 9, 13, 17, 21, 25, 29]
    url_cache.clock.advance(13)
    assert sum(vector is not None for vector in urls.get_many(names).values()) == 16
