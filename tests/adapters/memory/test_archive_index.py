"""The archive index in memory: scores as the formula has them, and what it keeps."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexBatch, IndexedMessage, IndexFilter
from lixcore_memory import MemoryArchiveIndex

K1, B = 0.9, 0.4
WORDS = ["a", "b", "c", "d"]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=6), min_size=1, max_size=10)


def message(position: int, text: str = "rain", **more: str) -> IndexedMessage:
    return IndexedMessage(position=Position(position), timestamp=0.0, role="user", text=text, fields=more)


def expected_scores(texts: list[list[str]], query: set[str]) -> dict[int, float]:
    """BM25 as it is written, over texts of plain words; by position."""
    mean = sum(map(len, texts)) / len(texts)
    found = {}
    for position, words in enumerate(texts, 1):
        total = 0.0
        for word in query & set(words):
            holding = sum(word in other for other in texts)
            rarity = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
            count = Counter(words)[word]
            total += rarity * count * (K1 + 1) / (count + K1 * (1 - B + B * len(words) / mean))
        if query & set(words):
            found[position] = total
    return found


@given(TEXTS, st.sets(st.sampled_from(WORDS), min_size=1), st.data())
def test_scores_are_those_of_the_formula(texts: list[list[str]], query: set[str], data: st.DataObject) -> None:
    index = MemoryArchiveIndex()
    split = [data.draw(st.sampled_from(["one", "two"])) for _ in texts]
    for position, (session, words) in enumerate(zip(split, texts, strict=True), 1):
        index.add([IndexBatch(SessionKey(session), [message(position, " ".join(words))])])
    hits = index.search_text(" ".join(query), k=99, where=IndexFilter(tenant="default"))
    assert {hit.position: hit.score for hit in hits} == pytest.approx(expected_scores(texts, query), rel=1e-12)


def test_of_what_was_forgotten_no_text_remains_in_memory() -> None:
    index = MemoryArchiveIndex()
    session = SessionKey("Anna", tenant="Acme")
    index.add([IndexBatch(session, [message(1, "secret", topic="private")])])
    assert all(text in repr(vars(index)) for text in ("Anna", "Acme", "secret"))
    index.search_vector(np.ones(2, dtype=np.float32), k=1, where=IndexFilter(tenant="Acme"))
    index.forget(session, through=Position(1))
    kept = repr(vars(index))
    for text in ("Anna", "Acme", "secret", "private", "topic"):
        assert text not in kept


def test_searches_of_tenants_that_are_not_there_leave_nothing() -> None:
    index = MemoryArchiveIndex()
    for number in range(100):
        where = IndexFilter(tenant=f"tenant {number}")
        assert list(index.search_vector(np.ones(2, dtype=np.float32), k=1, where=where)) == []
        index.search_text("rain", k=1, where=where)
        index.forget(SessionKey(str(number)), through=Position(0))
        index.progress([SessionKey(str(number))])
    assert [*index._rows, *index._tenants, *index._histories] == []


def test_measure_grows_with_what_is_held() -> None:
    index = MemoryArchiveIndex()
    sizes = []
    for position in range(1, 4):
        index.add([IndexBatch(SessionKey("one"), [message(position, f"rain {position}")])])
        sizes.append(index.measure().stored_bytes or 0)
    assert 0 < sizes[0] < sizes[1] < sizes[2]
    index.forget(SessionKey("one"), through=Position(3))
    assert index.measure().stored_bytes == 0
