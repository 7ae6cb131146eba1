"""What a session had cached is in none of the files once it is forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from zlib import crc32

import numpy as np
import pytest

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreBusyError
from lixcore.ports.similarity_index import IndexEntry
from lixcore.testing.ground.clock import SettableClock
from lixcore_sqlite import SqliteEmbeddingStore, SqliteSimilarityIndex

OpenIndex = Callable[..., SqliteSimilarityIndex]
OpenEmbeddings = Callable[..., SqliteEmbeddingStore]
SESSIONS = [SessionKey(f"session {number}") for number in range(20)]


def raw(file: Path) -> bytes:
    """What a reader of the medium sees: the database, its log, whatever else is there."""
    return b"".join(one.read_bytes() for one in file.parent.iterdir())


def text(session: SessionKey) -> bytes:
    return b"[[what %s was told]]" % session.id.encode()


def vector(session: SessionKey) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """One that no other session has."""
    return np.random.default_rng(crc32(session.id.encode())).standard_normal(16).astype(np.float32)


def play(index: SqliteSimilarityIndex, clock: SettableClock, random: Random) -> None:
    """Entries come, expire, are pushed out and move about in the file."""
    for _ in range(400):
        session = random.choice(SESSIONS)
        scope = Scope(session, url=random.choice("ab"), shared=random.random() < 0.3)
        payload = text(session) * random.choice([1, 5, 20, 80, 300])
        index.add(scope, IndexEntry(vector(session), payload), ttl=random.choice([20, 1000]), capacity=random.choice([3, 50]))
        clock.advance(1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_forgotten_sessions_leave_no_trace(cache_file: Path, open_index: OpenIndex, clock: SettableClock, seed: int) -> None:
    """Also of what expired or was pushed out long before."""
    index = open_index()
    play(index, clock, Random(seed))
    for session in SESSIONS[::4]:
        index.forget(session)
        content = raw(cache_file)
        assert text(session) not in content
        assert vector(session).tobytes() not in content
    assert sum(text(session) in content for session in SESSIONS) > 10, "it looks in the right place"
    assert sum(vector(session).tobytes() in content for session in SESSIONS) > 10


def test_others_keep_their_part_of_what_is_shared(open_index: OpenIndex) -> None:
    index = open_index()
    for session in SESSIONS[:2]:
        for scope in (Scope(session), Scope(session, shared=True)):
            index.add(scope, IndexEntry(vector(session), text(session)), ttl=300, capacity=50)
    assert index.forget(SESSIONS[0]) == 2
    left = index.search(Scope(SESSIONS[0], shared=True), vector(SESSIONS[1]), k=99, at_least=-1)
    assert [match.payload for match in left] == [text(SESSIONS[1])]
    assert index.measure(SESSIONS[1]).entries == 1
    assert index.forget(SESSIONS[1]) == 2


def vacuums(index: SqliteSimilarityIndex, work: Callable[[], object]) -> int:
    """How often the file is written anew while something is done."""
    statements: list[str] = []
    connection = index._database._connected()
    connection.set_trace_callback(statements.append)
    try:
        work()
    finally:
        connection.set_trace_callback(None)
    return statements.count("VACUUM")


def test_the_file_is_written_anew_only_when_something_was_removed(open_index: OpenIndex, clock: SettableClock) -> None:
    index = open_index()
    one, two = Scope(SESSIONS[0]), Scope(SESSIONS[1], shared=True)

    def forget_nobody() -> int:
        return vacuums(index, lambda: index.forget(SESSIONS[9]))

    def add(scope: Scope, capacity: int = 50) -> None:
        index.add(scope, IndexEntry(vector(scope.session), b"x"), ttl=300, capacity=capacity)

    assert forget_nobody() == 0
    add(one)
    add(two)
    assert forget_nobody() == 0
    assert vacuums(index, lambda: index.forget(SESSIONS[1])) == 1
    assert forget_nobody() == 0
    add(one, capacity=1)
    assert forget_nobody() == 1, "one was pushed out"
    clock.advance(301)
    add(two)
    assert forget_nobody() == 1, "one had expired, in another scope"
    add(two)
    clock.advance(301)
    add(two)
    assert forget_nobody() == 1, "two had expired, in the same scope"
    assert forget_nobody() == 0


def test_forgetting_leaves_the_embeddings_file_alone(
    embeddings_file: Path, open_index: OpenIndex, open_embeddings: OpenEmbeddings
) -> None:
    """However large it is, and whoever writes to it, nobody waits."""
    index, store = open_index(busy_timeout=0.0), open_embeddings()
    index.add(Scope(SESSIONS[0]), IndexEntry(vector(SESSIONS[0]), b"x"), ttl=300, capacity=50)
    store.put([(b"%032d" % number, b"v" * 5000) for number in range(50)], ttl=300, capacity=50)
    store.forget([b"%032d" % number for number in range(50)])
    size = embeddings_file.stat().st_size
    with closing(sqlite3.connect(embeddings_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert vacuums(index, lambda: index.forget(SESSIONS[0])) == 1
    assert embeddings_file.stat().st_size == size


def test_a_wipe_that_others_prevent_is_an_error_and_can_be_repeated(cache_file: Path, open_index: OpenIndex) -> None:
    index, scope = open_index(busy_timeout=0.1), Scope(SESSIONS[0])
    index.add(scope, IndexEntry(vector(SESSIONS[0]), b"secret words"), ttl=300, capacity=50)
    with closing(sqlite3.connect(cache_file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entries").fetchone()
        with pytest.raises(StoreBusyError, match="forget it again"):
            index.forget(SESSIONS[0])
        assert list(index.search(scope, vector(SESSIONS[0]), k=1, at_least=-1)) == []
        reader.execute("COMMIT")
    assert index.forget(SESSIONS[0]) == 0
    assert b"secret" not in raw(cache_file)


def test_the_process_that_forgets_keeps_nothing_of_it(open_index: OpenIndex) -> None:
    index, scope = open_index(), Scope(SESSIONS[0])
    index.add(scope, IndexEntry(vector(SESSIONS[0]), b"x"), ttl=300, capacity=50)
    assert index.search(scope, vector(SESSIONS[0]), k=1, at_least=0.9)
    assert len(index._decoded._kept) == 1
    index.forget(SESSIONS[0])
    assert len(index._decoded._kept) == 0
