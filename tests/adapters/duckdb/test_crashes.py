"""A process that is killed while it adds, forgets or merges: the next one gives the very index that a rebuild gives."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from indexed_messages import SESSIONS, seen, usual
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import ArchiveIndex, IndexBatch, IndexProgress
from lixcore_duckdb import DuckdbArchiveIndex

CHILD = """
import os, random, signal, sys, threading
from indexed_messages import SESSIONS, usual
from lixcore.domain.words import PlainAnalyzer
from lixcore.ports.archive_index import IndexBatch
from lixcore_duckdb import DuckdbArchiveIndex, DuckdbOptions

index = DuckdbArchiveIndex(DuckdbOptions(path=sys.argv[1]), PlainAnalyzer())
index.progress(SESSIONS)
left = int(sys.argv[2])

STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.chmod", "os.scandir", "fcntl.flock", "sqlite3.connect", "mmap.__new__"}

def watch(event, arguments):
    global left
    if event in STEPS:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

if left:
    sys.addaudithook(watch)
print("ready", flush=True)
for number in range(14 if left else 10_000):
    first = number * 5 + 1
    index.add([IndexBatch(session, [usual(at) for at in range(first, first + 5)]) for session in SESSIONS])
    if number % 3 == 1:
        index.forget(SESSIONS[number % 2], through=first - 3)
    if number % 4 == 3:
        index.merge()
print("done", flush=True)
"""

MOST = 10_000 * 5
"""More messages than a child ever comes to."""


def catch_up(index: ArchiveIndex, forgotten: dict[SessionKey, int], count: int) -> None:
    """What the core does after a crash: forget what the archive forgot, and give all that is after the watermark, or all."""
    for session in SESSIONS:
        index.forget(session, through=Position(forgotten[session]))
        known = index.progress([session])[0]
        batch = [usual(at) for at in range(forgotten[session] + 1, count + 1)]
        index.add([IndexBatch(session, [each for each in batch if each.position > known.watermark])])
        if index.progress([session])[0].messages != len(batch):
            index.add([IndexBatch(session, batch)])


def check_recovery(open_index: Callable[..., DuckdbArchiveIndex], tmp_path: Path) -> None:
    index = open_index()
    found: list[IndexProgress] = list(index.progress(SESSIONS))
    forgotten = {session: each.forgotten_through for session, each in zip(SESSIONS, found, strict=True)}
    held = {each.messages + each.forgotten_through for each in found}
    assert len(held) == 1, "a part of what one call added is there"
    count = held.pop() + 7
    catch_up(index, {session: int(mark) for session, mark in forgotten.items()}, count)
    rebuilt = type(index)(type(index).Options(path=str(tmp_path / "rebuilt")), index._analyzer)
    catch_up(rebuilt, {session: int(mark) for session, mark in forgotten.items()}, count)
    try:
        assert seen(index) == seen(rebuilt)
        index.merge()
        assert seen(index) == seen(rebuilt)
        assert len(list(index._directory.path.glob("g-*"))) == 1
        (generation,) = index._directory.path.glob("g-*")
        with index._catalogue.reading(generation) as sql:
            named = {f"{part:08d}.{kind}" for part, kind in sql.execute("SELECT part, kind FROM files")}
        assert {path.name for path in generation.iterdir() if not path.name.startswith("catalogue")} == named
    finally:
        rebuilt.close()


def start(place: Path, left: int) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603  # ours
        [sys.executable, "-c", CHILD, str(place), str(left)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


@pytest.mark.share(5)
@pytest.mark.parametrize("left", [*range(1, 40, 3), *range(40, 400, 29)])
def test_killed_at_a_step_of_its_work(
    open_index: Callable[..., DuckdbArchiveIndex], place: Path, tmp_path: Path, left: int
) -> None:
    """Steps are what a process asks of the operating system; each of them is the last one of some process."""
    with start(place, left) as child:
        assert child.stdout is not None
        said = child.stdout.read()
    assert child.returncode == -signal.SIGKILL, "it has fewer steps"
    assert said == "ready\n"
    check_recovery(open_index, tmp_path)


@pytest.mark.share(3)
@pytest.mark.parametrize("seed", range(6))
def test_killed_at_any_moment(open_index: Callable[..., DuckdbArchiveIndex], place: Path, tmp_path: Path, seed: int) -> None:
    """The moment is left to chance; how long the child may work is drawn."""
    with start(place, 0) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(random.Random(seed).uniform(0.01, 1.0))
        child.kill()
    check_recovery(open_index, tmp_path)
