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

    An interrupt at any moment leaves it held or free, and never held by a handle that nobody knows.

    Args:
        directory: It exists once the lock is taken.

    Attributes:
        is_held: Whether this object holds it, or has a copy of its parent's handle.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._handle: int | None = None
        self.is_held = False

    def take(self) -> None:
        """Take it, unless it is held already by this object.

        Raises:
            StoreBusyError: Another process holds it, or another index of this process.
            OSError: The file cannot be made.
        """
        if self.is_held:
            return
        self._close()
        self._handle = os.open(self._directory / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreBusyError(
                str(self._directory),
                "is in use by another process, or opened twice in this one; the index 'usearch' is for one process at a time:"
                " give each process a path of its own, or choose the index 'redis' or 'sqlite'",
            ) from error
        self.is_held = True

    def release(self) -> None:
        """Let others have it, also where a child has a copy of the handle."""
        if self._handle is not None:
            fcntl.flock(self._handle, fcntl.LOCK_UN)
        self._close()

    def leave_to_parent(self) -> None:
        """In a child that was just forked: close the copy, which unlocks nothing."""
        self._close()

    def _close(self) -> None:
        self.is_held = False
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)
