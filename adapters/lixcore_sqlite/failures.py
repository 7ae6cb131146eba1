"""What SQLite's errors mean to the callers of a store."""

from __future__ import annotations

import sqlite3

from lixcore.errors import CorruptDataError, StoreBusyError, StoreError, StoreFullError, StoreRefusedError, StoreUnavailableError

_PRIMARY = 0xFF  # the lower byte of an extended result code: https://sqlite.org/rescode.html

# Beside a failing medium, these say that a quota or a limit on file sizes is reached; SQLite keeps ENOSPC apart, as FULL.
_CANNOT_GROW = {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}

_REFUSED = {
    sqlite3.SQLITE_READONLY: "is read-only for this process; give it the right to write the file and its directory",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; the file and its directory must exist and be writable for this process",
    sqlite3.SQLITE_PERM: "may not be opened by this process; give it the right to write the file and its directory",
    sqlite3.SQLITE_AUTH: "may not be used by this process",
    sqlite3.SQLITE_NOLFS: "cannot grow as large on this file system",
    sqlite3.SQLITE_TOOBIG: "takes no value that large",
    sqlite3.SQLITE_PROTOCOL: "cannot be locked; its file system must support locks (network file systems often do not)",
}

_DAMAGED = {
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_NOTADB: "is not an SQLite database",
    sqlite3.SQLITE_CONSTRAINT: "holds rows that contradict each other",
    sqlite3.SQLITE_ERROR: "does not have the tables it should have",
    sqlite3.SQLITE_FORMAT: "is damaged",
    sqlite3.SQLITE_MISMATCH: "is damaged",
}


def failure(where: str, error: sqlite3.Error, *, busy_timeout: float, writing: bool, remedy: str) -> StoreError:
    """Return the error of lixcore that says the same; it is raised from ``error``.

    Args:
        where: The file.
        error: What the driver raised, with a code of SQLite.
        busy_timeout: How long was waited for other users; seconds.
        writing: Whether a commit may have reached the medium.
        remedy: What to do with a damaged file.
    """
    code = error.sqlite_errorcode
    primary = code & _PRIMARY
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreBusyError(where, f"was locked by another process for {busy_timeout:g} seconds; try again")
    if primary == sqlite3.SQLITE_FULL:
        return StoreFullError(where, "its disk is full; free some space. What was stored is untouched")
    if code in _CANNOT_GROW:
        return StoreFullError(
            where, "cannot grow: a quota or a limit on file sizes is reached, or the medium fails. What was stored is untouched"
        )
    if primary in _REFUSED:
        return StoreRefusedError(where, _REFUSED[primary])
    if primary in _DAMAGED:
        return CorruptDataError(where, f"{_DAMAGED[primary]} ({error}); {remedy}. Nothing was overwritten")
    return StoreUnavailableError(where, f"the medium failed ({error.sqlite_errorname})", outcome_unknown=writing)
