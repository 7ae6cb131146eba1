"""Searches with a graph: enough is found whatever the graph proposes first, and what is found is compared exactly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lixcore.ports.similarity_index import IndexEntry
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.similarity_index.oracle import Shelf, floats
from lixcore_usearch import UsearchSimilarityIndex, searching
from lixcore_usearch.graph import Graph
from vectors import HOUR, ONE, fill, held, ranking, true_ranking, vector

Open = Callable[..., UsearchSimilarityIndex]


@pytest.fixture
def few_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The graph is asked for few, so that small scopes show what happens when those are not enough."""
    monkeypatch.setattr(searching, "_FIRST_COUNT", 4)
    monkeypatch.setattr(searching, "_EXACT_SHARE", 1)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many candidates the graph was asked for, question by question."""
    counts: list[int] = []
    ask = Graph.candidates

    def counting(self: Graph, query: np.ndarray[tuple[int], np.dtype[np.float32]], count: int) -> object:
        counts.append(count)
        return ask(self, query, count)

    monkeypatch.setattr(Graph, "candidates", counting)
    return counts


def near(number: int, step: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """A vector close to that of a number, the closer the smaller the step."""
    moved = vector(number)
    moved[0] += np.float32(step)
    return moved


@pytest.mark.usefixtures("few_at_first")
def test_the_graph_is_asked_for_more_until_enough_are_live(open_index: Open, clock: SettableClock, asked: list[int]) -> None:
    index = open_index(dtype="f32")
    fill(index, range(1, 100))
    for step in range(60):  # all nearer than any other, and over soon
        index.add(ONE, IndexEntry(near(0, step / 1000), b"-%d" % step), ttl=60, capacity=1000)
    clock.advance(60)
    assert ranking(index, 0, k=3) == true_ranking(range(1, 100), 0, k=3)
    assert asked == [6, 24, 96]


@pytest.mark.usefixtures("few_at_first")
def test_nothing_more_is_asked_for_when_no_more_can_be_similar_enough(open_index: Open, asked: list[int]) -> None:
    index = open_index()
    fill(index, range(1, 100))
    assert list(index.search(ONE, vector(0), k=3, at_least=0.95)) == []
    assert asked == [6]


@pytest.mark.usefixtures("few_at_first")
def test_of_equally_similar_ones_the_newest_are_found_however_many_there_are(open_index: Open) -> None:
    """Also where the graph does not reach them all, as with hundreds of equal vectors."""
    index = open_index()
    shelf = Shelf(index, ONE, 0.0)
    for number in range(400):
        shelf.add(vector(number % 2).tolist(), 1_800_000_000.0)
    shelf.check(vector(0).tolist(), k=5)
    shelf.check(vector(0).tolist(), k=300, at_least=0.5)


def test_labelled_entries_come_first_and_only_once(open_index: Open) -> None:
    index = open_index()
    shelf = Shelf(index, ONE, 0.0)
    for number in range(60):
        shelf.add(vector(number).tolist(), 1_800_000_000.0, label=b"q" * 32 if number % 10 == 0 else b"")
    for k in (1, 3, 6, 7, 60):
        shelf.check(vector(20).tolist(), label=b"q" * 32, k=k)


@pytest.mark.parametrize("dtype", ["f32", "f16", "i8"])
def test_similarities_are_exact_however_coarse_the_graph_is(open_index: Open, dtype: str) -> None:
    index = open_index(dtype=dtype)
    for step in range(50):
        index.add(ONE, IndexEntry(near(0, step * 1e-6), b"%d" % step), ttl=HOUR, capacity=100)
    found = index.search(ONE, vector(0), k=50, at_least=-1.0)
    query = vector(0).astype(np.float64)
    for match in found:
        row = near(0, int(match.payload) * 1e-6).astype(np.float64)
        true = round(float(row @ query / np.sqrt((row @ row) * (query @ query))), 12)
        assert match.similarity == pytest.approx(true, abs=2e-12)
    assert [match.similarity for match in found] == sorted((match.similarity for match in found), reverse=True)
    assert found[0].similarity == 1.0


def test_a_scope_gets_a_graph_when_it_is_large_and_loses_it_when_it_is_small(open_index: Open) -> None:
    index = open_index(exact_limit=50)
    for count in range(1, 120):
        fill(index, [count])
        room = index._rooms.get(ONE.digest)
        assert (room is not None and room.graph is not None) == (count > 50)
    assert ranking(index, 0, k=4) == true_ranking(range(1, 120), 0, k=4)
    fill(index, [120], capacity=40)
    assert ranking(index, 0, k=4) == true_ranking(range(81, 121), 0, k=4)
    fill(index, [121], capacity=20)
    room = index._rooms.get(ONE.digest)
    assert room is not None
    assert room.graph is None
    assert ranking(index, 0, k=4) == true_ranking(range(102, 122), 0, k=4)


def test_many_turnovers_leave_the_graph_as_good(open_index: Open) -> None:
    """Places of those that leave are given to others, with neighbours that were not theirs."""
    index = open_index()
    hits = 0
    for number in range(1500):
        fill(index, [number], capacity=150)
        if number >= 1400:
            found = ranking(index, -number % 997, k=10)
            hits += len(set(found) & set(true_ranking(range(number - 149, number + 1), -number % 997, k=10)))
    assert hits / 1000 > 0.98
    assert held(index) == set(range(1350, 1500))


def test_scopes_that_do_not_fit_into_memory_are_put_away_and_found_again(open_index: Open, place: Path) -> None:
    index = open_index(memory_mb=1)
    wide = np.random.default_rng(1).standard_normal((3, 40, 20_000)).astype(np.float32)
    scopes = [ONE, *(type(ONE)(ONE.session, url=str(number)) for number in (1, 2))]
    for scope, rows in zip(scopes, wide, strict=True):
        for number, row in enumerate(rows):
            index.add(scope, IndexEntry(row, b"%d" % number), ttl=HOUR, capacity=100)
    for scope, rows in [*zip(scopes, wide, strict=True)] * 2:
        for number in (0, 39):
            [match] = index.search(scope, rows[number], k=1, at_least=0.9)
            assert (match.payload, match.similarity) == (b"%d" % number, 1.0)
        assert len(list(index._rooms)) == 1
    assert len(list((place / "graphs").iterdir())) == 3, "what they knew was saved"


def test_vectors_of_one_number_point_to_one_side_or_the_other(open_index: Open) -> None:
    index = open_index()
    for number in range(40):
        index.add(ONE, IndexEntry(floats([float(-1) ** number * (number + 1)]), b"%d" % number), ttl=HOUR, capacity=100)
    found = index.search(ONE, floats([2.0]), k=20, at_least=0.5)
    assert [int(match.payload) for match in found] == list(range(38, -1, -2))
