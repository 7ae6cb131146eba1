"""What will cause trouble with the file, before it does."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from lixcore.errors import StoreError
from lixcore.ports.clock import Clock
from lixcore.ports.diagnosis import Diagnosis, Severity
from lixcore_sqlite.database import Database
from lixcore_sqlite.options import SqliteOptions

LITTLE_SPACE: Final = 1 << 30
"""Bytes; below this, a file that grows by a busy day's messages may not find room."""
NO_SPACE: Final = 64 << 20
"""Bytes; forgetting a session rewrites the file, and its log grows beside it."""
SLOW_SYNC: Final = 0.05
"""Seconds; with ``synchronous = full`` each message waits for one."""
_SYNCS: Final = 5
_CHECKED_BYTES: Final = 256 << 20
"""A file larger than this is left to `lix verify`: a diagnosis takes seconds at most."""


def diagnose_file(options: SqliteOptions, clock: Clock) -> Iterator[Diagnosis]:
    """`lixcore.ports.diagnosis.Diagnoses.diagnose`, with a connection of its own."""
    path = Path(options.path).expanduser().absolute()
    database = Database(options.path, synchronous=options.synchronous, busy_timeout=options.busy_timeout)
    try:
        yield _opened(database)
        yield _rights(path)
        if not path.exists():
            return
        yield _space(path)
        yield _journal(database)
        yield _synchronous(options)
        yield _sync_time(path, options, clock)
        yield _integrity(database, path)
    finally:
        database.close()


def _opened(database: Database) -> Diagnosis:
    try:
        with database.writing(durable=False):
            pass
    except StoreError as error:
        return Diagnosis("database file", Severity.PROBLEM, str(error), "mend what it says; sqlite_path names the file")
    return Diagnosis("database file", Severity.OK, f"{database.where} can be read and written; SQLite {sqlite3.sqlite_version}")


def _rights(path: Path) -> Diagnosis:
    try:
        mode = path.stat().st_mode & 0o777
        writable = os.access(path, os.R_OK | os.W_OK) and os.access(path.parent, os.R_OK | os.W_OK | os.X_OK)
    except OSError as error:
        return Diagnosis("rights", Severity.PROBLEM, f"{path}: {error.strerror}", "give this user the right to its directory")
    if not writable:
        advice = "give this user the right to write the file and its directory: a log stands beside the file"
        return Diagnosis(
            "rights", Severity.PROBLEM, f"{path} or its directory cannot be written; the file has {mode:03o}", advice
        )
    if mode & 0o077:
        advice = f"chmod 600 {path} (and its -wal and -shm): conversations are in it"
        return Diagnosis("rights", Severity.WARNING, f"other users have rights to {path}: {mode:03o}", advice)
    return Diagnosis("rights", Severity.OK, f"{path} is for this user only")


def _space(path: Path) -> Diagnosis:
    free, size = shutil.disk_usage(path.parent).free, path.stat().st_size
    fact = f"{free / 2**20:,.0f} MiB are free, the file has {size / 2**20:,.1f} MiB"
    if free < max(NO_SPACE, size):
        return Diagnosis(
            "free space", Severity.PROBLEM, fact, "free some space: forgetting a session needs a second copy of the file"
        )
    if free < LITTLE_SPACE:
        return Diagnosis("free space", Severity.WARNING, fact, "free some space, or choose another sqlite_path")
    return Diagnosis("free space", Severity.OK, fact)


def _journal(database: Database) -> Diagnosis:
    try:
        [(mode,)] = database.rows("PRAGMA journal_mode", ())
    except StoreError as error:
        return Diagnosis("journal", Severity.PROBLEM, str(error), "see the check of the database file")
    if mode != "wal":
        advice = "let lixcore open the file while nobody else has it; it turns the log on"
        return Diagnosis("journal", Severity.PROBLEM, f"the journal mode is {mode}, not wal", advice)
    return Diagnosis("journal", Severity.OK, "a write-ahead log")


def _synchronous(options: SqliteOptions) -> Diagnosis:
    if options.synchronous == "full":
        return Diagnosis(
            "power failure", Severity.OK, "a message is on the medium before it is acknowledged (synchronous = full)"
        )
    advice = "set sqlite_synchronous to full where a power failure must lose nothing"
    fact = "the last messages before a power failure may be lost, though never ones in between (synchronous = normal)"
    return Diagnosis("power failure", Severity.WARNING, fact, advice)


def _sync_time(path: Path, options: SqliteOptions, clock: Clock) -> Diagnosis:
    times = []
    try:
        with tempfile.TemporaryFile(dir=path.parent) as file:
            for _ in range(_SYNCS):
                file.write(bytes(4096))
                file.flush()
                began = clock.monotonic()
                os.fsync(file.fileno())
                times.append(clock.monotonic() - began)
    except OSError as error:
        advice = "see the medium's health in the system's log"
        return Diagnosis("fsync", Severity.PROBLEM, f"{path.parent}: {error.strerror}", advice)
    fact = f"an fsync takes {median(times) * 1000:.2f} ms here (median of {_SYNCS})"
    if median(times) > SLOW_SYNC and options.synchronous == "full":
        advice = "choose a path on a faster disk, or set sqlite_synchronous to normal; every message waits for one"
        return Diagnosis("fsync", Severity.WARNING, fact, advice)
    return Diagnosis("fsync", Severity.OK, fact)


def _integrity(database: Database, path: Path) -> Diagnosis:
    size = path.stat().st_size
    if size > _CHECKED_BYTES:
        return Diagnosis(
            "integrity", Severity.OK, f"not looked at: the file has {size / 2**20:,.0f} MiB; lix verify reads all of it"
        )
    try:
        lines = [line for (line,) in database.rows("PRAGMA quick_check(10)", ())]
    except StoreError as error:
        lines = [error.reason]
    if lines == ["ok"]:
        return Diagnosis("integrity", Severity.OK, "SQLite's quick check finds nothing")
    return Diagnosis(
        "integrity", Severity.PROBLEM, "; ".join(lines)[:500], "see lix verify; move the file away, or put a copy in its place"
    )
