"""What the operating system says, as errors of lixcore."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lixcore.errors import CorruptDataError, StoreError, StoreFullError, StoreRefusedError, StoreUnavailableError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_REFUSED: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NOT_A_FILE: Final = frozenset({errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.ENXIO})


def store_error(error: OSError, path: str, *, outcome_unknown: bool = False) -> StoreError:
    """The error to raise ``from`` one of the operating system.

    Args:
        error: What it said.
        path: The file it was about, where the error itself names none.
        outcome_unknown: Whether something may have been written all the same.
    """
    where = str(error.filename) if error.filename else path
    said = error.strerror or str(error)
    if error.errno in _FULL:
        return StoreFullError(where, f"{said}; what was stored before is untouched. Free space, or raise the limit")
    if error.errno in _REFUSED:
        return StoreRefusedError(where, f"{said}; the archive needs to read and write there")
    if error.errno in _NOT_A_FILE:
        return CorruptDataError(where, f"{said}; something else stands where the archive keeps its files")
    return StoreUnavailableError(where, said, outcome_unknown=outcome_unknown)


@contextmanager
def translated(path: str, *, outcome_unknown: bool = False) -> Iterator[None]:
    """Raise what the operating system says inside as `store_error` has it."""
    try:
        yield
    except OSError as error:
        raise store_error(error, path, outcome_unknown=outcome_unknown) from error
