"""What every similarity index gives back: payloads and vectors as they were when they were added."""

from __future__ import annotations

import numpy as np
import pytest

from lixcore.domain.scope import Scope
from lixcore.ports.similarity_index import IndexEntry, SimilarityIndex
from lixcore.testing.ground.rules import rule
from lixcore.testing.similarity_index.indexes import (
    HOUR,
    ONE,
    UP,
    IndexGround,
    put_in,
)
from lixcore.testing.similarity_index.oracle import floats, payloads

SESSION = ONE.session


class IndexData(IndexGround):
    """An entry is data, and a copy."""

    @pytest.mark.parametrize("size", [0, 1, 2**20])
    @rule("Payloads are records of lixcore, compressed or encrypted: one byte less and the answer is lost.")
    def test_payloads_of_any_size_come_back_as_they_were(self, store: SimilarityIndex, size: int) -> None:
        payload = bytes(range(256)) * (size // 256) if size > 1 else b"\0" * size
        put_in(store, Scope(SESSION), payload)
        put_in(store, Scope(SESSION), b"another")
        found = store.search(Scope(SESSION), floats(UP), k=5, at_least=0.5)
        assert [match.payload == payload for match in found] == [False, True]

    @rule("Answers may be long: a limit of a page, a packet or a column shows only then.")
    def test_several_large_payloads_come_back_together(self, store: SimilarityIndex) -> None:
        big = [bytes([number]) * (300_000 + number) for number in range(6)]
        for payload in big:
            put_in(store, Scope(SESSION), payload)
        assert payloads(store, Scope(SESSION), UP) == set(big)

    @rule("Callers use their arrays again; an index that keeps them finds what was never added.")
    def test_what_was_given_may_be_changed_afterwards(self, store: SimilarityIndex) -> None:
        vector = floats([1.0, 0.0])
        payload, label = bytearray(b"payload"), bytearray(b"q" * 32)
        store.add(Scope(SESSION), IndexEntry(vector, payload, label), ttl=HOUR, capacity=5)  # type: ignore[arg-type]  # a careless caller
        vector[:] = [0.0, 1.0]
        payload[:] = b"changed"
        label[:] = b"r" * 32
        query = floats(UP)
        for _ in range(2):
            [match] = store.search(Scope(SESSION), query, label=b"q" * 32, k=5, at_least=-1.0)
            assert (match.payload, match.is_exact) == (b"payload", True)
            assert match.similarity == pytest.approx(1.0, abs=0.01)
            query[:] = [2.0, 0.0]

    @rule(
        "A row of a table, a view or a read-only array is a vector too: one that is read as if it were contiguous is another one."
    )
    def test_vectors_may_lie_in_memory_as_they_like(self, store: SimilarityIndex) -> None:
        table = np.array([[3.0, 9.0, 4.0, 9.0], [1.0, 9.0, 0.0, 9.0]], dtype=np.float32)
        table.setflags(write=False)
        store.add(Scope(SESSION), IndexEntry(table[0, ::2], b"x"), ttl=HOUR, capacity=5)
        [match] = store.search(Scope(SESSION), table[1, ::2], k=5, at_least=0.5)
        assert match.similarity == pytest.approx(0.6, abs=0.01)
        [match] = store.search(Scope(SESSION), np.asfortranarray(table)[0, ::2], k=5, at_least=0.5)
        assert match.similarity == pytest.approx(1.0, abs=0.01)
