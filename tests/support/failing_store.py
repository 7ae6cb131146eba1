"""A store whose calls fail when a test says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lixcore.errors import StoreError, StoreUnavailableError
from plain_names import show_names_of


def unreachable() -> StoreError:
    """As when nothing was sent."""
    return StoreUnavailableError("redis://nowhere", "connection refused")


def unanswered() -> StoreError:
    """As when the connection broke before the answer came."""
    return StoreUnavailableError("redis://nowhere", "connection lost", outcome_unknown=True)


class FailingStore:
    """A port whose methods fail while `failure` is set, before the call reaches the store, or after it had its effect.

    Attributes:
        failure: Makes the error of a call, or None for a call that succeeds; itself None while all is well.
        methods: Only these fail; all, when empty.
        after_effect: Whether the call is carried out all the same.
        calls: The names of all calls that were made, failed or not.
    """

    def __init__(self, port: Any) -> None:
        self._port = port
        self.failure: Callable[[], BaseException | None] | None = None
        self.methods: frozenset[str] = frozenset()
        self.after_effect = False
        self.calls: list[str] = []
        show_names_of(port, self)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if not callable(method):
            return method

        def called(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            error = self.failure() if self.failure is not None and (not self.methods or name in self.methods) else None
            if error is not None and not self.after_effect:
                raise error
            result = method(*args, **kwargs)
            if error is not None:
                raise error
            return result

        return called
