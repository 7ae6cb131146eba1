"""Callers that want the same answer, each on a thread of its own, and a test that says when its maker has made it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from lixcore.services.answers.single_flight import Share

PATIENCE = 20.0  # seconds; only a defect makes anybody wait that long
Result = TypeVar("Result")


class Caller(Generic[Result]):
    """A call on a thread of its own."""

    def __init__(self, call: Callable[[], Result]) -> None:
        self._call = call
        self._results: list[Result] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._results.append(self._call())
        except BaseException as error:  # noqa: BLE001  # `result` raises it in the test's own thread
            self._error = error

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def result(self) -> Result:
        """What the call returned.

        Raises:
            BaseException: What it raised.
        """
        self._thread.join(PATIENCE)
        assert self.is_done, "the call does not end"
        if self._error is not None:
            raise self._error
        return self._results[0]


class Gate:
    """Where threads stop until a test lets them go on."""

    def __init__(self) -> None:
        self._came = threading.Semaphore(0)
        self._may_go = threading.Semaphore(0)

    def stop(self) -> None:
        """For the thread: say that it came, and wait."""
        self._came.release()
        assert self._may_go.acquire(timeout=PATIENCE), "nobody let it go on"

    def reached(self) -> None:
        """For the test: wait until one more has come."""
        assert self._came.acquire(timeout=PATIENCE), "nobody came"

    def open(self) -> None:
        """For the test: let one go on."""
        self._may_go.release()


class Waiters:
    """In place of waiting for a time: tells the test who waits, and ends when notified or when the test says so."""

    def __init__(self) -> None:
        self._waiting = threading.Semaphore(0)
        self.seconds: list[float] = []
        self._conditions: list[threading.Condition] = []

    def __call__(self, condition: threading.Condition, seconds: float) -> None:
        self.seconds.append(seconds)
        self._conditions.append(condition)
        self._waiting.release()
        assert condition.wait(PATIENCE), "nobody ended the wait"

    def waiting(self, count: int = 1) -> None:
        """Wait until so many more wait."""
        for _ in range(count):
            assert self._waiting.acquire(timeout=PATIENCE), "nobody waits"

    def time_is_over(self) -> None:
        """End all waits, as their time-outs do."""
        conditions, self._conditions = self._conditions, []
        for condition in conditions:
            with condition:
                condition.notify_all()


class Shelf:
    """Where made answers are stored, as in an index."""

    def __init__(self) -> None:
        self.answer: bytes | None = None
        self.made = 0


class Job:
    """Wants an answer: a `lixcore.services.answers.single_flight.Wanted`.

    Attributes:
        gate: Where its maker stops, in the middle of making it; None to go on at once.
        failure: What making it raises, before it is shared.
        failure_of_store: What making it raises, after.
    """

    def __init__(self, shelf: Shelf, name: bytes, *, gate: Gate | None = None) -> None:
        self.shelf = shelf
        self.name = name
        self.gate = gate
        self.failure: BaseException | None = None
        self.failure_of_store: BaseException | None = None
        self.is_stored = True
        self.looked = 0
        self.made = 0

    def look(self, share: Share) -> list[bytes] | None:
        self.looked += 1
        if self.shelf.answer is None:
            return None
        share(self.shelf.answer)
        return [self.shelf.answer]

    def make(self, share: Share) -> list[bytes]:
        self.made += 1
        if self.gate is not None:
            self.gate.stop()
        if self.failure is not None:
            raise self.failure
        share(self.name)
        if self.failure_of_store is not None:
            raise self.failure_of_store
        if self.is_stored:
            self.shelf.answer = self.name
        return [self.name]

    def unpack(self, shared: bytes) -> list[bytes]:
        return [shared]
