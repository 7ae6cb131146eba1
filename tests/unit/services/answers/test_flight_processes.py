"""Of several processes that share an index, one makes the answer; when it is killed, another one does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import flight_child
from lixcore.services.system_clock import SystemClock
from lixcore_sqlite import SqliteSimilarityIndex

LEASE = 1.0


class Child:
    """A process that wants the answer."""

    def __init__(self, process: subprocess.Popen[str], name: str) -> None:
        self.process = process
        self.name = name

    def tells(self, word: str) -> str:
        """Wait until it says so; the rest of that line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            first, _, rest = line.strip().partition(" ")
            if first == word:
                return rest
            assert first == "waits", line
        raise AssertionError(f"{self.name} ended and did not say: {word}")

    def has_made_it(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        """By whom its answer was made."""
        by: str = json.loads(self.tells("answer"))["by"]
        assert self.process.wait(30) == 0
        return by


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    with ExitStack() as ending:

        def start(name: str, query: str | None = "how tall?") -> Child:
            task = {"name": name, "query": query, "path": str(tmp_path / "cache.db"), "lease_seconds": LEASE}
            command = [sys.executable, flight_child.__file__, json.dumps(task)]
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            process = ending.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603  # ours
            )
            ending.callback(process.kill)
            return Child(process, name)

        yield start


@pytest.mark.share(2)
@pytest.mark.parametrize("query", ["how tall?", None])
def test_one_process_makes_it_and_the_others_find_it(start: Callable[..., Child], tmp_path: Path, query: str | None) -> None:
    maker = start("maker", query)
    maker.tells("making")
    others = [start(f"other {number}", query) for number in range(2)]
    for other in others:
        other.tells("waits")
    maker.has_made_it()
    assert [child.answer() for child in (maker, *others)] == ["maker"] * 3
    index = SqliteSimilarityIndex(SqliteSimilarityIndex.Options(path=str(tmp_path / "cache.db")), SystemClock())
    assert index.measure().entries == 1
    sums = index.tallies()
    assert (sums["semantic_hits"], sums["semantic_misses"]) == (2, 1)
    index.close()


def test_when_the_maker_is_killed_one_of_the_others_makes_it(start: Callable[..., Child]) -> None:
    """Long before they would give up, which is after ten minutes here."""
    maker = start("maker")
    maker.tells("making")
    other = start("other")
    other.tells("waits")
    maker.process.send_signal(signal.SIGKILL)
    other.tells("making")
    third = start("third")
    third.tells("waits")
    other.has_made_it()
    assert [other.answer(), third.answer()] == ["other", "other"]


def test_a_maker_that_takes_longer_than_its_lease_lasts_stays_the_only_one(start: Callable[..., Child]) -> None:
    maker = start("maker")
    maker.tells("making")
    other = start("other")
    waited = 0.0
    while waited < 3 * LEASE:
        waited += float(other.tells("waits"))
    maker.has_made_it()
    assert [maker.answer(), other.answer()] == ["maker", "maker"]
