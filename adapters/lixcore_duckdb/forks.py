"""What the indexes of a process do around a fork: a child has their memory, and must have none of their handles."""

from __future__ import annotations

from typing import Final, Protocol
from weakref import WeakSet

from lixcore.ports.forking import ForkHooks, ForkStage, register_at_fork
from lixcore_duckdb import catalogue
from lixcore_duckdb.file_locks import close_inherited


class Forkable(Protocol):
    """Who has handles that a child must not inherit."""

    def before_fork(self) -> None:
        """Wait for threads that are at work, and give handles up."""
        ...

    def after_fork_in_parent(self) -> None:
        """Let threads go on."""
        ...

    def after_fork_in_child(self) -> None:
        """Begin with handles of its own."""
        ...


_known: Final[WeakSet[Forkable]] = WeakSet()
_forking: Final[list[Forkable]] = []


def at_forks(one: Forkable) -> None:
    """Tell this one of every fork, for as long as it is used."""
    _known.add(one)


def _before() -> None:
    _forking.extend(_known)
    for one in _forking:
        one.before_fork()
    catalogue.before_fork()


def _after_in_parent() -> None:
    catalogue.after_fork()
    for one in _forking:
        one.after_fork_in_parent()
    _forking.clear()


def _after_in_child() -> None:
    close_inherited()
    catalogue.after_fork()
    for one in _forking:
        one.after_fork_in_child()
    _forking.clear()


register_at_fork(ForkHooks(ForkStage.STORES, _before, _after_in_parent, _after_in_child))
