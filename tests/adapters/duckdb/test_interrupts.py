"""Ctrl-C while DuckDB is at work: `KeyboardInterrupt`, as anywhere else, and an index that is as before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from indexed_messages import SESSIONS, put, seen, usual
from lixcore.domain.words import PlainAnalyzer
from lixcore_duckdb import DuckdbArchiveIndex, DuckdbOptions

ENDLESS = "range(1000000000000) a, range(1000) b"

CHILD = """
import os, signal, sys, threading, time
from contextlib import contextmanager

from indexed_messages import SESSIONS, put, usual
from lixcore.domain.words import PlainAnalyzer
from lixcore_duckdb import DuckdbArchiveIndex, DuckdbOptions, part_writing

index = DuckdbArchiveIndex(DuckdbOptions(path=sys.argv[1]), PlainAnalyzer())
index.query_sql("select 1", tenant="default", most=1)
real = part_writing.registered


@contextmanager
def endless(cursor, name, columns):
    with real(cursor, "small", columns):
        cursor.execute("create temp view given as select small.* from small, ENDLESS")
        yield


def interrupt():
    clock = time.pthread_getcpuclockid(threading.main_thread().ident)
    began = time.clock_gettime(clock)
    while time.clock_gettime(clock) < began + 1:  # nothing but the query takes so long
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)


threading.Thread(target=interrupt, daemon=True).start()
try:
    if sys.argv[2] == "copy":
        part_writing.registered = endless
        put(index, SESSIONS[0], usual(2))
    else:
        index.query_sql("select count(*) from ENDLESS", tenant="default", most=1)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    print(index.progress(SESSIONS)[0].messages, index.query_sql("select count(*) from messages", tenant="default", most=1).rows)
""".replace("ENDLESS", ENDLESS)


@pytest.mark.parametrize("work", ["sql", "copy"])
def test_an_interrupt_is_one_and_the_index_goes_on(place: Path, work: str) -> None:
    index = DuckdbArchiveIndex(DuckdbOptions(path=str(place)), PlainAnalyzer())
    put(index, SESSIONS[0], usual(1))
    before = seen(index)
    index.close()
    ended = subprocess.run(  # noqa: S603  # ours
        [sys.executable, "-c", CHILD, str(place), work],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert ended.stdout == "interrupted\n1 [(1,)]\n", ended.stderr
    again = DuckdbArchiveIndex(DuckdbOptions(path=str(place)), PlainAnalyzer())
    assert seen(again) == before
    assert put(again, SESSIONS[0], usual(2)) == 1
    assert again.merge() is False
    again.close()
