"""Keeping writers of one session apart, threads and processes alike."""

# ruff: noqa: PTH103, PTH118
# Paths are strings here: pathlib costs more than the system calls it wraps.

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from lixcore.domain.session import SessionKey

_FOLDER = ".locks"


class WriterLocks:
    """256 lock files, one for all sessions whose digest begins alike.

    The locks are the operating system's and end with the process that holds them. They stand beside the data, so that
    replacing a session's file disturbs no lock, and are opened for each use, so that threads exclude each other as well.

    Args:
        root: The archive's directory.
    """

    def __init__(self, root: str) -> None:
        self._folder = os.path.join(root, _FOLDER)

    @contextmanager
    def held(self, sessions: Iterable[SessionKey]) -> Iterator[None]:
        """Hold the locks of ``sessions``, waiting for them; in one order everywhere, so that nobody waits in a circle."""
        with ExitStack() as stack:
            for stripe in sorted({session.digest[0] for session in sessions}):
                stack.callback(os.close, self._acquired(stripe))
            yield

    def _acquired(self, stripe: int) -> int:
        path = f"{self._folder}/{stripe:02x}"
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        try:
            handle = os.open(path, flags, 0o600)
        except FileNotFoundError:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            handle = os.open(path, flags, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except BaseException:
            os.close(handle)
            raise
        return handle
