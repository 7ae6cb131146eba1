"""What errors of SQLite and of the file system mean to the callers of the index."""

from __future__ import annotations

import errno
import sqlite3
from typing import Final

from lixcore.errors import CorruptDataError, StoreBusyError, StoreError, StoreFullError, StoreRefusedError, StoreUnavailableError

_PRIMARY: Final = 0xFF  # the lower byte of an extended result code: https://sqlite.org/rescode.html
_NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_RIGHT: Final = {errno.EACCES, errno.EPERM, errno.EROFS}
_CANNOT_GROW: Final = {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_REFUSED: Final = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_DAMAGED: Final = {
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_FORMAT,
    sqlite3.SQLITE_MISMATCH,
}


def damaged(where: str, reason: object) -> CorruptDataError:
    """The error to raise where the file is damaged."""
    return CorruptDataError(where, f"is damaged ({reason}); move its directory away: it is a cache, and fills again")


def sqlite_failure(where: str, error: sqlite3.Error, *, busy_seconds: float) -> StoreError:
    """The error of lixcore that says what SQLite's does; it is raised from ``error``, which has a code of SQLite."""
    code = error.sqlite_errorcode
    primary = code & _PRIMARY
    if primary in _BUSY:
        return StoreBusyError(where, f"was locked by another program for {busy_seconds:g} seconds; leave its directory alone")
    if primary == sqlite3.SQLITE_FULL or code in _CANNOT_GROW:
        return StoreFullError(where, "cannot grow; free some disk space. What was stored is untouched")
    if primary in _REFUSED:
        return StoreRefusedError(where, "cannot be opened or written; give this process the right to write its directory")
    if primary in _DAMAGED:
        return damaged(where, error)
    return StoreUnavailableError(where, f"the medium failed ({error.sqlite_errorname})", outcome_unknown=True)


def file_failure(where: str, error: OSError) -> StoreError:
    """The error of lixcore that says what the operating system's does; it is raised from ``error``."""
    reason = error.strerror or str(error)
    if error.errno in _NO_ROOM:
        return StoreFullError(where, f"cannot grow ({reason}); free some disk space. What was stored is untouched")
    if error.errno in _NO_RIGHT:
        return StoreRefusedError(where, f"cannot be used ({reason}); give this process the right to write its directory")
    return StoreUnavailableError(where, f"cannot be used ({reason})")
