"""Signals that never cut a write in two."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self


class DeferredInterrupts:
    """While it is entered, an interrupt that arrives inside `held` is raised at its end; outside, at once, as ever.

    Outside the main thread, which alone gets signals, it does nothing.
    """

    def __init__(self) -> None:
        self._holding = False
        self._pending = False
        self._before: Any = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """A write that is finished before an interrupt counts."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self._pending:
            self._pending = False
            raise KeyboardInterrupt

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if not self._holding:
            raise KeyboardInterrupt
        if self._pending:  # asked twice: the store does not come back, and the user wants out
            raise KeyboardInterrupt
        self._pending = True

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)


class StopRequests:
    """While it is entered, SIGTERM and SIGINT ask for an end instead of making one; asked a second time, SIGINT interrupts.

    Outside the main thread, which alone gets signals, nothing is ever asked for.
    """

    def __init__(self) -> None:
        self._stopping = False
        self._before: dict[int, Any] = {}
        self._heard, self._said = -1, -1

    def stopping(self) -> bool:
        """Whether an end was asked for."""
        return self._stopping

    def wait(self, seconds: float) -> bool:
        """Wait until an end is asked for, or so many seconds; returns whether it was."""
        # A pipe, because a lock that the handler takes may be held by what it interrupted.
        select.select([self._heard], [], [], seconds)
        return self._stopping

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._stopping and number == signal.SIGINT:
            raise KeyboardInterrupt
        if not self._stopping:
            self._stopping = True
            os.write(self._said, b"x")

    def __enter__(self) -> Self:
        self._heard, self._said = os.pipe()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()
        os.close(self._heard)
        os.close(self._said)
