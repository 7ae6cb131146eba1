"""Opening a file that should be one: what stands in its place is told, and never waited for."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lixcore_duckdb.failures import damaged


@contextmanager
def plain_file(path: Path) -> Iterator[tuple[int, os.stat_result]]:
    """A file that is open for reading in the block: its handle, and what the file system knows of it.

    Raises:
        CorruptDataError: It is a directory, a pipe or the like.
        FileNotFoundError: It is not there.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would wait for one that writes
    try:
        facts = os.fstat(handle)
        check_plain(path, facts)
        yield handle, facts
    finally:
        os.close(handle)


def check_plain(path: Path, facts: os.stat_result) -> None:
    """Raise `CorruptDataError` unless this is a file."""
    if not stat.S_ISREG(facts.st_mode):
        raise damaged(path, "is no file")
