"""Keeping writers of one session apart, threads and processes alike."""

# ruff: noqa: PTH103, PTH118
# Paths are strings here: pathlib costs more than the system calls it wraps.

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, contextmanager, suppress

from lixcore.domain.session import SessionKey
from lixcore_huffman.durable_files import LOCKS, sync_directory

_open_here: set[int] = set()  # the lock files that this process has open at the moment


class WriterLocks:
    """256 lock files, one for all sessions whose digest begins alike.

    The locks are the operating system's and end with the process that holds them. They stand beside the data, so that
    replacing a session's file disturbs no lock, and are opened for each use, so that threads exclude each other as well.

    A lock file also tells whether names in its directory may not be on the medium yet, see `names_change`. Who is killed between
    renaming a file and waiting for the directory leaves it so, and the next to hold the lock waits instead.

    Args:
        root: The archive's directory.
        sync: Whether to wait for the medium.
    """

    def __init__(self, root: str, *, sync: bool) -> None:
        self._root = root
        self._folder = os.path.join(root, LOCKS)
        self._sync = sync

    def held(self, sessions: Iterable[SessionKey]) -> AbstractContextManager[None]:
        """Hold the locks of ``sessions``, waiting for them; in one order everywhere, so that nobody waits in a circle."""
        return self.held_for({session.digest[0] for session in sessions})

    @contextmanager
    def held_for(self, stripes: AbstractSet[int]) -> Iterator[None]:
        """Hold the locks of all sessions whose digest begins with one of these bytes."""
        handles: list[int] = []
        try:
            for stripe in sorted(stripes):
                handles.append(self._opened(stripe))  # noted before it is locked: an interrupt then leaves no lock behind
                fcntl.flock(handles[-1], fcntl.LOCK_EX)
                if self._sync and os.fstat(handles[-1]).st_size:
                    self._finish_names(stripe, handles[-1])
            yield
        finally:
            for handle in handles:
                _release(handle)

    def _finish_names(self, stripe: int, handle: int) -> None:
        with suppress(FileNotFoundError):  # then it was killed before it had made the directory
            sync_directory(f"{self._root}/{stripe:02x}")
        sync_directory(self._root)
        os.ftruncate(handle, 0)

    def _opened(self, stripe: int) -> int:
        path = f"{self._folder}/{stripe:02x}"
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        try:
            handle = os.open(path, flags, 0o600)
        except FileNotFoundError:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            handle = os.open(path, flags, 0o600)
        _open_here.add(handle)
        return handle


def _release(handle: int) -> None:
    # Closing alone would not unlock what a child has a copy of, because it was forked in between.
    fcntl.flock(handle, fcntl.LOCK_UN)
    _open_here.discard(handle)
    os.close(handle)


def _after_fork_in_child() -> None:
    # These are the parent's locks. Its death must end them, which our copies would prevent; unlocking them is not ours to do.
    while _open_here:
        os.close(_open_here.pop())


os.register_at_fork(after_in_child=_after_fork_in_child)
