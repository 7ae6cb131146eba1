"""Forks, and a disk that is full, each in a process that the test can spare."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lixcore.domain.session import SessionKey
from lixcore.testing.hot_store.stores import make_hot
from lixcore_sqlite import SqliteHotStore

ONE = SessionKey("one")
BEGINNING = """
import os, sys, resource, threading
from pathlib import Path
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.entries import entry
from lixcore.testing.ground.opening import open_adapter
from lixcore.testing.hot_store.stores import make_hot
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreFullError
from lixcore_sqlite import SqliteHotStore
ONE = SessionKey("one")
def opened():
    return open_adapter(SqliteHotStore, SqliteHotStore.Options(path=sys.argv[1]), SettableClock(), Path("."))
store = opened()
"""

FORK = """
make_hot(store, ONE)
stop = threading.Event()
def keep_busy():
    while not stop.is_set():
        store.append(SessionKey("other"), 1.0, b"x")
make_hot(store, SessionKey("other"))
threads = [threading.Thread(target=keep_busy) for _ in range(3)]
for thread in threads:
    thread.start()
children = []
for writer in range(4):
    store.append(ONE, 1.0, b"parent")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        for _ in range(10):
            store.append(ONE, 1.0, b"child")
        os.read(reading, 1)  # until the parent's store is closed, and another has come and gone
        for _ in range(10):
            store.append(ONE, 1.0, b"child")
        store.close()
        os._exit(0)
    os.close(reading)
    children.append((child, writing))
stop.set()
for thread in threads:
    thread.join()
store.close()
other = opened()
other.append(ONE, 1.0, b"another")
other.close()
for child, writing in children:
    os.close(writing)
print([os.waitpid(child, 0)[1] for child, _ in children])
"""

FULL = """
make_hot(store, ONE)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
stored = 0
try:
    while True:
        store.append(ONE, 1.0, b"x" * 5000)
        stored += 1
except StoreFullError as error:
    print(stored, error.where)
store.release(ONE, through=Position(0))
assert len(store.read(ONE)) == stored
"""


def run(code: str, file: Path) -> str:
    """What the code printed; it must have ended well."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", BEGINNING + code, str(file)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603  # ours
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_forked_children_use_the_store_while_threads_are_at_work(file: Path, open_file: Callable[..., SqliteHotStore]) -> None:
    """The children wait until the parent has closed its store: a connection that they had inherited would by then write into a
    log that nobody reads any more."""
    assert run(FORK, file) == "[0, 0, 0, 0]\n"
    payloads = [one.payload for one in open_file(file).oldest(ONE, limit=999)]
    assert {payload: payloads.count(payload) for payload in set(payloads)} == {b"parent": 4, b"child": 80, b"another": 1}


def test_a_full_disk_is_an_error_and_what_was_stored_stays(file: Path, open_file: Callable[..., SqliteHotStore]) -> None:
    stored, where = run(FULL, file).split()
    assert where == str(file)
    assert int(stored) > 5
    store = open_file(file)
    assert [one.payload for one in store.oldest(ONE, limit=999)] == [b"x" * 5000] * int(stored)
    assert store.append(ONE, 1.0, b"there is room again")


@pytest.mark.parametrize("writers", [4])
def test_processes_that_make_the_file_at_once_make_one(
    file: Path, open_file: Callable[..., SqliteHotStore], writers: int
) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    code = BEGINNING + "key = SessionKey(sys.argv[2]); make_hot(store, key); store.append(key, 1.0, b'x'); store.close()"
    command = [sys.executable, "-c", code, str(file)]
    processes = [subprocess.Popen([*command, f"s{number}"], env=environment) for number in range(writers)]  # noqa: S603  # ours
    assert [process.wait(60) for process in processes] == [0] * writers
    store = open_file(file)
    assert {activity.session.id for activity in store.sessions()} == {f"s{number}" for number in range(writers)}
    make_hot(store, ONE)
