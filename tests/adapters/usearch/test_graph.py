"""What is asked of USearch, and what would go wrong if it did something else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lixcore_usearch.graph import Graph, GraphShape, scaled
from vectors import DIMENSION, vector


def shape(dtype: str = "f32", dimension: int = DIMENSION) -> GraphShape:
    return GraphShape(dimension=dimension, dtype=dtype, connectivity=16, expansion_add=64)


def filled(count: int, dtype: str = "f32") -> Graph:
    graph = Graph(shape(dtype), expansion_search=64)
    graph.add(np.arange(1, count + 1), np.stack([vector(number) for number in range(1, count + 1)]))
    return graph


@pytest.mark.parametrize("dtype", ["f32", "f16", "i8"])
def test_it_proposes_the_vector_itself_first(dtype: str) -> None:
    graph = filled(300, dtype)
    for number in (1, 150, 300):
        numbers, last = graph.candidates(vector(number), 5)
        assert numbers[0] == number
        assert -1.01 <= last < 0.99
    assert sorted(graph.numbers().tolist()) == list(range(1, 301))


@pytest.mark.parametrize("dtype", ["f32", "f16", "i8"])
def test_vectors_of_any_length_are_held(dtype: str) -> None:
    graph = Graph(shape(dtype, 2), expansion_search=64)
    rows = np.array([[3e38, 3e38], [1e-45, 0.0], [-1e-38, -2e-38], [0.0, -1e20]], dtype=np.float32)
    graph.add(np.arange(4), rows)
    for number, row in enumerate(rows):
        numbers, _ = graph.candidates(row, 1)
        assert numbers.tolist() == [number]


@settings(deadline=None)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=3).filter(any))
def test_scaled_vectors_have_length_one(values: list[float]) -> None:
    row = np.array([values], dtype=np.float32)
    assert np.linalg.norm(scaled(row).astype(np.float64)) == pytest.approx(1.0, abs=1e-6)


def remains(graph: Graph, numbers: list[int], file: Path) -> list[int]:
    """Those of some vectors whose bytes are in what the graph writes, which is what it holds in memory."""
    graph.save(str(file))
    content = file.read_bytes()
    return [number for number in numbers if scaled(vector(number)[np.newaxis]).tobytes() in content]


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(1, 60), min_size=1, max_size=60), st.integers(0, 5), st.integers(0, 1))
def test_covering_leaves_nothing_of_what_was_removed(
    tmp_path_factory: pytest.TempPathFactory, gone: set[int], later: int, through_a_file: int
) -> None:
    folder = tmp_path_factory.mktemp("graph")
    graph = filled(60)
    everything = list(range(1, 61))
    assert remains(graph, everything, folder / "before") == everything, "it is seen where it is"
    graph.remove(np.array(sorted(gone)))
    assert graph.uncovered == len(gone)
    if later:
        graph.add(np.arange(100, 100 + later), np.stack([vector(number) for number in range(100, 100 + later)]))
    if through_a_file:
        graph.save(str(folder / "file"))
        loaded = Graph(shape(), expansion_search=64)
        loaded.load(str(folder / "file"), highest=graph.highest, free=graph.free, uncovered=graph.uncovered)
        graph = loaded
    assert graph.cover()
    assert graph.uncovered == 0
    assert remains(graph, sorted(gone), folder / "after") == []
    left = [*sorted(set(everything) - gone), *range(100, 100 + later)]
    assert sorted(graph.numbers().tolist()) == left
    for number in left[:5]:
        assert graph.candidates(vector(number), 1)[0].tolist() == [number]


def test_covering_says_when_it_cannot_be_sure() -> None:
    """While the graph does not grow, there may be places of removed vectors that nothing was put into."""
    graph = filled(60)
    graph.remove(np.array([1, 2, 3]))
    graph.free = 1  # as if it had been counted wrongly
    assert not graph.cover()


def test_covering_again_and_again_leaves_nothing_either(tmp_path: Path) -> None:
    """Places that were covered before are free as well, and may be taken first."""
    graph = filled(60)
    for gone in ([3, 5, 9], [4], [60, 1], [20]):
        graph.remove(np.array(gone))
        assert graph.cover()
        assert remains(graph, gone, tmp_path / "after") == []
