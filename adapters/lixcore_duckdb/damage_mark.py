"""A mark in a generation that is damaged: what one process met, all others know, and the next one that adds makes it anew.

Checksums are looked at by whoever opens a part first. Those that catch up may never open the one that is damaged.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from lixcore.errors import CorruptDataError
from lixcore_duckdb.failures import damaged
from lixcore_duckdb.plain_files import plain_file

NAME: Final = "damaged"
_MOST_BYTES: Final = 8192


def leave(generation: Path, error: CorruptDataError) -> None:
    """Say in a generation what is damaged, unless it is said already."""
    said = f"{error.where}\n{error.reason}".encode("utf-8", "surrogateescape")[:_MOST_BYTES]
    # Who may only read cannot say it, and a generation may be gone by now; the caller raises the error in any case.
    with suppress(OSError), open(generation / NAME, "xb", opener=_private) as file:
        file.write(said)


def check(generation: Path) -> None:
    """Return where no process has met damage.

    Raises:
        CorruptDataError: One has; as it was met there.
    """
    try:
        with plain_file(generation / NAME) as (handle, _):
            where, _, reason = os.read(handle, _MOST_BYTES).decode("utf-8", "replace").partition("\n")
    except (FileNotFoundError, NotADirectoryError):  # the catalogue's business, where it is the generation that is not there
        return
    if not reason:  # it is being written, or there was no room for it
        raise damaged(generation, "is damaged")
    raise CorruptDataError(where, reason)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)
