"""Locks between processes, and between threads: on a file, by the operating system, which ends them with their holder."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import random
from typing import Final

from lixcore.errors import StoreBusyError, StoreRefusedError

_FIRST_PAUSE: Final = 0.000_2
_LONGEST_PAUSE: Final = 0.02

_held: set[int] = set()
"""The handles of all locks that this process holds or waits for."""


@contextmanager
def locked(path: Path, *, timeout: float) -> Iterator[None]:
    """Have the lock to oneself in the block. Each holder opens the file anew, so that threads exclude each other as well.

    Args:
        path: The file; it is made when it is missing, and stays.
        timeout: How long to wait for other holders, in seconds.

    Raises:
        StoreBusyError: Others held it all the time.
        StoreRefusedError: It is a directory.
        OSError: The file cannot be made.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except IsADirectoryError as error:
        raise StoreRefusedError(str(path), "is a directory, and must be an empty file that is locked; remove it") from error
    _held.add(handle)
    try:
        _wait_for(handle, path, timeout)
        yield
    finally:
        # Not by closing alone: a child that is being forked has a copy of the handle, and would hold the lock on.
        _held.discard(handle)
        fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)


def close_inherited() -> None:
    """In a child that was just forked: close the copies of its parent's handles, so that a lock ends with the parent."""
    while _held:
        os.close(_held.pop())


def _wait_for(handle: int, path: Path, timeout: float) -> None:
    deadline, pause = time.monotonic() + timeout, _FIRST_PAUSE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise StoreBusyError(str(path.parent), f"others added or removed for {timeout:g} seconds; try again") from error
            time.sleep(pause * (0.5 + random()))  # noqa: S311  # so that those who wait do not come at once
            pause = min(2 * pause, _LONGEST_PAUSE)
        else:
            return
