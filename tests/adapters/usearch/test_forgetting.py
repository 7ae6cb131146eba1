"""What was forgotten is in none of the files, and not in memory."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreBusyError
from lixcore.ports.similarity_index import IndexEntry
from lixcore.testing.ground.clock import SettableClock
from lixcore_usearch import UsearchSimilarityIndex, directory
from lixcore_usearch.graph import Graph, scaled
from vectors import HOUR, ONE, SHARED, fill, held, ranking, true_ranking, vector

Open = Callable[..., UsearchSimilarityIndex]


def raw(place: Path) -> bytes:
    """What a reader of the medium sees."""
    return b"".join(one.read_bytes() for one in place.rglob("*") if one.is_file())


def text(number: int) -> bytes:
    return b"[[what-%02d-said]]" % number


def traces(content: bytes, number: int) -> list[str]:
    """What stands there of an entry: its payload, its vector, its vector in a graph."""
    parts = {
        "payload": text(number),
        "vector": vector(number).tobytes(),
        "in the graph": scaled(vector(number)[None, :]).tobytes(),
    }
    return [name for name, part in parts.items() if part in content]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("reopened", [False, True])
def test_forgotten_sessions_leave_no_trace(
    open_index: Open, place: Path, clock: SettableClock, tmp_path: Path, seed: int, *, reopened: bool
) -> None:
    random = Random(seed)
    sessions = [SessionKey(f"s{number}") for number in range(5)]
    index = open_index(dtype="f32")
    whose: dict[int, SessionKey] = {}
    for number in range(150):
        session = whose[number] = random.choice(sessions)
        scope = Scope(session, url=random.choice("ab"), shared=random.random() < 0.6)
        entry = IndexEntry(vector(number), text(number) * random.choice([1, 20, 300]), b"%032d" % number)
        index.add(scope, entry, ttl=random.choice([HOUR, 100.0]), capacity=random.choice([20, 200]))
        clock.advance(random.choice([0.0, 0.0, 20.0]))
    live = index.measure().entries
    assert live > 40
    if reopened:
        index.close()
        assert any(traces(raw(place), number) == ["payload", "vector", "in the graph"] for number in whose), "they are there"
        index = open_index(dtype="f32")
    for session in sessions[:3]:
        removed = index.forget(session)
        live -= removed
        assert index.measure().entries == live
        content = raw(place)
        for room in index._rooms:
            if isinstance(room.graph, Graph):
                room.graph.save(str(tmp_path / "memory"))
                content += (tmp_path / "memory").read_bytes()
        left = {number: traces(content, number) for number, owner in whose.items() if owner == session}
        assert not {number: what for number, what in left.items() if what}
    assert sum(traces(raw(place), number) != [] for number in whose) > 5, "others' are left"


def test_what_others_share_is_found_as_before(open_index: Open) -> None:
    theirs = Scope(SessionKey("two"), url="shared", shared=True)
    index = open_index()
    for number in range(90):
        fill(index, [number], scope=theirs if number % 3 else SHARED)
    left = [number for number in range(90) if number % 3]
    for again in range(2):
        assert index.forget(ONE.session) == (0 if again else 30)
        assert held(index, theirs) == set(left)
        for query in (0, 3, 500):
            assert ranking(index, query, k=5, scope=theirs) == true_ranking(left, query, k=5)
        index.close()
        index = open_index()


def test_a_graph_that_cannot_be_covered_is_dropped(open_index: Open, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = Scope(SessionKey("two"), url="shared", shared=True)
    index = open_index()
    fill(index, range(30), scope=theirs)
    fill(index, range(30, 40), scope=SHARED)
    monkeypatch.setattr(Graph, "cover", lambda _: False)
    assert index.forget(ONE.session) == 10
    assert list((place / "graphs").iterdir()) == []
    assert held(index, theirs) == set(range(30))
    assert ranking(index, 77, k=5, scope=theirs) == true_ranking(range(30), 77, k=5)


def test_a_wipe_that_others_prevent_is_an_error_and_can_be_repeated(
    open_index: Open, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "_BUSY_SECONDS", 0.1)
    index = open_index()
    index.add(ONE, IndexEntry(vector(1), b"secret words"), ttl=HOUR, capacity=9)
    with closing(sqlite3.connect(place / "entries.sqlite3", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entries").fetchone()
        with pytest.raises(StoreBusyError, match="forget it again"):
            index.forget(ONE.session)
        assert index.measure().entries == 0
        reader.execute("COMMIT")
    assert index.forget(ONE.session) == 0
    assert b"secret" not in raw(place)


def test_what_left_after_the_graph_was_saved_is_forgotten_as_well(open_index: Open, place: Path, tmp_path: Path) -> None:
    """As after a process that was killed: the file of the graph is older than the database."""
    theirs = Scope(SessionKey("two"), url="shared", shared=True)
    index = open_index(dtype="f32")
    fill(index, range(10), scope=SHARED)
    fill(index, range(10, 40), scope=theirs)
    index.close()
    [file] = (place / "graphs").iterdir()
    shutil.copy(file, tmp_path / "old")
    index = open_index(dtype="f32")
    fill(index, [40], scope=theirs, capacity=25)
    index.close()
    shutil.copy(tmp_path / "old", file)
    assert "in the graph" in traces(raw(place), 3), "it is there"
    index = open_index(dtype="f32")
    assert index.forget(ONE.session) == 0, "all that it added has left before"
    assert [number for number in range(10) if traces(raw(place), number)] == []
    assert held(index, theirs) == set(range(16, 41))
