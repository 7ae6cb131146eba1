"""Searching in memory gives what an index gives; the index in memory, which its own contract tries, is the judge."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.domain.words import PlainAnalyzer, query_words
from lixcore.ports.archive_index import IndexBatch, IndexedMessage, IndexFilter, IndexHit, Neighbours, WordCounts
from lixcore.services.searching.in_memory import MessagesInMemory, neighbours_among
from lixcore_memory import MemoryArchiveIndex

SESSION = SessionKey("one", tenant="acme")
ALL = IndexFilter(tenant="acme", sessions=["one"])
TEXTS = st.lists(st.sampled_from(["rain", "sun", "snow", "東京", "wind"]), max_size=6).map(" ".join)
VECTORS = st.lists(st.sampled_from([-1.0, 0.5, 1.0]), min_size=2, max_size=3).map(lambda numbers: np.array(numbers, np.float32))


@st.composite
def messages(draw: st.DrawFn) -> list[IndexedMessage]:
    positions = draw(st.lists(st.integers(1, 30), unique=True, max_size=10))
    return [
        IndexedMessage(
            position=Position(position),
            timestamp=float(draw(st.integers(0, 3))),
            role=draw(st.sampled_from(["user", "assistant"])),
            text=draw(TEXTS),
            fields=draw(st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"))),
            embedding=draw(st.none() | VECTORS),
        )
        for position in positions
    ]


FILTERS = st.builds(
    IndexFilter,
    tenant=st.just("acme"),
    sessions=st.just(["one"]),
    roles=st.none() | st.sets(st.sampled_from(["user", "assistant"])),
    since=st.none() | st.integers(0, 3).map(float),
    until=st.none() | st.integers(0, 3).map(float),
    fields=st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"), max_size=1),
    before=st.none() | st.integers(1, 30).map(Position),
)


def held(given_messages: Sequence[IndexedMessage]) -> MessagesInMemory:
    return MessagesInMemory(SESSION, given_messages, PlainAnalyzer())


def indexed(given_messages: Sequence[IndexedMessage]) -> MemoryArchiveIndex:
    index = MemoryArchiveIndex()
    index.add([IndexBatch(SESSION, sorted(given_messages, key=lambda message: message.position))])
    index.add([IndexBatch(SessionKey("other", tenant="acme"), [message(1, "rain rain wind")])])
    return index


def message(position: int, text: str) -> IndexedMessage:
    return IndexedMessage(position=Position(position), timestamp=0.0, role="user", text=text)


def plain(hits: Sequence[IndexHit]) -> list[tuple[SessionKey, int, object, float]]:
    return [(hit.session, hit.position, pytest.approx(hit.score, rel=1e-9), hit.timestamp) for hit in hits]


@given(messages(), TEXTS, FILTERS, st.integers(1, 12))
def test_words_are_found_as_by_an_index(said: list[IndexedMessage], query: str, where: IndexFilter, k: int) -> None:
    found = held(said).search_text(query_words(query), k=k, where=where)
    assert plain(found) == plain(indexed(said).search_text(query, k=k, where=where))


@given(messages(), VECTORS, FILTERS, st.integers(1, 12))
def test_embeddings_are_found_as_by_an_index(
    said: list[IndexedMessage], vector: np.ndarray[tuple[int], np.dtype[np.float32]], where: IndexFilter, k: int
) -> None:
    found = held(said).search_vector(vector, k=k, where=where)
    assert plain(found) == plain(indexed(said).search_vector(vector, k=k, where=where))


@given(messages(), st.integers(1, 31), st.integers(1, 4))
def test_neighbours_and_counts_are_those_of_an_index(said: list[IndexedMessage], at: int, reach: int) -> None:
    index, memory = indexed(said), held(said)
    (one,), (other,) = (memory.neighbours([Position(at)], reach=reach), index.neighbours([(SESSION, Position(at))], reach=reach))
    assert (list(one.before), list(one.after)) == (list(other.before), list(other.after))
    words = ["rain", "東京", "never"]
    assert memory.count_words(words) == index.count_words(words, where=ALL)
    assert len(memory) == len(said)


@given(messages(), TEXTS, st.integers(0, 30))
def test_what_an_index_does_not_hold_yet_is_scored_as_if_it_did(said: list[IndexedMessage], query: str, end: int) -> None:
    """An index up to a position, and memory from there on, give the scores of an index of all for what is in memory."""
    older = [each for each in said if each.position <= end]
    newer = [each for each in said if each.position > end]
    words = query_words(query)
    beside = indexed(older).count_words(words, where=ALL)
    whole = [hit for hit in held(said).search_text(words, k=99, where=ALL) if hit.position > end]
    assert plain(held(newer).search_text(words, k=99, where=ALL, beside=beside)) == plain(whole)


def test_counts_beside_it_add_up_also_for_words_that_only_they_hold() -> None:
    beside = WordCounts(9, 90, {"rain": 3})
    both = held([message(5, "rain snow")]).search_text(["rain", "snow"], k=1, where=ALL, beside=beside)
    alone = held([message(5, "rain snow")]).search_text(["rain", "snow"], k=1, where=ALL)
    assert both[0].score > alone[0].score > 0


def test_nothing_to_search_and_nothing_to_look_for_find_nothing() -> None:
    assert list(held([]).search_text(["rain"], k=1, where=ALL)) == []
    assert list(held([message(1, "rain")]).search_text([], k=1, where=ALL)) == []
    assert list(held([message(1, "rain")]).search_vector(np.ones(2, np.float32), k=1, where=ALL)) == []
    assert list(held([message(1, "")]).search_text(["rain"], k=1, where=ALL)) == []


def test_neighbours_among_positions() -> None:
    positions = [Position(at) for at in (2, 4, 6, 8)]
    assert neighbours_among(positions, Position(6), reach=2) == Neighbours([Position(4), Position(2)], [Position(8)])
    assert neighbours_among(positions, Position(5), reach=1) == Neighbours([Position(4)], [Position(6)])
    assert neighbours_among([], Position(5), reach=1) == Neighbours([], [])


def test_filters_that_name_other_sessions_are_the_callers_business() -> None:
    found = held([message(1, "rain")]).search_text(["rain"], k=1, where=attrs.evolve(ALL, sessions=None))
    assert [hit.session for hit in found] == [SESSION]
