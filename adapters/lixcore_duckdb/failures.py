"""What errors of SQLite, of DuckDB and of the file system mean to the callers of the index."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lixcore.errors import CorruptDataError, StoreBusyError, StoreError, StoreFullError, StoreRefusedError, StoreUnavailableError
from lixcore_duckdb.duckdb_module import duckdb_module

_PRIMARY: Final = 0xFF  # the lower byte of an extended result code: https://sqlite.org/rescode.html
_NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_RIGHT: Final = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_DIRECTORY: Final = {errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP, errno.ENAMETOOLONG}
_CANNOT_GROW: Final = {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_REFUSED: Final = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_FAILED: Final = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_INTERRUPT}


def damaged(where: str | Path, reason: str) -> CorruptDataError:
    """The error to raise where the index holds what cannot be.

    Args:
        where: The file.
        reason: The rest of a sentence that begins with it.
    """
    return CorruptDataError(str(where), f"{reason}; the index is made anew from the archive: lix index rebuild")


def sqlite_failure(where: str, error: sqlite3.Error) -> StoreError:
    """The error of lixcore that says what SQLite's does; it is raised from ``error``, which has a code of SQLite."""
    code = error.sqlite_errorcode
    primary = code & _PRIMARY
    if primary in _BUSY:
        return StoreBusyError(where, "was locked by another program all the time; leave its directory alone")
    if primary == sqlite3.SQLITE_FULL or code in _CANNOT_GROW:
        return StoreFullError(where, "cannot grow; free some disk space. What was indexed is untouched")
    if primary in _REFUSED:
        return StoreRefusedError(where, "cannot be opened or written; give this process the right to write its directory")
    if primary in _FAILED:
        return StoreUnavailableError(where, f"the medium failed ({error.sqlite_errorname})")
    return damaged(where, f"is damaged ({error.sqlite_errorname})")


def file_failure(where: str, error: OSError) -> StoreError:
    """The error of lixcore that says what the operating system's does; it is raised from ``error``."""
    reason = error.strerror or str(error)
    if error.errno in _NO_ROOM:
        return StoreFullError(where, f"cannot grow ({reason}); free some disk space. What was indexed is untouched")
    if error.errno in _NO_RIGHT:
        return StoreRefusedError(where, f"cannot be used ({reason}); give this process the right to write its directory")
    if error.errno in _NO_DIRECTORY:
        return StoreRefusedError(where, f"is no directory that can be used ({reason}); set another duckdb_path")
    return StoreUnavailableError(where, f"cannot be used ({reason})")


@contextmanager
def failures_of(where: str) -> Iterator[None]:
    """Raise lixcore's errors for those of what the index is made with."""
    duckdb = duckdb_module()
    try:
        yield
    except sqlite3.Error as error:
        if not hasattr(error, "sqlite_errorcode"):
            raise  # the driver was used wrongly: a defect of this adapter
        raise sqlite_failure(where, error) from error
    except UnicodeDecodeError as error:  # of the driver: SQLite's message quotes a part of the file that is damaged
        raise damaged(where, "is damaged") from error
    except OSError as error:
        raise file_failure(where, error) from error
    except duckdb.OutOfMemoryException as error:
        raise StoreFullError(where, "DuckDB needs more memory; set duckdb_memory_mb higher") from error
    except duckdb.IOException as error:
        raise StoreUnavailableError(where, f"DuckDB could not read or write its files ({_first_line(error)})") from error
    except (duckdb.InvalidInputException, duckdb.SerializationException, duckdb.ConversionException) as error:
        raise damaged(where, f"cannot be read ({_first_line(error)})") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]
