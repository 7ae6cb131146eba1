"""One process at a time, forks, and a disk that is full, each in a process that the test can spare."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from forked import run_in_fork
from lixcore.errors import StoreBusyError
from lixcore_usearch import UsearchSimilarityIndex
from vectors import fill, held

Open = Callable[..., UsearchSimilarityIndex]

BEGINNING = """
import os, resource, sys, threading
from pathlib import Path
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.opening import open_adapter
from lixcore.errors import StoreBusyError, StoreFullError
from lixcore_usearch import UsearchSimilarityIndex, room
from vectors import fill, held
def opened():
    options = UsearchSimilarityIndex.Options(path=sys.argv[1], exact_limit=0)
    return open_adapter(UsearchSimilarityIndex, options, SettableClock(), Path("."))
"""

HOLD = """
index = opened()
fill(index, [1])
print("ready", flush=True)
sys.stdin.readline()
"""

FORK = """
index = opened()
fill(index, range(50))
stop = threading.Event()
def keep_busy():
    number = 1000
    while not stop.is_set():
        fill(index, [number])
        held(index)
        number += 1
threads = [threading.Thread(target=keep_busy) for _ in range(2)]
for thread in threads:
    thread.start()
children = []
for turn in range(4):
    reading, writing = os.pipe()
    tried, trying = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        refused = 0
        for use in (lambda: held(index), lambda: fill(index, [5000 + turn]), index.measure):
            try:
                use()
            except StoreBusyError:
                refused += 1
        os.write(trying, b"x")
        os.read(reading, 1)  # until the parent has closed its index
        os._exit(refused)
    os.close(reading)
    os.close(trying)
    children.append((child, writing, tried))
    fill(index, [100 + turn])
for _, _, tried in children:
    os.read(tried, 1)
stop.set()
for thread in threads:
    thread.join()
print(sorted(held(index) & set(range(500))) == [*range(50), 100, 101, 102, 103])
index.close()
for _, writing, _ in children:
    os.close(writing)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child, _, _ in children])
"""

FULL = """
room._LEAST_CHANGES = 20
index = opened()
fill(index, range(10))
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
number = 10
try:
    while True:
        fill(index, [number])
        number += 1
except StoreFullError as error:
    print(number, error.where)
assert held(index) == set(range(number)), sorted(held(index))
"""


def command(code: str, place: Path) -> tuple[list[str], dict[str, str]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return [sys.executable, "-W", "ignore::DeprecationWarning", "-c", BEGINNING + code, str(place)], environment


def run(code: str, place: Path) -> str:
    """What the code printed; it must have ended well."""
    arguments, environment = command(code, place)
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=100, check=False)  # noqa: S603  # ours
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_second_process_is_told_until_the_first_is_dead(open_index: Open, place: Path) -> None:
    arguments, environment = command(HOLD, place)
    with subprocess.Popen(arguments, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:  # noqa: S603  # ours
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        index = open_index()
        for _ in range(2):
            with pytest.raises(StoreBusyError, match=str(place)):
                held(index)
        other.kill()
        other.wait()
        assert held(index) == {1}


def test_forked_children_are_told_while_the_parent_goes_on(open_index: Open, place: Path) -> None:
    """Threads of the parent are at work meanwhile; nothing hangs, and nothing that the children do disturbs it."""
    assert run(FORK, place) == "True\n[3, 3, 3, 3]\n"
    assert held(open_index()) >= set(range(50))


def test_a_child_takes_over_what_its_parent_has_closed(open_index: Open) -> None:
    index = open_index()
    fill(index, range(20))
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(writing)
            os.read(reading, 1)
            fill(index, [20])
            status = 0 if held(index) == set(range(21)) else 2
            index.close()
        finally:
            os._exit(status)
    os.close(reading)
    index.close()
    os.close(writing)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert held(open_index()) == set(range(21))


def test_a_child_that_closes_or_ends_leaves_the_parent_the_directory(open_index: Open) -> None:
    index = open_index()
    fill(index, range(20))
    assert run_in_fork(index.close) == 0
    assert run_in_fork(lambda: None) == 0
    fill(index, [20])
    assert held(index) == set(range(21))
    with pytest.raises(StoreBusyError):
        open_index().measure()


def test_a_full_disk_is_an_error_and_what_was_stored_stays(open_index: Open, place: Path) -> None:
    number, where = run(FULL, place).split()
    assert where.startswith(str(place))
    assert int(number) > 50
    index = open_index()
    assert held(index) == set(range(int(number)))
    fill(index, [int(number)])
    assert held(index) == set(range(int(number) + 1))
