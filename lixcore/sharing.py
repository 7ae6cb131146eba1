"""One thing for all who ask for the same, closed with the last of them."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Hashable
from typing import Any, Generic, Protocol, TypeVar


class Closeable(Protocol):
    """Something that is to be given back."""

    def close(self) -> None:
        """Give it back."""
        ...


Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing", bound=Closeable)


class Shared(Generic[Key, Thing]):
    """Things by key, each with the number of its users. Safe to use from any thread, and in a forked child.

    Args:
        make: Gives a new thing for a key; what it raises goes to the asker, and nothing is kept.
    """

    def __init__(self, make: Callable[[Key], Thing]) -> None:
        self._make = make
        self._held: dict[Key, tuple[Thing, int]] = {}
        self.renew_lock()
        _all.add(self)

    def renew_lock(self) -> None:
        """For a child that was just forked: a thread of its parent may have held the lock, and is not there to release it."""
        self._lock = threading.Lock()

    def take(self, key: Key) -> Thing:
        """The thing of a key, with one user more."""
        with self._lock:
            thing, users = self._held.get(key) or (self._make(key), 0)
            self._held[key] = (thing, users + 1)
            return thing

    def give_back(self, key: Key) -> None:
        """One user less; the last one closes the thing."""
        with self._lock:
            thing, users = self._held.pop(key)
            if users > 1:
                self._held[key] = (thing, users - 1)
                return
        thing.close()


_all: weakref.WeakSet[Shared[Any, Any]] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for shared in list(_all):
        shared.renew_lock()


os.register_at_fork(after_in_child=_after_fork_in_child)
