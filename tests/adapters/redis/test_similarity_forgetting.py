"""What the similarity index leaves of a session that was forgotten, where others share its scopes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import IndexEntry
from lixcore.testing.similarity_index.oracle import floats, payloads
from lixcore_redis import RedisSimilarityIndex
from lixcore_redis.answers.similarity_keys import scope_keys
from settable_clock import SettableClock

OURS = Scope(SessionKey("one"), shared=True)
THEIRS = Scope(SessionKey("two"), shared=True)
UP = [1.0, 0.0]
SHORT, LONG = 10.0, 300.0  # how long the entries of the two live

OpenIndex = Callable[..., RedisSimilarityIndex]


def add(index: RedisSimilarityIndex, payload: bytes, scope: Scope, *, ttl: float, capacity: int = 50) -> None:
    index.add(scope, IndexEntry(floats(UP), payload), ttl=ttl, capacity=capacity)


def pass_time(client: Any, seconds: float) -> None:
    """Make the server's keys expire as if so much time had passed."""
    for key in client.keys("*"):
        left = client.pttl(key)
        if left >= 0:
            client.pexpire(key, max(left - int(seconds * 1000), 1)) if left > seconds * 1000 else client.delete(key)


def bytes_left(client: Any) -> bytes:
    return b"".join(client.get(key) for key in client.keys("*") if client.type(key) == b"string")


def test_what_expired_is_forgotten_too_while_others_keep_its_scope(
    index: RedisSimilarityIndex, clock: SettableClock, client: Any
) -> None:
    """Also where theirs live longer, so that the scope outlives by far what the session added."""
    add(index, b"secret", OURS, ttl=SHORT)
    add(index, b"theirs", THEIRS, ttl=LONG)
    for _ in range(2):
        clock.advance(SHORT)
        pass_time(client, SHORT)
    assert b"secret" in bytes_left(client), "nobody added since: it is there, though not found"
    index.forget(OURS.session)
    assert b"secret" not in bytes_left(client)
    assert payloads(index, THEIRS, UP) == {b"theirs"}


def test_what_a_clock_that_is_ahead_added_can_be_forgotten_as_long_as_others_find_it(
    open_index: OpenIndex, clock: SettableClock, client: Any
) -> None:
    index = open_index()
    clock.advance(50.0)
    add(index, b"ahead", OURS, ttl=SHORT)
    clock.advance(-50.0)
    add(index, b"theirs", THEIRS, ttl=LONG)
    clock.advance(SHORT + 1)
    pass_time(client, SHORT + 1)
    assert payloads(index, THEIRS, UP) == {b"ahead", b"theirs"}
    assert index.forget(OURS.session) == 1
    assert payloads(index, THEIRS, UP) == {b"theirs"}


@pytest.mark.parametrize("leaves", ["by capacity", "by time"])
def test_what_left_a_scope_is_overwritten(index: RedisSimilarityIndex, clock: SettableClock, client: Any, leaves: str) -> None:
    """Payload and vector, also where the scope's strings stay as they are."""
    for scope in (THEIRS, OURS, THEIRS):
        add(index, b"secret" if scope is OURS else b"theirs", scope, ttl=SHORT if scope is OURS else LONG, capacity=3)
    if leaves == "by time":
        clock.advance(SHORT)
        add(index, b"theirs", THEIRS, ttl=LONG, capacity=3)
    else:
        for _ in range(2):
            add(index, b"theirs", THEIRS, ttl=LONG, capacity=3)
    assert b"secret" not in bytes_left(client)
    assert payloads(index, THEIRS, UP) == {b"theirs"}


def test_the_places_of_a_damaged_entry_are_not_overwritten(index: RedisSimilarityIndex, client: Any) -> None:
    """They may be anywhere, even where the server would have to make room for them."""
    for _ in range(2):
        add(index, b"x", OURS, ttl=LONG, capacity=2)
    keys = scope_keys("lix", OURS).strings
    client.setrange(keys[0], 40 + 120, (2**26).to_bytes(8, "little") * 2)
    add(index, b"y", OURS, ttl=LONG, capacity=2)
    assert client.strlen(keys[1]) <= 3 * 8
    assert client.strlen(keys[2]) == 3
