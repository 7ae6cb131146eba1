"""A store whose calls fail when a test says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lixcore.errors import StoreError, StoreUnavailableError


def unreachable() -> StoreError:
    """As when nothing was sent."""
    return StoreUnavailableError("redis://nowhere", "connection refused")


def unanswered() -> StoreError:
    """As when the connection broke before the answer came."""
    return StoreUnavailableError("redis://nowhere", "connection lost", outcome_unknown=True)


class FailingStore:
    """A port whose methods fail while `failure` is set, before the call reaches the store, or after it had its effect.

    Attributes:
        failure: Makes the error; None while all is well.
        methods: Only these fail; all, when empty.
        after_effect: Whether the call is carried out all the same.
        calls: The names of all calls that were made, failed or not.
    """

    def __init__(self, port: Any) -> None:
        self._port = port
        self.failure: Callable[[], BaseException] | None = None
        self.methods: frozenset[str] = frozenset()
        self.after_effect = False
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if not callable(method):
            return method

        def called(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            fails = self.failure is not None and (not self.methods or name in self.methods)
            if fails and not self.after_effect:
                assert self.failure is not None
                raise self.failure()
            result = method(*args, **kwargs)
            if fails:
                assert self.failure is not None
                raise self.failure()
            return result

        return called
