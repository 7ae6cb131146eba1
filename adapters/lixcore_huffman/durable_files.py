"""Writing so that a crash at any instant leaves the old state or the new one."""

# ruff: noqa: PTH102, PTH104, PTH108, PTH119, PTH120, PTH208
# Paths are strings here: pathlib costs more than the system calls it wraps.

from __future__ import annotations

import os
from typing import Final

SUFFIX: Final = ".huff"
NEW_SUFFIX: Final = ".new"
QUARANTINE: Final = ".quarantine"
LOCKS: Final = ".locks"
_COPY_BYTES: Final = 1 << 20

_sync_data = getattr(os, "fdatasync", os.fsync)  # not every system has the cheaper one


def write_all(handle: int, data: bytes, at: int) -> None:
    """Write all of ``data`` at an offset: the system may take it in parts."""
    written = os.pwrite(handle, data, at)
    while written < len(data):
        written += os.pwrite(handle, memoryview(data)[written:], at + written)


def sync_file(handle: int) -> None:
    """Wait until what was written through ``handle`` is on the medium."""
    _sync_data(handle)


def sync_directory(path: str) -> None:
    """Wait until the names in a directory are on the medium."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def made_directory(path: str, *, sync: bool) -> None:
    """Make a directory, and those above it, if it is not there; its name is on the medium then."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        return
    except FileNotFoundError:
        made_directory(os.path.dirname(path), sync=sync)
        try:  # once: a file system that takes no directories, such as /proc, says the same for ever
            os.mkdir(path, 0o700)
        except FileExistsError:
            return
    if sync:
        sync_directory(os.path.dirname(path))


def opened_new(path: str, *, sync: bool) -> int:
    """Open the file that is to replace ``path``; the caller holds the session's lock, so that its name is its own."""
    if sync:
        names_change(path)
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        return os.open(path + NEW_SUFFIX, flags, 0o600)
    except FileNotFoundError:
        made_directory(os.path.dirname(path), sync=sync)
        return os.open(path + NEW_SUFFIX, flags, 0o600)


def names_change(path: str) -> None:
    """Note that the directory of the session file ``path`` is about to change; the caller holds its lock.

    The lock file is one byte long until `names_stand`. That need not be durable: after a loss of power, all names that are seen
    come from the medium.
    """
    _note(path, 1)


def names_stand(folder: str) -> None:
    """Note that all names in a directory of session files are on the medium."""
    _note(f"{folder}/", 0)


def _note(path: str, size: int) -> None:
    folder = os.path.dirname(path)
    try:
        os.truncate(f"{os.path.dirname(folder)}/{LOCKS}/{os.path.basename(folder)}", size)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error


def quarantined(root: str, name: str, handle: int, start: int, end: int, *, sync: bool) -> str:
    """Copy a stretch of an open file to the quarantine, and return the path of the copy."""
    folder = f"{root}/{QUARANTINE}"
    made_directory(folder, sync=sync)
    path = f"{folder}/{name}.{start}.{os.urandom(8).hex()}"
    copy = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        for at in range(start, end, _COPY_BYTES):
            write_all(copy, os.pread(handle, min(_COPY_BYTES, end - at), at), at - start)
        if sync:
            sync_file(copy)
    except OSError:
        os.unlink(path)
        raise
    finally:
        os.close(copy)
    if sync:
        sync_directory(folder)
        sync_directory(root)  # who made it may have been killed before
    return path


def set_aside(root: str, name: str, path: str, *, sync: bool) -> str:
    """Move what stands at ``path`` to the quarantine as it is, and return where it is now."""
    folder = f"{root}/{QUARANTINE}"
    made_directory(folder, sync=sync)
    aside = f"{folder}/{name}.{os.urandom(8).hex()}"
    os.rename(path, aside)
    if sync:
        sync_directory(folder)
        sync_directory(root)
        sync_directory(os.path.dirname(path))
    return aside


def moved(path: str, to: str, *, sync: bool) -> None:
    """Give a session's file another name, where nothing stands; the caller holds the locks of both."""
    if sync:
        names_change(path)
        names_change(to)
    made_directory(os.path.dirname(to), sync=sync)
    os.rename(path, to)
    if sync:
        for folder in {os.path.dirname(to), os.path.dirname(path)}:
            sync_directory(folder)
            names_stand(folder)


def released_from_quarantine(root: str, name: str, *, sync: bool) -> None:
    """Remove all copies of a session's bytes from the quarantine."""
    folder = f"{root}/{QUARANTINE}"
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return
    mine = [entry for entry in names if entry.startswith(f"{name}.")]
    for entry in mine:
        os.unlink(f"{folder}/{entry}")
    if mine and sync:
        sync_directory(folder)
