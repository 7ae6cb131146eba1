"""Looking at a session's file while others may be changing it."""

# ruff: noqa: PTH112
# Paths are strings here: pathlib costs more than the system calls it wraps.

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final, TypeVar

from lixcore.errors import CorruptDataError, StoreUnavailableError
from lixcore_huffman.os_errors import translated
from lixcore_huffman.session_file import SessionFile

LOOKS: Final = 5
"""How often a file is looked at that seems damaged, and has changed since it was opened."""

_Result = TypeVar("_Result")


class ChangedError(Exception):
    """A file changed while it was read, so that what looks like damage may be none."""


def looked_at(path: str, root: str, look: Callable[[SessionFile], _Result]) -> _Result | None:
    """What ``look`` sees in a file; None when there is none.

    Args:
        path: The file.
        root: The archive's directory.
        look: May raise `ChangedError`, or `CorruptDataError` for what may only be half of a writer's change.

    Raises:
        StoreUnavailableError: The directory is gone, or the file changes all the time.
    """
    with translated(path):
        for _ in range(LOOKS):
            try:
                with SessionFile(path) as file:
                    try:
                        return look(file)
                    except CorruptDataError:
                        # A writer that repairs or undoes changes what a reader has seen half of: look again.
                        if not file.has_changed():
                            raise
                    except ChangedError:
                        continue
            except FileNotFoundError:
                if os.path.isdir(root):
                    return None
                raise StoreUnavailableError(root, "the archive's directory is gone; is its disk mounted?") from None
    raise StoreUnavailableError(path, "changes faster than it can be read")
