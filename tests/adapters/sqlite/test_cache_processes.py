"""The caches in many processes: all at once, killed, forked, and with a disk that is full or may not be written."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import IndexEntry
from lixcore.testing.similarity_index.oracle import payloads
from lixcore.testing.similarity_index.threads import check_newest_of_each
from lixcore_sqlite import SqliteEmbeddingStore, SqliteSimilarityIndex

OpenIndex = Callable[..., SqliteSimilarityIndex]
OpenEmbeddings = Callable[..., SqliteEmbeddingStore]
ONE, FOREIGN = Scope(SessionKey("one")), Scope(SessionKey("one"), url="foreign")
UP = [1.0] * 8
PROCESSES = 30
EACH = 20

BEGINNING = """
import os, sys, resource, threading
from pathlib import Path
import numpy as np
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.opening import open_adapter
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreFullError, StoreRefusedError
from lixcore.ports.similarity_index import IndexEntry
from lixcore_sqlite import SqliteEmbeddingStore, SqliteSimilarityIndex
ONE = Scope(SessionKey("one"))
UP = np.ones(8, np.float32)
def opened(adapter):
    path = str(Path(sys.argv[1]).with_name("lixcore.sqlite3"))
    return open_adapter(adapter, adapter.Options(path=path), SettableClock(), Path("."))
def add(payload, scope=ONE):
    index.add(scope, IndexEntry(UP, payload), ttl=300, capacity=1000)
def found():
    return sorted(match.payload for match in index.search(ONE, UP, k=999, at_least=0.9))
def put(number, value=b"v"):
    store.put([(b"%032d" % number, value)], ttl=300, capacity=1000)
"""

THIRTY = """
import sqlite3
processes, each, capacity = 30, 20, int(sys.argv[2])
def in_child(writer, begin):
    global index
    index = opened(SqliteSimilarityIndex)
    scope = ONE if writer < processes else Scope(SessionKey("one"), url="foreign")
    os.read(begin, 1)
    for number in range(each):
        index.add(scope, IndexEntry(UP, b"%d:%d" % (writer, number)), ttl=300, capacity=capacity)
    index.close()
reading, writing = os.pipe()
children = []
for writer in range(processes + 1):
    child = os.fork()
    if child == 0:
        os.close(writing)
        status = 1
        try:
            in_child(writer, reading)
            status = 0
        finally:
            os._exit(status)
    children.append(child)
index = opened(SqliteSimilarityIndex)
os.close(writing)  # all begin together, and one of them makes the file
assert len(found()) <= capacity
most = looks = 0
raw = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
while children:
    counts = [count for (count,) in raw.execute("SELECT count(*) FROM entries GROUP BY scope")]
    most, looks = max(most, len(found()), *counts, 0), looks + 1
    ended, status = os.waitpid(children[-1], os.WNOHANG)
    if ended:
        assert status == 0
        children.pop()
print(most, looks)
"""

KILLED = """
import random, select, signal
random.seed(5)
children = []
for writer in range(5):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        index = opened(SqliteSimilarityIndex)
        try:
            for number in range(1_000_000):
                index.add(ONE, IndexEntry(UP, b"%d:%d" % (writer, number)), ttl=300, capacity=100_000)
                os.write(writing, b"x")
        finally:
            os._exit(1)
    os.close(writing)
    children.append((child, reading))
for child, reading in children:
    told = sum(len(os.read(reading, 1)) for _ in range(random.randint(5, 200)))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(reading, 4096):
        told += len(more)
    print(told)
"""

FORK = """
index, store = opened(SqliteSimilarityIndex), opened(SqliteEmbeddingStore)
stop = threading.Event()
def keep_busy():
    while not stop.is_set():
        add(b"x", Scope(SessionKey("other")))
        index.search(Scope(SessionKey("other")), UP, k=1, at_least=0.9)
        put(9999)
threads = [threading.Thread(target=keep_busy) for _ in range(3)]
for thread in threads:
    thread.start()
children = []
for child_number in range(4):
    add(b"parent")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        add(b"child")
        os.read(reading, 1)  # until the parent's adapters are closed, and others have come and gone
        assert b"another" in found()
        add(b"child")
        put(child_number)
        index.close()
        store.close()
        os._exit(0)
    os.close(reading)
    children.append((child, writing))
stop.set()
for thread in threads:
    thread.join()
index.close()
store.close()
index = opened(SqliteSimilarityIndex)
add(b"another")
index.close()
for child, writing in children:
    os.close(writing)
assert [os.waitpid(child, 0)[1] for child, _ in children] == [0] * 4
index, store = opened(SqliteSimilarityIndex), opened(SqliteEmbeddingStore)
assert found() == [b"another"] + [b"child"] * 8 + [b"parent"] * 4, found()
assert list(store.get([b"%032d" % number for number in range(5)])) == [b"v"] * 4 + [None]
"""

FULL = """
index, store = opened(SqliteSimilarityIndex), opened(SqliteEmbeddingStore)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
stored = 0
try:
    while True:
        add(b"%06d" % stored + b"x" * 5000)
        stored += 1
except StoreFullError as error:
    assert error.where == sys.argv[1]
assert stored > 5
try:
    for number in range(99):
        put(number, b"y" * 5000)
    raise SystemExit("there was room")
except StoreFullError:
    pass
assert len(found()) == stored
assert list(store.get([b"%032d" % 0])) in ([None], [b"y" * 5000])
assert index.measure().entries == stored
"""

AS_NOBODY = """
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
for adapter in (SqliteSimilarityIndex, SqliteEmbeddingStore):
    try:
        opened(adapter).measure()
    except StoreRefusedError as error:
        print(error)
"""


def run(code: str, file: Path, *arguments: Any) -> str:
    """What the code printed; it must have ended well."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", BEGINNING + code, str(file), *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603  # ours
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("capacity", [PROCESSES * EACH, 50])
def test_thirty_processes_that_add_at_once_lose_nothing_and_never_exceed_the_capacity(
    cache_file: Path, open_index: OpenIndex, capacity: int
) -> None:
    most, looks = map(int, run(THIRTY, cache_file, capacity).split())
    assert most <= capacity
    assert looks > 1, "one look at the end shows nothing"
    index = open_index()
    check_newest_of_each(payloads(index, ONE, UP), PROCESSES, EACH, capacity)
    assert payloads(index, FOREIGN, UP) == {b"%d:%d" % (PROCESSES, number) for number in range(EACH)}


def test_processes_that_are_killed_while_they_add_leave_the_file_whole(cache_file: Path, open_index: OpenIndex) -> None:
    told = [int(count) for count in run(KILLED, cache_file).split()]
    with closing(sqlite3.connect(cache_file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        held = connection.execute(
            "SELECT held, (SELECT count(*) FROM entries WHERE scope = scopes.number) FROM scopes"
        ).fetchall()
    assert len(held) == 1
    assert held[0][0] == held[0][1]
    found = payloads(open_index(), ONE, UP)
    for writer, count in enumerate(told):
        numbers = {int(payload.split(b":")[1]) for payload in found if payload.startswith(b"%d:" % writer)}
        assert numbers in ({*range(count)}, {*range(count + 1)}), "all that was told, and perhaps the last one"


def test_forked_children_use_the_cache_while_threads_are_at_work(cache_file: Path) -> None:
    run(FORK, cache_file)


def test_a_full_disk_is_an_error_and_what_was_stored_stays(cache_file: Path, open_index: OpenIndex) -> None:
    run(FULL, cache_file)
    open_index().add(ONE, IndexEntry(np.ones(8, np.float32), b"there is room again"), ttl=9, capacity=1)


@pytest.mark.parametrize("mode", [0o555, 0o000], ids=["unwritable", "unreachable"])
def test_a_directory_without_rights_is_refused(
    cache_file: Path, embeddings_file: Path, open_index: OpenIndex, open_embeddings: OpenEmbeddings, mode: int
) -> None:
    """The process gives up the rights of root, which no mode binds."""
    for cache in (open_index(), open_embeddings()):
        cache.measure()
        cache.close()
    modes = {above: above.stat().st_mode for above in list(cache_file.parents)[:4]}
    for above, before in modes.items():
        above.chmod(before | 0o055)
    for file in (cache_file, embeddings_file):
        file.chmod(0o444)
    cache_file.parent.chmod(mode)
    try:
        told = run(AS_NOBODY, cache_file).splitlines()
    finally:
        for above, before in modes.items():
            above.chmod(before)
    assert [line.split(":")[0] for line in told] == [str(cache_file), str(embeddings_file)]
