"""The caches' files: apart from each other and from the sessions', and of a bounded size."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lixcore.domain.freshness import is_live
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreBusyError
from lixcore.ports.similarity_index import IndexEntry
from lixcore.testing.ground.clock import NOON, SettableClock
from lixcore.testing.ground.opening import open_adapter
from lixcore.testing.ground.threads import at_once
from lixcore.testing.hot_store.stores import make_hot
from lixcore_sqlite import SqliteEmbeddingStore, SqliteHotStore, SqliteSimilarityIndex
from lixcore_sqlite.cache_schema import LIVE, live_at

OpenIndex = Callable[..., SqliteSimilarityIndex]
OpenEmbeddings = Callable[..., SqliteEmbeddingStore]
UP = np.ones(8, np.float32)
TIMES = st.sampled_from([NOON + step for step in (-61, -60, -1, 0, 1, 60, 60.5, 61, 1e9)])


def ask(file: Path, statement: str) -> list[tuple[int, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(statement).fetchall()


@settings(deadline=None)
@given(added=TIMES, expires=TIMES, now=TIMES)
def test_statements_take_those_for_live_that_are(added: float, expires: float, now: float) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        rows = connection.execute(
            f"SELECT 1 FROM (SELECT ? AS added, ? AS expires) WHERE {LIVE}",  # noqa: S608  # ours
            (added, expires, *live_at(now)),
        )
        assert bool(rows.fetchall()) == is_live(added, expires, now)


def test_the_file_does_not_grow_with_what_expired(cache_file: Path, open_index: OpenIndex, clock: SettableClock) -> None:
    """Each session asks a few times and never comes back."""
    index, pages = open_index(), []
    for number in range(600):
        scope = Scope(SessionKey(f"s{number}"), shared=number % 5 == 0, url=str(number))
        for _ in range(3):
            index.add(scope, IndexEntry(UP, b"x" * 1500), ttl=60, capacity=50)
            clock.advance(0.5)
        if number % 100 == 99:
            pages.append(ask(cache_file, "PRAGMA page_count")[0][0])
    assert max(pages) <= 1.2 * pages[0]
    assert ask(cache_file, "SELECT count(*) FROM scopes")[0][0] <= 45
    clock.advance(120)
    for _ in range(30):  # a single session is left; it gives back the space of all others
        index.add(Scope(SessionKey("last")), IndexEntry(UP, b"x"), ttl=60, capacity=1)
    assert ask(cache_file, "SELECT count(*) FROM entries") == ask(cache_file, "SELECT count(*) FROM scopes") == [(1,)]


def test_embeddings_that_expired_leave_the_file(
    embeddings_file: Path, open_embeddings: OpenEmbeddings, clock: SettableClock
) -> None:
    store = open_embeddings()
    store.put([(b"%032d" % number, b"x" * 1500) for number in range(100)], ttl=60, capacity=1000)
    clock.advance(60)
    for number in range(50):
        store.put([(b"%032d" % (1000 + number), b"x")], ttl=60, capacity=1000)
    assert ask(embeddings_file, "SELECT count(*), (SELECT held FROM stock) FROM embeddings") == [(50, 50)]


@settings(max_examples=25, deadline=None)  # each step waits for a file
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["add", "add", "add", "put", "put", "clock", "forget"]),
            st.integers(0, 3),
            st.sampled_from([1, 5, 100]),
        ),
        max_size=40,
    )
)
def test_what_the_files_say_of_their_rows_is_so(tmp_path_factory: Any, steps: list[tuple[str, int, int]]) -> None:
    """Counts and bounds, whatever entries do and however the clock steps."""
    clock, directory = SettableClock(), tmp_path_factory.mktemp("cache")
    file, embeddings = directory / "lixcore-cache.sqlite3", directory / "lixcore-embeddings.sqlite3"
    path = str(directory / "lixcore.sqlite3")
    index = open_adapter(SqliteSimilarityIndex, SqliteSimilarityIndex.Options(path=path), clock, directory)
    store = open_adapter(SqliteEmbeddingStore, SqliteEmbeddingStore.Options(path=path), clock, directory)
    with closing(index), closing(store):
        index.measure()  # makes the files
        store.measure()
        for what, who, number in steps:
            session = SessionKey(f"s{who}")
            if what == "add":
                index.add(Scope(session, shared=who == 3), IndexEntry(UP, b"x"), ttl=number, capacity=3)
            elif what == "put":
                store.put([(b"%032d" % each, b"v") for each in range(who, who + 3)], ttl=number, capacity=5)
            elif what == "clock":
                clock.advance([1.0, -70.0, -30.0, 100.0][who])
            else:
                index.forget(session)
                store.forget([b"%032d" % who])
            assert ask(embeddings, "SELECT held - (SELECT count(*) FROM embeddings) FROM stock") == [(0,)]
            assert ask(embeddings, "SELECT count(*) FROM embeddings, stock WHERE added > latest") == [(0,)]
            wrong = """SELECT digest FROM scopes
                WHERE held = 0 OR held != (SELECT count(*) FROM entries WHERE scope = scopes.number)
                OR soonest > (SELECT min(expires) FROM entries WHERE scope = scopes.number)
                OR latest < (SELECT max(added) FROM entries WHERE scope = scopes.number)"""
            assert ask(file, wrong) == []
            assert ask(file, "SELECT count(*) FROM entries WHERE scope NOT IN (SELECT number FROM scopes)") == [(0,)]


def test_both_adapters_are_used_at_once(
    cache_file: Path, embeddings_file: Path, open_index: OpenIndex, open_embeddings: OpenEmbeddings
) -> None:
    index, store = open_index(), open_embeddings()

    def add(writer: int) -> None:
        for _ in range(40):
            index.add(Scope(SessionKey(f"s{writer}")), IndexEntry(UP, b"x" * 500), ttl=60, capacity=10)
            assert index.search(Scope(SessionKey(f"s{writer}")), UP, k=1, at_least=0.9)

    def put(writer: int) -> None:
        for number in range(40):
            key = b"%016d%016d" % (writer, number)
            store.put([(key, key)], ttl=60, capacity=1000)
            assert list(store.get([key])) == [key]

    def forget() -> None:
        for number in range(10):
            index.add(Scope(SessionKey("gone")), IndexEntry(UP, b"secret"), ttl=60, capacity=10)
            assert index.forget(SessionKey("gone")) == 1
            index.tally({"hits": 1})
            store.tally({"hits": number})

    at_once(*[lambda writer=writer: add(writer) for writer in range(3)], *[lambda w=w: put(w) for w in range(3)], forget)
    assert (index.measure().entries, store.measure().entries) == (30, 120)
    assert (dict(index.tallies()), dict(store.tallies())) == ({"hits": 10}, {"hits": 45})
    names = (cache_file.name, embeddings_file.name)
    assert [path for path in cache_file.parent.iterdir() if not path.name.startswith(names)] == []


def test_none_of_the_three_files_holds_up_writers_of_another(
    cache_file: Path,
    embeddings_file: Path,
    open_file: Callable[..., SqliteHotStore],
    open_index: OpenIndex,
    open_embeddings: OpenEmbeddings,
) -> None:
    hot_file = cache_file.with_name("lixcore.sqlite3")
    hot, index, store = open_file(hot_file, busy_timeout=0.0), open_index(busy_timeout=0.0), open_embeddings(busy_timeout=0.0)
    make_hot(hot, SessionKey("one"))
    writes: dict[Path, Callable[[], object]] = {
        hot_file: lambda: hot.append(SessionKey("one"), NOON, b"x"),
        cache_file: lambda: index.add(Scope(SessionKey("one")), IndexEntry(UP, b"x"), ttl=9, capacity=1),
        embeddings_file: lambda: store.put([(b"k" * 32, b"v")], ttl=9, capacity=1),
    }
    for write in writes.values():
        write()
    for held in writes:
        with closing(sqlite3.connect(held, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for file, write in writes.items():
                if file == held:
                    with pytest.raises(StoreBusyError):
                        write()
                else:
                    write()


def test_leases_of_those_who_died_leave_the_file(open_index: OpenIndex, clock: SettableClock, cache_file: Path) -> None:
    index = open_index()
    for number in range(20):
        assert index.lease(f"flight-{number}", holder="dies", seconds=5.0)
    assert index.lease("flight-long", holder="lives", seconds=60.0)
    clock.advance(5.0)
    for number in range(3):
        assert index.lease(f"flight-new-{number}", holder="lives", seconds=5.0)
    assert ask(cache_file, "SELECT count(*) FROM leases") == [(4,)]
    assert not index.lease("flight-long", holder="another", seconds=5.0)
