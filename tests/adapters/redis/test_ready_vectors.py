"""What a process keeps at hand: no more than it may, and always what the server holds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import IndexEntry
from lixcore.testing.similarity_index.oracle import ALL, floats, payloads
from lixcore_redis import RedisSimilarityIndex

SESSION = SessionKey("one")
SCOPES = [Scope(SESSION, url=str(number), shared=number % 2 == 1) for number in range(4)]
UP = [1.0, 0.0]
MOST = 9_000

OpenIndex = Callable[..., RedisSimilarityIndex]


def add(index: RedisSimilarityIndex, scope: Scope, payload: bytes, *, capacity: int = 3) -> None:
    index.add(scope, IndexEntry(floats(UP), payload), ttl=300, capacity=capacity)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "search", "search", "forget", "other adds", "lose"]), st.integers(0, 3), st.integers(0, 2000)
    ),
    max_size=25,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=STEPS)
def test_it_stays_below_its_bound_and_says_what_the_server_says(open_index: OpenIndex, client: Any, steps: Any) -> None:
    client.flushdb()
    index, other, plain = open_index(index_cache_bytes=MOST), open_index(), open_index(index_cache_bytes=0)
    for number, (what, which, size) in enumerate(steps):
        scope = SCOPES[which]
        if what == "add":
            add(index, scope, b"%d" % number + bytes(size))
        elif what == "other adds":
            add(other, scope, b"%d" % number + bytes(size))
        elif what == "forget":
            other.forget(SESSION)
        elif what == "lose":
            client.flushdb()
        found = [index.search(scope, floats(UP), k=ALL, at_least=0.5) for _ in range(2)]
        assert found[0] == found[1] == plain.search(scope, floats(UP), k=ALL, at_least=0.5)
        assert 0 <= index._ready.held <= MOST
        assert plain._ready.held == 0
    for each in (index, other, plain):
        each.close()
        assert each._ready.held == 0


def test_the_scopes_used_last_stay(open_index: OpenIndex) -> None:
    index = open_index(index_cache_bytes=MOST)
    for scope in SCOPES:
        add(index, scope, b"x")
    for scope in (*SCOPES, *SCOPES[:2]):
        payloads(index, scope, UP)
    kept = [index._ready.get(scope.digest) is not None for scope in SCOPES]
    assert kept[:2] == [True, True]
    assert index._ready.held <= MOST


def test_what_a_caller_does_to_its_arrays_changes_nothing(index: RedisSimilarityIndex) -> None:
    vector = np.array(UP, dtype=np.float32)
    index.add(SCOPES[0], IndexEntry(vector, b"x"), ttl=300, capacity=3)
    vector[:] = [0.0, 1.0]
    for _ in range(2):
        [match] = index.search(SCOPES[0], floats(UP), k=1, at_least=-1.0)
        assert match.similarity == 1.0


def test_readers_never_see_half_of_a_write(open_index: OpenIndex) -> None:
    """Payload and vector belong together, while writers reuse slots and rewrite payloads, and readers have several handles."""
    writer, readers = open_index(), [open_index(), open_index(index_cache_bytes=0)]
    scope, ended = SCOPES[0], threading.Event()
    vectors = [floats([np.cos(number), np.sin(number)]) for number in range(7)]
    wrong: list[object] = []

    def read(index: RedisSimilarityIndex) -> None:
        while not ended.is_set():
            for number, vector in enumerate(vectors):
                found = index.search(scope, vector, k=ALL, at_least=-1.0)
                wrong.extend(match for match in found if (match.payload[0] == number) != (match.similarity > 1 - 1e-6))
                if not 1 <= len(found) <= 5:
                    wrong.append(len(found))

    def write() -> None:
        for number in range(400):
            payload = bytes([number % 7]) * (1 + number * 37 % 3000)
            entry = IndexEntry(vectors[number % 7], payload)
            writer.add(scope, entry, ttl=300, capacity=1 + number % 5)
        ended.set()

    add_first = IndexEntry(vectors[0], b"\0")
    writer.add(scope, add_first, ttl=300, capacity=5)
    threads = [threading.Thread(target=read, args=(index,)) for index in readers]
    for thread in threads:
        thread.start()
    try:
        write()
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert wrong == []
