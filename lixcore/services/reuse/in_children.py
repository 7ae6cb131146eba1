"""Locks and sums that a forked child must not have from its parent."""

from __future__ import annotations

import weakref
from typing import Protocol

from lixcore.ports.forking import ForkHooks, ForkStage, register_at_fork


class BeginsAfresh(Protocol):
    """Something with a lock, or with what belongs to one process."""

    def begin_afresh(self) -> None:
        """Forget what was the parent's, and have new locks. It must not wait for any lock."""
        ...


_all: weakref.WeakSet[BeginsAfresh] = weakref.WeakSet()


def begin_afresh_in_children(thing: BeginsAfresh) -> None:
    """Have its `begin_afresh` called in every child that is forked from now on, as long as it is in use."""
    _all.add(thing)


def _after_fork_in_child() -> None:
    for thing in list(_all):
        thing.begin_afresh()


register_at_fork(ForkHooks(ForkStage.WORKERS, after_in_child=_after_fork_in_child))
