"""The file of a graph is loaded as it was saved, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lixcore_usearch import graph_file
from lixcore_usearch.graph import Graph, GraphShape
from lixcore_usearch.graph_file import UnusableGraphFileError, load_graph, save_graph
from vectors import DIMENSION, vector

SHAPE = GraphShape(dimension=DIMENSION, dtype="f16", connectivity=8, expansion_add=64)
SCOPE = b"s" * 32


def load(file: Path, shape: GraphShape = SHAPE, scope: bytes = SCOPE) -> Graph | None:
    return load_graph(file, shape, scope=scope, expansion_search=32)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    graph = Graph(SHAPE, expansion_search=32)
    graph.add(np.arange(1, 41), np.stack([vector(number) for number in range(1, 41)]))
    graph.remove(np.array([7, 40]))
    file = tmp_path_factory.mktemp("graphs") / "1.graph"
    save_graph(graph, file, scope=SCOPE)
    assert graph.changes == 0
    return file


def test_what_was_saved_is_loaded(saved: Path) -> None:
    graph = load(saved)
    assert graph is not None
    assert (len(graph), graph.highest, graph.free, graph.uncovered, graph.changes) == (38, 40, 2, 2, 0)
    assert graph.candidates(vector(9), 1)[0].tolist() == [9]
    assert [file.name for file in saved.parent.iterdir()] == ["1.graph"]
    assert saved.stat().st_mode & 0o777 == 0o600


def test_no_file_is_no_graph(tmp_path: Path) -> None:
    assert load(tmp_path / "1.graph") is None


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spoilt") / "1.graph"


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_file_with_any_change_is_not_loaded(saved: Path, spoilt: Path, data: st.DataObject) -> None:
    content = bytearray(saved.read_bytes())
    kind = data.draw(st.sampled_from(["byte", "cut", "longer", "gap", "swap"]))
    place = data.draw(st.integers(0, len(content) - 1) | st.integers(len(content) - 400, len(content) - 1))
    match kind:
        case "byte":
            content[place] ^= data.draw(st.integers(1, 255))
        case "cut":
            del content[place:]
        case "longer":
            content += data.draw(st.binary(min_size=1, max_size=100))
        case "gap":
            del content[place : place + data.draw(st.integers(1, 64))]
        case _:
            half = len(content) // 2
            content = content[half:] + content[:half]
    spoilt.write_bytes(content)
    with pytest.raises(UnusableGraphFileError):
        load(spoilt)


@pytest.mark.parametrize("content", [b"", b"\0", b"lixgraf1", b"\0" * 44, b"\xff" * 4096, b"\0" * 36 + b"lixgraf1"])
def test_other_files_are_not_loaded(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "1.graph"
    file.write_bytes(content)
    with pytest.raises(UnusableGraphFileError):
        load(file)


@pytest.mark.parametrize("change", [{"dimension": 17}, {"dtype": "i8"}, {"connectivity": 9}, {"expansion_add": 65}])
def test_a_graph_that_was_made_otherwise_is_not_loaded(saved: Path, change: dict[str, Any]) -> None:
    with pytest.raises(UnusableGraphFileError, match="options"):
        load(saved, attrs.evolve(SHAPE, **change))


def test_a_graph_of_another_scope_or_version_is_not_loaded(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnusableGraphFileError):
        load(saved, scope=b"t" * 32)
    monkeypatch.setattr(graph_file, "usearch_version", lambda: "0.0.1")
    with pytest.raises(UnusableGraphFileError, match="version"):
        load(saved)


def test_a_file_that_cannot_be_written_leaves_the_one_before(saved: Path, tmp_path: Path) -> None:
    file = tmp_path / "1.graph"
    file.write_bytes(saved.read_bytes())
    graph = load(file)
    assert graph is not None
    (tmp_path / "1.new").mkdir()
    with pytest.raises((OSError, RuntimeError)):
        save_graph(graph, file, scope=SCOPE)
    assert load(file) is not None
