"""Locks that a forked child finds free, and what they guard in order.

A child has a copy of the locks and none of the other threads, so one that such a thread held would never be released there. All
are taken for the moment of the fork instead: nobody is in the middle of a change then.
"""

from __future__ import annotations

from threading import Lock
from weakref import WeakSet

from lixcore.ports.forking import ForkHooks, ForkStage, register_at_fork

_locks: WeakSet[Lock] = WeakSet()
_locks_guard = Lock()
_taken: list[Lock] = []


def fork_safe_lock() -> Lock:
    """A new lock. While a thread holds it, it must not wait for another one of these, and must not call what may fork."""
    lock = Lock()
    with _locks_guard:
        _locks.add(lock)
    return lock


def _before_fork() -> None:
    _locks_guard.acquire()
    _taken.extend(_locks)
    for lock in _taken:
        lock.acquire()


def _after_fork() -> None:
    for lock in _taken:
        lock.release()
    _taken.clear()
    _locks_guard.release()


register_at_fork(ForkHooks(ForkStage.STORES, _before_fork, _after_fork, _after_fork))
