"""One process at a time: the lock of the index's directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from lixcore.errors import StoreBusyError

NAME: Final = "lock"


class DirectoryLock:
    """A lock of the operating system's on a file in the directory; it ends with the process that holds it.

    Args:
        directory: It exists once the lock is taken.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._handle: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds it, or has a copy of its parent's handle."""
        return self._handle is not None

    def take(self) -> None:
        """Take it, unless it is held already by this object.

        Raises:
            StoreBusyError: Another process holds it, or another index of this process.
            OSError: The file cannot be made.
        """
        if self._handle is not None:
            return
        handle = os.open(self._directory / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            raise StoreBusyError(
                str(self._directory),
                "is in use by another process, or opened twice in this one; the index 'usearch' is for one process at a time:"
                " give each process a path of its own, or choose the index 'redis' or 'sqlite'",
            ) from error
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle

    def release(self) -> None:
        """Let others have it, also where a child has a copy of the handle."""
        handle, self._handle = self._handle, None
        if handle is not None:
            fcntl.flock(handle, fcntl.LOCK_UN)
            os.close(handle)

    def leave_to_parent(self) -> None:
        """In a child that was just forked: close the copy, which unlocks nothing."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)
