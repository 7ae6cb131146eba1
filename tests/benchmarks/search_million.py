"""Searching a million messages: how fast they are indexed, how large the index is, and how long searches take.

Alone, and while four processes search and one indexes on. The conversations are repeated under new ids until there are enough.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

import attrs
import numpy as np

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexBatch, IndexedMessage, IndexFilter
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.hybrid_questions import DIMENSION, TENANT, hybrid_question
from tests.benchmarks.report import Table
from tests.benchmarks.search_million_child import open_index
from tests.benchmarks.settings import Settings

BATCH: Final = 10_000
SEARCHERS: Final = 4
LOAD_SECONDS: Final = 15.0
QUERIES: Final = 300


def search_million(settings: Settings) -> list[Table]:
    """Measure; ten times as many messages as the largest history, and as many embeddings as that."""
    messages, embeddings = 10 * settings.largest, settings.largest
    words, vectors = settings.directory / "words", settings.directory / "vectors"
    table = Table(f"Searching {messages:,} messages", ("what", "p50 ms", "p99 ms", "figure"))
    table.notes.append(f"messages: {settings.corpus.origin}, repeated under new session ids, {BATCH:,} in each add")
    index, analyzer = open_index(words)
    table.notes.append(f"analyzer: {analyzer.identity}")
    _index_messages(table, index, settings.corpus, messages)
    queries = _queries(settings.corpus, analyzer)
    some = _long_session(index, settings.corpus)
    for name, ask in _questions(index, queries, some).items():
        _measure(table, name, ask)
    began = time.perf_counter()
    index.query_sql("select role, count(*) from messages group by role", tenant="default", most=10)
    table.add("SQL over all messages: roles counted", None, None, f"{time.perf_counter() - began:.2f} s")
    load = Load(words, queries, settings.corpus)
    load.measure(table, index, "words", "three words")
    _vectors(table, vectors, embeddings)
    _embed(index, settings.corpus, embeddings)
    some_embeddings = f"of {messages:,} messages, {embeddings:,} with embeddings"
    _measure(table, f"words and meaning, {some_embeddings}", hybrid_question(index, queries))
    one = IndexFilter(tenant="default", sessions=["embedded-0"])
    _measure(table, "words and meaning, one session of 1,000", hybrid_question(index, queries, one))
    load.measure(table, index, "both", "words and meaning")
    load.measure(table, index, "meaning", "meaning")
    index.close()
    return [table]


def batches(corpus: Corpus, most: int, *, first: int = 0) -> Iterator[list[IndexBatch]]:
    """The conversations again and again, about `BATCH` messages at a time."""
    found: list[IndexBatch] = []
    held = given = 0
    for turn in count(first):
        for number, session in enumerate(corpus.sessions):
            messages = [_message(at, each) for at, each in enumerate(session, 1)]
            found.append(IndexBatch(SessionKey(f"{turn}-{number}"), messages))
            held, given = held + len(messages), given + len(messages)
            if held >= BATCH or given >= most:
                yield found
                found, held = [], 0
            if given >= most:
                return


def _message(at: int, each: dict[str, Any]) -> IndexedMessage:
    fields = {"channel": "web"} if at % 4 == 0 else {}
    return IndexedMessage(
        position=Position(at), timestamp=1.7e9 + at, role=str(each["role"]), text=str(each["content"]), fields=fields
    )


def _index_messages(table: Table, index: Any, corpus: Corpus, most: int) -> None:
    taken, wall, busy = 0, 0.0, 0.0
    for given in batches(corpus, most):
        began, worked = time.perf_counter(), time.process_time()
        taken += index.add(given)
        wall, busy = wall + time.perf_counter() - began, busy + time.process_time() - worked
    began, worked = time.perf_counter(), time.process_time()
    index.merge()
    wall, busy = wall + time.perf_counter() - began, busy + time.process_time() - worked
    size = index.measure().stored_bytes
    table.add("indexing, words cut and parts merged", None, None, f"{taken / wall:,.0f} messages/s")
    table.add("the same by the processor's time", None, None, f"{taken / busy:,.0f} messages/s")
    table.add("on the disk", None, None, f"{size / taken:.0f} bytes/message")


def _queries(corpus: Corpus, analyzer: Any) -> list[str]:
    """Three words each, of which one message has all."""
    drawn, found = random.Random(7), list[str]()
    while len(found) < QUERIES:
        text = str(drawn.choice(drawn.choice(corpus.sessions))["content"])
        whole = [word for word in text.split() if len(analyzer.query_words(word)) == 1]
        if len(set(whole)) >= 3:  # three words
            found.append(" ".join(drawn.sample(sorted(set(whole)), 3)))
    return found


def _long_session(index: Any, corpus: Corpus) -> list[str]:
    """One session of a thousand messages."""
    texts = [each for session in corpus.sessions for each in session][:1000]
    index.add([IndexBatch(SessionKey("long"), [_message(at, each) for at, each in enumerate(texts, 1)])])
    return ["long"]


def _questions(index: Any, queries: Sequence[str], session: list[str]) -> dict[str, Callable[[int], object]]:
    one = IndexFilter(tenant="default", sessions=session)
    users = IndexFilter(tenant="default", roles=["user"])
    lately = IndexFilter(tenant="default", since=1.7e9 + 10)
    web = IndexFilter(tenant="default", fields={"channel": "web"})
    places = [(hit.session, hit.position) for hit in index.search_text(queries[0], k=200, where=TENANT)]

    def asked(number: int) -> str:
        return queries[number % len(queries)]

    return {
        "three words, the best 10": lambda number: index.search_text(asked(number), k=10, where=TENANT),
        "three words, the best 200": lambda number: index.search_text(asked(number), k=200, where=TENANT),
        "three words, one session of 1,000": lambda number: index.search_text(asked(number), k=10, where=one),
        "three words of one role": lambda number: index.search_text(asked(number), k=10, where=users),
        "three words since a time": lambda number: index.search_text(asked(number), k=10, where=lately),
        "three words with a field": lambda number: index.search_text(asked(number), k=10, where=web),
        "counts of three words": lambda number: index.count_words(asked(number).split(), where=TENANT),
        f"neighbours of {len(places)}": lambda _: index.neighbours(places, reach=2),
    }


def _measure(table: Table, name: str, ask: Callable[[int], object], *, most: float = 6.0) -> None:
    ask(0)
    seconds: list[float] = []
    ended = time.perf_counter() + most
    while len(seconds) < QUERIES and time.perf_counter() < ended:
        began = time.perf_counter()
        ask(len(seconds))
        seconds.append(time.perf_counter() - began)
    table.add(name, *_in_milliseconds(seconds), None)


def _in_milliseconds(seconds: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(seconds)
    return round(1e3 * statistics.median(ordered), 2), round(1e3 * ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)], 2)


@attrs.frozen
class Load:
    """Four processes that search while one indexes on."""

    place: Path
    queries: Sequence[str]
    corpus: Corpus
    turns: Iterator[int] = attrs.Factory(lambda: count(1_000_000, 1_000_000))

    def measure(self, table: Table, index: Any, kind: str, name: str) -> None:
        """Search by ``words``, by ``meaning`` or by ``both``."""
        asked = self.place.parent / "queries.json"
        asked.write_text(json.dumps(self.queries))
        command = [sys.executable, "-m", "tests.benchmarks.search_million_child", str(self.place), str(asked)]
        command += [str(LOAD_SECONDS), kind]
        children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(SEARCHERS)]  # noqa: S603  # ours
        taken, began = 0, time.perf_counter()
        for given in batches(self.corpus, 10_000_000, first=next(self.turns)):
            taken += index.add(given)
            if time.perf_counter() - began > LOAD_SECONDS:
                break
        rate = taken / (time.perf_counter() - began)
        seconds = [each for child in children for each in json.loads(child.communicate()[0])]
        failed = sum(child.returncode != 0 for child in children)
        times = _in_milliseconds(seconds)
        table.add(f"{name}, {SEARCHERS} processes while one indexes", *times, f"{len(seconds):,} searches")
        table.add("indexing meanwhile", None, None, f"{rate:,.0f} messages/s")
        table.add("searches that failed", None, None, f"{failed}")


def _embed(index: Any, corpus: Corpus, most: int) -> None:
    """Add messages with random embeddings, in sessions of a thousand."""
    drawn = np.random.default_rng(13)
    texts = [each for session in corpus.sessions for each in session]
    for first in range(0, most, 1000):
        rows = drawn.standard_normal((1000, DIMENSION), dtype=np.float32)
        some = [_message(at, texts[(first + at) % len(texts)]) for at in range(1, 1001)]
        messages = [attrs.evolve(each, embedding=row) for each, row in zip(some, rows, strict=True)]
        index.add([IndexBatch(SessionKey(f"embedded-{first // 1000}"), messages)])
    index.merge()


def _vectors(table: Table, place: Path, most: int) -> None:
    drawn = np.random.default_rng(7)
    index, _ = open_index(place)
    wall = 0.0
    for first in range(0, most, BATCH):
        rows = drawn.standard_normal((BATCH, DIMENSION), dtype=np.float32)
        messages = [
            IndexedMessage(position=Position(first + at), timestamp=0.0, role="user", text="", embedding=row)
            for at, row in enumerate(rows, 1)
        ]
        given = [IndexBatch(SessionKey(f"{first}-{at}"), messages[at : at + 1000]) for at in range(0, BATCH, 1000)]
        began = time.perf_counter()
        index.add(given)
        wall += time.perf_counter() - began
    began = time.perf_counter()
    index.merge()
    wall += time.perf_counter() - began
    table.add(f"indexing {most:,} embeddings of {DIMENSION}", None, None, f"{most / wall:,.0f} messages/s")
    asked = drawn.standard_normal((QUERIES, DIMENSION), dtype=np.float32)
    one = IndexFilter(tenant="default", sessions=["0-0"])
    _measure(table, "vector, one session of 1,000", lambda number: index.search_vector(asked[number % QUERIES], k=10, where=one))
    _measure(
        table, f"vector, all {most:,}", lambda number: index.search_vector(asked[number % QUERIES], k=10, where=TENANT), most=8.0
    )
    users = IndexFilter(tenant="default", roles=["user"])
    _measure(
        table,
        f"vector, all {most:,} of a role",
        lambda number: index.search_vector(asked[number % QUERIES], k=10, where=users),
        most=4.0,
    )
    index.close()
