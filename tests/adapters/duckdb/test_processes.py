"""Many processes and threads: searching while one indexes, forking, and a driver that is not installed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from forked import run_in_fork
from indexed_messages import SESSIONS, put, seen, usual
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreBusyError
from lixcore.ports.archive_index import IndexFilter
from lixcore_duckdb import DuckdbArchiveIndex
from lixcore_duckdb.file_locks import locked

Open = Callable[..., DuckdbArchiveIndex]
OURS = IndexFilter(tenant="default")

SEARCH = """
import sys, threading
import numpy as np
from indexed_messages import SESSIONS
from lixcore.domain.words import PlainAnalyzer
from lixcore.ports.archive_index import IndexFilter
from lixcore_duckdb import DuckdbArchiveIndex, DuckdbOptions

index = DuckdbArchiveIndex(DuckdbOptions(path=sys.argv[1]), PlainAnalyzer())
ours = IndexFilter(tenant="default")
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
print("ready", flush=True)
most, rounds = 0, 0
while not ended.is_set():
    found = len(index.search_text("rain sun snow wind fog", k=100_000, where=ours))
    assert found >= most, (found, most)
    near = len(index.search_vector(np.ones(2, dtype=np.float32), k=100_000, where=ours))
    counted = index.count_words(["rain"], where=ours)
    assert counted.messages >= found
    assert len(index.search_text("rain", k=5, where=IndexFilter(tenant="default", roles=["a"], sessions=["one"]))) <= 5
    index.progress(SESSIONS)
    most, rounds = found, rounds + 1
print(most, rounds, flush=True)
"""


def test_four_processes_search_while_one_indexes_and_merges(index: DuckdbArchiveIndex, place: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    children = [
        subprocess.Popen(  # noqa: S603  # ours
            [sys.executable, "-c", SEARCH, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        for _ in range(4)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for first in range(1, 300, 6):
        for session in SESSIONS:
            put(index, session, *(usual(at) for at in range(first, first + 6)))
        if first % 4 == 3:
            index.merge()
    said = [child.communicate("")[0].split() for child in children]
    assert [child.returncode for child in children] == [0] * 4
    assert all(int(rounds) > 1 for _, rounds in said)


def test_a_forked_child_searches_and_adds_while_its_parent_goes_on(index: DuckdbArchiveIndex) -> None:
    put(index, SESSIONS[0], *(usual(at) for at in range(1, 30)))
    before = seen(index)
    stop = threading.Event()

    def keep_busy() -> None:
        at = 1
        while not stop.is_set():
            index.search_text("rain", k=5, where=IndexFilter(tenant="default", roles=["b"]))
            put(index, SESSIONS[2], usual(at))
            at += 1

    threads = [threading.Thread(target=keep_busy) for _ in range(2)]
    for thread in threads:
        thread.start()

    def work() -> None:
        found = seen(index)
        assert found["words default None"] == before["words default None"]
        assert len(index.search_text("rain", k=5, where=IndexFilter(tenant="default", roles=["b"]))) == 5
        put(index, SessionKey("child", tenant="third"), usual(1))
        index.close()

    try:
        assert [run_in_fork(work) for _ in range(4)] == [0] * 4
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert index.progress([SessionKey("child", tenant="third")])[0].messages == 1


def test_whoever_adds_while_another_one_does_is_told_and_has_changed_nothing(open_index: Open, place: Path) -> None:
    index = open_index(busy_timeout=0.05)
    put(index, SESSIONS[0], usual(1))
    with locked(place / "adding", timeout=1):
        for call in (lambda: put(index, SESSIONS[0], usual(2)), index.merge, index.clear):
            with pytest.raises(StoreBusyError, match="try again"):
                call()
        assert index.forget(SESSIONS[1], through=usual(3).position) == 0, "who forgets need not wait"
        assert len(index.search_vector(usual(1).embedding, k=9, where=OURS)) == 1  # type: ignore[arg-type]  # it has one
    assert put(index, SESSIONS[0], usual(2)) == 1


def test_without_the_driver_the_extra_is_named(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['duckdb'] = None\n"
        "from lixcore.errors import MissingExtraError\n"
        "from lixcore_duckdb import DuckdbArchiveIndex, DuckdbOptions\n"
        "for call in (DuckdbArchiveIndex.check_driver, lambda: DuckdbArchiveIndex.open(DuckdbOptions(), None)):\n"
        "    try: call()\n"
        "    except MissingExtraError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)  # noqa: S603  # ours
    assert (
        done.stdout.splitlines()
        == ["the archive index 'duckdb' needs the module 'duckdb'; install it with: pip install 'lixcore[duckdb]'"] * 2
    )
