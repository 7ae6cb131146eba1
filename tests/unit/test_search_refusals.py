"""What cannot be looked for is refused, with the reason, in every call that searches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from lixcore import CacheConfig, CacheCoordinator, Stack
from lixcore.errors import InvalidInputError


@pytest.fixture(params=["memory", None], ids=["with an index", "without"])
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    config = CacheConfig(hot_store="memory", cold_archive="memory", archive_index=request.param, embedding_dimension=3)
    with Stack(config, background=False) as stack:
        yield stack


@pytest.fixture
def memory(stack: Stack) -> CacheCoordinator:
    memory = stack.session("trip")
    memory.add_message_to_context("user", "We found a hotel near the harbour.")
    return memory


REFUSED = [
    ({"query": ""}, "query is empty; give words to look for, or a query_embedding"),
    ({"query": " \n"}, "query is empty"),
    ({"query": None}, "query is empty"),
    ({"query": 5}, "query must be text, not int"),
    ({"query": "x" * 16_385}, "query is 16,385 bytes long in UTF-8; at most 16,384 are accepted"),
    ({"query": "\ud800"}, "query has a lone surrogate"),
    ({"query_embedding": [1.0, 2.0]}, "query_embedding has dimension 2; embedding_dimension of the configuration is 3"),
    ({"query_embedding": []}, "query_embedding has dimension 0"),
    ({"query_embedding": [1.0, math.nan, 0.0]}, "query_embedding has a value at index 1 that is not finite"),
    ({"query_embedding": [0.0, 0.0, 0.0]}, "query_embedding is all zeros"),
    ({"query_embedding": "abc"}, "query_embedding must be a one-dimensional array of numbers"),
    ({"k": 0}, "k is 0; 1 to 10,000 are accepted"),
    ({"k": 10_001}, "k is 10,001; 1 to 10,000 are accepted"),
    ({"k": True}, "k must be a whole number, not bool"),
    ({"k": 2.0}, "k must be a whole number, not float"),
    ({"k": 10**30}, "k is an integer of 100 bits; 1 to 10,000 are accepted"),
    ({"neighbours": -1}, "neighbours is -1; 0 to 100 are accepted"),
    ({"roles": "user"}, "roles must be a list of texts, not str"),
    ({"roles": [1]}, "roles must be a list of texts, and has int"),
    ({"since": "yesterday"}, "since must be seconds since the epoch as a number, not str"),
    ({"since": math.nan}, "since is not finite"),
    ({"until": 10**400}, "until is not finite"),
    ({"since": 5, "until": 4.5}, "since is 5, which is after until \\(4.5\\): nothing can be found"),
    ({"fields": ["city"]}, "fields must be a mapping of names to values, not list"),
    ({"fields": {1: "x"}}, "fields must have texts as names, not int"),
    ({"fields": {"city": None}}, "fields.city must be a text, a number or a truth, not NoneType"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_cannot_be_looked_for_is_refused_with_the_reason(
    memory: CacheCoordinator, stack: Stack, arguments: dict[str, Any], message: str
) -> None:
    arguments = {"query": "hotel", **arguments}
    with pytest.raises(InvalidInputError, match=f"^{message}"):
        memory.search(**arguments)
    with pytest.raises(InvalidInputError, match=f"^{message}"):
        stack.search(**arguments)
    if not arguments.keys() - {"query", "query_embedding", "neighbours"}:
        with pytest.raises(InvalidInputError, match=f"^{message}"):
            memory.smart_context(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"recent_k": -1}, "recent_k is -1; 0 to 10,000 are accepted"),
        ({"disk_k": -1}, "disk_k is -1"),
        ({"recent_k": None}, "recent_k must be a whole number, not NoneType"),
        ({"max_tokens": -1}, "max_tokens is -1"),
    ],
)
def test_counts_below_zero_are_refused(memory: CacheCoordinator, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        memory.smart_context("hotel", **arguments)
