"""What several users share, made with the first of them and closed with the last."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar


class Closes(Protocol):
    """Has something to give back."""

    def close(self) -> None:
        """Give it back."""
        ...


K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Closes)


class Shared(Generic[K, V]):
    """One value for each key; users are counted.

    Args:
        make: Makes the value of a key; when it raises, nothing is kept.
    """

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make = make
        self._open: dict[K, tuple[V, int]] = {}
        self.renew_lock()

    def renew_lock(self) -> None:
        """For a child that was just forked: a thread of its parent may have held the lock, and is not there to release it."""
        self._lock = threading.Lock()

    def take(self, key: K) -> V:
        """The value of the key, for one more user."""
        with self._lock:
            value, users = self._open.get(key) or (self._make(key), 0)
            self._open[key] = (value, users + 1)
            return value

    def give_back(self, key: K) -> None:
        """One user less; the last one closes the value."""
        with self._lock:
            value, users = self._open.pop(key)
            if users > 1:
                self._open[key] = (value, users - 1)
                return
        value.close()
