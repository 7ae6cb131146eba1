"""Whatever happens to the file of a graph, and whenever the process is killed, what was added is found."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lixcore_usearch import UsearchSimilarityIndex, room, similarity_index
from vectors import ONE, fill, held, ranking, true_ranking

pytestmark = pytest.mark.share(2)

Open = Callable[..., UsearchSimilarityIndex]
COUNT = 120


@pytest.fixture
def graph_file(open_index: Open, place: Path) -> Path:
    """The file of the graph of a scope with entries 0 to 119, whose index is closed."""
    index = open_index()
    fill(index, range(COUNT))
    index.close()
    [file] = (place / "graphs").iterdir()
    return file


def check_whole(index: UsearchSimilarityIndex, numbers: list[int]) -> None:
    assert held(index) == set(numbers)
    for query in (1, 50, 1000):
        assert ranking(index, query, k=5) == true_ranking(numbers, query, k=5)


def test_a_whole_file_is_loaded_and_nothing_is_made_again(
    graph_file: Path, open_index: Open, caplog: pytest.LogCaptureFixture
) -> None:
    before = graph_file.stat().st_mtime_ns
    index = open_index()
    check_whole(index, list(range(COUNT)))
    index.close()
    assert graph_file.stat().st_mtime_ns == before
    assert not caplog.records


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _spoil(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 0xFF
    file.write_bytes(content)


def _empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("damage", [_cut, _spoil, _empty])
def test_a_damaged_file_is_told_and_made_again(
    graph_file: Path, open_index: Open, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    damage(graph_file)
    index = open_index()
    check_whole(index, list(range(COUNT)))
    [record] = caplog.records
    assert record.name == "lixcore.usearch", "below the name that commands show and operators know"
    assert record.levelno == logging.WARNING
    assert str(graph_file) in record.getMessage()
    index.close()
    caplog.clear()
    check_whole(open_index(), list(range(COUNT)))
    assert not caplog.records, "the new file is whole"


def test_a_missing_file_is_made_again(graph_file: Path, open_index: Open) -> None:
    graph_file.unlink()
    index = open_index()
    check_whole(index, list(range(COUNT)))
    index.close()
    assert graph_file.exists()


@pytest.mark.parametrize("options", [{"dtype": "i8"}, {"connectivity": 5}])
def test_other_options_make_another_graph(graph_file: Path, open_index: Open, options: dict[str, object]) -> None:
    before = graph_file.read_bytes()
    index = open_index(**options)
    check_whole(index, list(range(COUNT)))
    index.close()
    assert graph_file.read_bytes() != before


def test_a_file_that_is_behind_is_caught_up_with(graph_file: Path, open_index: Open, tmp_path: Path) -> None:
    """Also with what left meanwhile."""
    shutil.copy(graph_file, tmp_path / "old")
    index = open_index()
    fill(index, range(COUNT, 200), capacity=100)
    index.close()
    shutil.copy(tmp_path / "old", graph_file)
    check_whole(open_index(), list(range(100, 200)))


def test_the_graph_of_another_scope_is_not_used(graph_file: Path, open_index: Open, tmp_path: Path) -> None:
    shutil.copy(graph_file, tmp_path / "old")
    index = open_index()
    index.forget(ONE.session)
    fill(index, range(500, 510))
    index.close()
    [file] = graph_file.parent.iterdir()
    assert file != graph_file
    shutil.copy(tmp_path / "old", file)
    check_whole(open_index(), list(range(500, 510)))


def test_files_of_nobody_are_removed(graph_file: Path, open_index: Open) -> None:
    for name in ("99.graph", "1.new", "x.graph", "notes.txt"):
        (graph_file.parent / name).write_bytes(b"x")
    open_index().measure()
    assert list(graph_file.parent.iterdir()) == [graph_file]


@pytest.mark.share(2)
@pytest.mark.parametrize("at_once", [1, 7, 50])
def test_what_a_graph_does_not_have_yet_is_found_all_the_same(
    graph_file: Path, open_index: Open, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(similarity_index, "_TAKEN_IN_BY_SEARCH", at_once)
    monkeypatch.setattr(similarity_index, "_TAKEN_IN_BY_ADD", at_once)
    graph_file.unlink()
    index = open_index()
    missing = []
    for query in range(2 * COUNT // at_once):
        numbers = list(range(query, COUNT + query))
        assert ranking(index, query, k=4) == true_ranking(numbers, query, k=4)
        fill(index, [COUNT + query], capacity=COUNT)
        shelf = index._rooms.get(ONE.digest)
        assert shelf is not None
        missing.append(len(shelf.unindexed))
    assert missing[0] == COUNT - 2 * at_once + 1
    assert missing[-1] == 0


def test_a_graph_that_cannot_be_saved_costs_nothing_else(
    open_index: Open, place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(room, "_LEAST_CHANGES", 10)
    index = open_index()
    index.measure()
    (place / "graphs" / "1.new").mkdir()  # where the file would be written
    fill(index, range(COUNT))
    check_whole(index, list(range(COUNT)))
    index.close()
    assert "cannot be written" in caplog.text
    (place / "graphs" / "1.new").rmdir()
    check_whole(open_index(), list(range(COUNT)))


CHILD = """
import sys
from pathlib import Path
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.opening import open_adapter
from lixcore_usearch import UsearchSimilarityIndex, room
from vectors import fill
room._LEAST_CHANGES = 5
first, count, capacity = map(int, sys.argv[2:])
options = UsearchSimilarityIndex.Options(path=sys.argv[1], exact_limit=0)
index = open_adapter(UsearchSimilarityIndex, options, SettableClock(), Path("."))
for number in range(first, first + count):
    fill(index, [number], capacity=capacity)
    print(number, flush=True)
index.close()
"""


def start(place: Path, *numbers: int) -> subprocess.Popen[str]:
    """A process that adds entries and prints the number of each that was taken."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", CHILD, str(place), *map(str, numbers)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603  # ours


@pytest.mark.share(2)
@pytest.mark.parametrize("capacity", [1_000_000, 20])
def test_a_process_that_is_killed_loses_nothing_that_it_had_taken(open_index: Open, place: Path, capacity: int) -> None:
    """Again and again over the same files, which are saved every few adds, so that many are killed while they save."""
    numbers: list[int] = []
    for kill, after in enumerate([1, 6, 7, 13, 31]):
        first = 1000 * kill
        with start(place, first, 1000, capacity) as process:
            assert process.stdout is not None
            told = [int(process.stdout.readline()) for _ in range(after)]
            process.kill()
            told += [int(line) for line in process.stdout if line.endswith("\n")]
        assert process.returncode != 0
        index = open_index()
        found = held(index)
        newest = max(told)
        expected = (numbers + told)[-capacity:]
        died_in = found - set(expected)
        assert died_in <= {newest + 1}, "the one that it died in is there or is not"
        assert len(set(expected) - found) <= len(died_in) * (capacity == 20), "for that one another may have left"
        numbers = sorted(found)
        assert ranking(index, 5, k=3) == true_ranking(numbers, 5, k=3)
        index.close()
