"""What a process keeps of the index: so many bytes, the scopes that were used last, and never an older state."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forked import run_in_fork
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import IndexEntry
from lixcore.testing.ground.clock import NOON
from lixcore_sqlite import SqliteSimilarityIndex
from lixcore_sqlite.decoded_scopes import DecodedScope, DecodedScopes

ONE = Scope(SessionKey("one"))
OpenIndex = Callable[..., SqliteSimilarityIndex]


def row(numbers: tuple[float, ...] = (1.0, 2.0), **other: Any) -> tuple[Any, ...]:
    facts = {"added": NOON, "expires": NOON + 9, "label": b"", "vector": np.array(numbers, "<f4").tobytes(), **other}
    return (1, *facts.values())


def scope_of(rows: int, version: int) -> DecodedScope:
    return DecodedScope(version, [row()] * rows, 2)


def payloads(index: SqliteSimilarityIndex) -> list[bytes]:
    return [match.payload for match in index.search(ONE, np.ones(3, np.float32), k=9, at_least=0.9)]


SIZE = scope_of(1, 0).size
USES = st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c", b"d"]), st.integers(1, 4), st.integers(0, 2)), max_size=30)


@settings(deadline=None)
@given(uses=USES, room=st.integers(0, 9))
def test_those_that_were_used_last_are_kept_as_long_as_there_is_room(uses: list[tuple[bytes, int, int]], room: int) -> None:
    kept = DecodedScopes(room * SIZE)
    model: list[tuple[bytes, int, int]] = []  # longest unused first: digest, rows, version
    for digest, rows, version in uses:
        known = next((one for one in model if one[0] == digest and one[2] == version), None)
        found = kept.get(digest, version)
        assert (found is None) == (known is None)
        if known is not None:
            model.remove(known)
            model.append(known)
            continue
        kept.keep(digest, scope_of(rows, version))
        model = [one for one in model if one[0] != digest]
        if rows <= room:
            model.append((digest, rows, version))
        while sum(one[1] for one in model) > room:
            del model[0]


@pytest.mark.parametrize(
    "rows",
    [
        [row((1.0, 2.0, 3.0))],
        [row((1.0,)), row((1.0, 2.0, 3.0))],
        [row((0.0, 0.0))],
        [row((1.0, float("nan")))],
        [row((1.0, float("inf")))],
        [row(vector="text")],
        [row(vector=None)],
        [row(added=None)],
        [row(expires="9")],
        [row(label="text")],
        [row(), row(label=None)],
    ],
)
def test_rows_that_nobody_wrote_are_refused(rows: list[tuple[Any, ...]]) -> None:
    with pytest.raises((TypeError, ValueError)):
        DecodedScope(1, rows, 2)


@pytest.mark.parametrize("room", [0, 1, 64 << 20])
def test_what_another_wrote_is_found_at_once_whatever_is_kept(open_index: OpenIndex, room: int) -> None:
    one, other = open_index(index_cache_bytes=room), open_index()
    for number in range(1, 6):
        other.add(ONE, IndexEntry(np.array([1, number], np.float32), b"%d" % number), ttl=9, capacity=3)
        found = one.search(ONE, np.array([1, number], np.float32), k=9, at_least=-1)
        assert {match.payload for match in found} == {b"%d" % each for each in range(max(1, number - 2), number + 1)}
        assert found[0].payload == b"%d" % number


def test_a_search_reads_no_vectors_that_are_kept(open_index: OpenIndex) -> None:
    index = open_index()
    index.add(ONE, IndexEntry(np.ones(3, np.float32), b"x"), ttl=9, capacity=3)
    statements: list[str] = []
    with ExitStack() as stack:
        connection = index._database._connected()
        connection.set_trace_callback(statements.append)
        stack.callback(connection.set_trace_callback, None)
        for _ in range(3):
            assert index.search(ONE, np.ones(3, np.float32), k=1, at_least=0.9)
    assert sum("vector" in statement for statement in statements) == 1


def test_a_forked_child_does_not_take_what_its_parent_kept_for_the_newest(open_index: OpenIndex) -> None:
    index = open_index()
    index.add(ONE, IndexEntry(np.ones(3, np.float32), b"before"), ttl=9, capacity=3)
    assert payloads(index) == [b"before"]
    open_index().add(ONE, IndexEntry(np.ones(3, np.float32), b"after"), ttl=9, capacity=3)

    def work() -> None:
        assert payloads(index) == [b"after", b"before"]
        index.add(ONE, IndexEntry(np.ones(3, np.float32), b"child"), ttl=9, capacity=3)
        assert payloads(index) == [b"child", b"after", b"before"]

    assert run_in_fork(work) == 0
    assert payloads(index) == [b"child", b"after", b"before"]
