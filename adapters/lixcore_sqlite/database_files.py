"""The files that a database is made of, as the file system has them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def file_at(path: Path) -> tuple[int, int] | None:
    """What tells the file from one that takes its place; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116  # pathlib's does the same, slower, and this is on every call's way
    except OSError:
        return None
    return found.st_dev, found.st_ino


def make_private(file: Path) -> None:
    """Let only the owner read and write a new file, whose log will have the same rights.

    By its name: opening and closing it here would drop the locks of other connections of this process.
    """
    with suppress(OSError):  # a file system may know no rights
        file.chmod(0o600)


def make_durably(directory: Path) -> None:
    """Make a directory and its parents; a database in a directory that the loss of power takes away is lost with it."""
    missing = [one for one in (directory, *directory.parents) if not one.exists()]
    directory.mkdir(parents=True, exist_ok=True)
    for made in missing:
        handle = os.open(made.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
