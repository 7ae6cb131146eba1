"""Asking a generation, or changing it: again where another one took its place, and with lixcore's errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeGuard, TypeVar

from lixcore.errors import CorruptDataError, StoreError
from lixcore_duckdb import damage_mark
from lixcore_duckdb.directory import IndexDirectory
from lixcore_duckdb.failures import damaged, failures_of

Answer = TypeVar("Answer")


def changed(directory: IndexDirectory, change: Callable[[], Answer]) -> Answer:
    """Change the index.

    Raises:
        StoreError: It failed; `CorruptDataError` where a file is missing.
    """
    try:
        with failures_of(str(directory.path)):
            return change()
    except StoreError as error:
        if _is_met(error) and (generation := directory.current()) is not None:
            damage_mark.leave(generation, error)
        if (gone := _missing_in(error)) is None:
            raise
        raise damaged(gone, "is missing") from error


def answered(directory: IndexDirectory, look: Callable[[Path], Answer], *, nothing: Answer) -> Answer:
    """What a generation says; again where it went while it was looked at.

    Args:
        directory: Of the index.
        look: Asks a generation.
        nothing: What the answer is where nothing was ever added.

    Raises:
        CorruptDataError: A file is missing, and it is not because somebody has put another one in its place.
        StoreError: It failed otherwise.
    """
    missing: str | None = None
    while True:
        with failures_of(str(directory.path)):
            generation = directory.current()
            if generation is None:
                return nothing
            try:
                with failures_of(str(directory.path)):
                    return look(generation)
            except StoreError as error:
                gone = _missing_in(error)
                if directory.current() == generation:
                    if _is_met(error):
                        damage_mark.leave(generation, error)
                    if gone is None:
                        raise
                    # Files go after the catalogue names others: one that it names, and named before, was lost.
                    if gone == missing:
                        raise damaged(gone, "is missing") from error
                missing = gone


def _missing_in(error: StoreError) -> str | None:
    """The file that could not be found; None where it is another failure."""
    cause = error.__cause__
    return str(cause.filename) if isinstance(cause, FileNotFoundError) else None


def _is_met(error: StoreError) -> TypeGuard[CorruptDataError]:
    """Whether SQLite or DuckDB met damage, which others may never look at; what every call looks at has no cause."""
    return isinstance(error, CorruptDataError) and error.__cause__ is not None
