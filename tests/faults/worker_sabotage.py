"""What is made to fail inside a worker: limits that the kernel keeps, and calls of the system that it would be hard to see fail.

``{"file_limit": bytes}``: no file grows beyond that (RLIMIT_FSIZE), as on a full disk.
``{"calls": {"pwrite": {"every": 7, "errno": 5}}}``: about every so many calls of that function of `os` raises that error.
``{"forgets": 3}``: about every third append to the archive is not done, and reported as done: a planted bug.
"""

from __future__ import annotations

import os
import random
import resource
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from unittest import mock

from worker_record import HARMED

SYNC_DATA = "lixcore_huffman.durable_files._sync_data"  # taken from `os` when the module was imported


@contextmanager
def sabotaged(wanted: Mapping[str, Any], seed: int, note: Callable[..., None]) -> Iterator[None]:
    """Make fail what a task asks for, and note each failure."""
    chance = random.Random(seed)
    with ExitStack() as patches:
        if "file_limit" in wanted:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then a write fails instead
            resource.setrlimit(resource.RLIMIT_FSIZE, (wanted["file_limit"], resource.RLIM_INFINITY))
        for name, how in wanted.get("calls", {}).items():
            target = SYNC_DATA if name == "fdatasync" else f"os.{name}"
            original = getattr(os, name)
            patches.enter_context(
                mock.patch(target, _failing(original, chance, how["every"], how["errno"], partial(note, HARMED, name)))
            )
        if "forgets" in wanted:
            from lixcore_huffman import HuffArchive

            append = _forgetful(HuffArchive.append, chance, wanted["forgets"], partial(note, HARMED, "forgotten"))
            patches.enter_context(mock.patch.object(HuffArchive, "append", append))
        yield


def _failing(
    original: Callable[..., Any], chance: random.Random, every: int, number: int, note: Callable[[], None]
) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        if chance.randrange(every) == 0:
            note()
            raise OSError(number, os.strerror(number))
        return original(*arguments, **named)

    return call


def _forgetful(original: Callable[..., None], chance: random.Random, every: int, note: Callable[[], None]) -> Callable[..., None]:
    def append(*arguments: Any) -> None:
        if chance.randrange(every):
            original(*arguments)
        else:
            note()

    return append
