"""What is found, and with which scores: against brute force, and against the index in memory."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexed_messages import made, put
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexBatch, IndexFilter
from lixcore_duckdb import DuckdbArchiveIndex
from lixcore_memory import MemoryArchiveIndex

K1, B = 0.9, 0.4
WORDS = ["rain", "sun", "snow", "wind"]
ONE, TWO, THEIRS = SessionKey("one"), SessionKey("two"), SessionKey("one", tenant="other")
OURS = IndexFilter(tenant="default")
TEXTS = st.lists(st.sampled_from(WORDS), max_size=6)
HISTORIES = st.lists(st.tuples(st.sampled_from([ONE, TWO, THEIRS]), st.integers(1, 30), TEXTS), min_size=1, max_size=20)


def expected_scores(texts: Mapping[Any, list[str]], query: set[str]) -> dict[Any, float]:
    """BM25 as it is written."""
    mean = sum(map(len, texts.values())) / len(texts)
    found = {}
    for place, words in texts.items():
        shared = query & set(words)
        if shared:
            found[place] = 0.0
        for word in sorted(shared):
            holding = sum(word in other for other in texts.values())
            rarity = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
            count = Counter(words)[word]
            found[place] += rarity * count * (K1 + 1) / (count + K1 * (1 - B + B * len(words) / mean))
    return found


def test_scores_are_those_of_the_formula_however_the_messages_came_in(index: DuckdbArchiveIndex) -> None:
    @settings(max_examples=40, deadline=None)
    @given(HISTORIES, st.sets(st.sampled_from(WORDS), min_size=1), st.integers(1, 4), st.integers(0, 10), st.booleans())
    def check(given: list[Any], query: set[str], batches: int, gone: int, merges: bool) -> None:  # noqa: FBT001  # drawn
        index.clear()
        held: dict[tuple[SessionKey, int], list[str]] = {}
        for session, at, words in given:
            held.setdefault((session, at), words)
        entries = list(held.items())
        for start in range(batches):
            index.add(
                [
                    IndexBatch(session, [made(at, " ".join(words))])
                    for (session, at), words in sorted(entries[start::batches], key=repr)
                ]
            )
        index.forget(ONE, through=gone)  # type: ignore[arg-type]  # a number will do
        if merges:
            index.merge()
        kept = {place: words for place, words in held.items() if place[0] != ONE or place[1] > gone}
        for sessions in (None, ["one"]):
            texts = {
                place: words
                for place, words in kept.items()
                if place[0].tenant == "default" and (sessions is None or place[0].id in sessions)
            }
            hits = index.search_text(" ".join(query), k=99, where=IndexFilter(tenant="default", sessions=sessions))
            assert {(hit.session, hit.position): hit.score for hit in hits} == pytest.approx(
                expected_scores(texts, query) if texts else {}, abs=2e-9
            )

    check()


@pytest.mark.parametrize("merges", [False, True])
def test_a_few_thousand_messages_are_found_as_the_index_in_memory_finds_them(index: DuckdbArchiveIndex, *, merges: bool) -> None:
    memory = MemoryArchiveIndex()
    for number in range(40):
        session = SessionKey(f"s{number % 13}")
        first = number * 100
        messages = [
            made(at, " ".join(f"w{(at * at * step) % 97}" for step in range(1, 2 + at % 9)), role="ab"[at % 2], third=str(at % 3))
            for at in range(first + 1, first + 101)
        ]
        put(index, session, *messages)
        put(memory, session, *messages)
    if merges:
        index.merge()
    filters = [
        {},
        {"sessions": ["s3", "s4", "s12", "none"]},
        {"roles": ["a"]},
        {"fields": {"third": "2"}},
        {"since": 300.0, "until": 700.25},
        {"sessions": ["s5"], "before": 3000},
    ]
    for query in ("w1", "w1 w2 w3", "w4 w5 w6 w7 w8 w9 w10"):
        for some in filters:
            where = IndexFilter(tenant="default", **some)  # type: ignore[arg-type]  # as the names have them
            for k in (1, 10, 250):
                ours = index.search_text(query, k=k, where=where)
                theirs = [
                    (hit.session, hit.position, round(hit.score, 9), hit.timestamp)
                    for hit in memory.search_text(query, k=5000, where=where)
                ]
                theirs.sort(key=lambda hit: (-hit[2], -hit[1], hit[0].id))
                assert [(hit.session, hit.position, hit.score, hit.timestamp) for hit in ours] == theirs[:k]
            assert index.count_words(query.split(), where=where) == memory.count_words(query.split(), where=where)


def test_a_word_said_more_often_than_a_byte_counts(index: DuckdbArchiveIndex) -> None:
    memory = MemoryArchiveIndex()
    texts = ["rain " * count + "sun " * 300 for count in (1, 254, 255, 256, 300, 70_000)]
    for each in (index, memory):
        for at, text in enumerate(texts, 1):
            put(each, ONE, made(at, text))
    for _ in range(2):
        ours, theirs = (each.search_text("rain sun", k=9, where=OURS) for each in (index, memory))
        assert [(hit.position, hit.score) for hit in ours] == [(hit.position, round(hit.score, 9)) for hit in theirs]
        put(index, TWO, *(made(at, "snow") for at in range(1, 3)))
        put(memory, TWO, *(made(at, "snow") for at in range(1, 3)))
        for number in range(8):
            put(index, SessionKey(f"more {number}"), made(1, "wind " * 260))
            put(memory, SessionKey(f"more {number}"), made(1, "wind " * 260))
        index.merge()


def test_words_are_cut_by_the_analyzer_that_is_given(open_index: Callable[..., DuckdbArchiveIndex]) -> None:
    class FirstLetters:
        identity = "first letters"

        def words_of(self, text: str) -> list[str]:
            return [word[0] for word in text.split()]

        query_words = words_of

    index = open_index(FirstLetters())
    put(index, ONE, made(1, "rain sun"), made(2, "wind"))
    assert [hit.position for hit in index.search_text("rome", k=9, where=OURS)] == [1]
