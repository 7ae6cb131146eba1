"""Waiting for the medium, for many files at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from lixcore_huffman.appending import Pending
from lixcore_huffman.durable_files import sync_directory
from lixcore_huffman.os_errors import translated

_SYNC_THREADS: Final = 32

_Thing = TypeVar("_Thing")


def sync_all(pending: Sequence[Pending]) -> None:
    """Wait for all of ``pending``."""
    _each(_synced, pending)


def sync_directories(paths: Sequence[str]) -> None:
    """Wait for the names in all of ``paths``."""
    _each(sync_directory, paths)


def finish_all(pending: list[Pending]) -> None:
    """Let readers see all of ``pending``, and empty the list."""
    try:
        while pending:
            pending[-1].finish()
            pending.pop()
    except BaseException:
        for written in pending:
            written.abandon()
        raise


def _synced(pending: Pending) -> None:
    with translated(pending.path, outcome_unknown=not pending.replaces):
        pending.sync()


def _each(action: Callable[[_Thing], None], things: Sequence[_Thing]) -> None:
    """Do ``action`` to all of ``things``, a few at a time: the medium takes many waits together as fast as one."""
    if len(things) <= 1:
        for thing in things:
            action(thing)
        return
    with ThreadPoolExecutor(_SYNC_THREADS) as pool:
        list(pool.map(action, things))
