"""Two actors on one session, and which of them may make its next call to a store: decided by the test, call by call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from plain_names import show_names_of

PATIENCE = 20.0  # seconds; only a defect makes anybody wait that long


class Actor:
    """Runs a function on a thread of its own that stops before every call of a port it was given through `watched`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.done = False
        self.calls: list[str] = []
        self.error: BaseException | None = None
        self._may_go = threading.Semaphore(0)
        self._has_stopped = threading.Semaphore(0)
        self._thread: threading.Thread | None = None

    def watched(self, port: Any) -> Any:
        """The port, whose methods wait for this actor's turn."""
        return _Watched(port, self)

    def begin(self, work: Callable[[], object]) -> None:
        """Start the work; it stops before its first call."""

        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001  # `finished` raises it in the test's own thread
                self.error = error
            self.done = True
            self._has_stopped.release()

        self._thread = threading.Thread(target=run, name=self.name, daemon=True)
        self._thread.start()
        self._wait_for_stop()

    def step(self) -> None:
        """Let it make the one call before which it stopped, and go on to the next."""
        self._may_go.release()
        self._wait_for_stop()

    def finished(self) -> None:
        """Let it make all its calls.

        Raises:
            BaseException: Whatever the work raised.
        """
        while not self.done:
            self.step()
        if self._thread is not None:
            self._thread.join(PATIENCE)
        if self.error is not None:
            raise self.error

    def before_call(self, name: str) -> None:
        if threading.current_thread() is self._thread:
            self._has_stopped.release()
            assert self._may_go.acquire(timeout=PATIENCE), f"{self.name} was left waiting before {name}"
            self.calls.append(name)

    def _wait_for_stop(self) -> None:
        assert self._has_stopped.acquire(timeout=PATIENCE), f"{self.name} neither ends nor calls a port"


class _Watched:
    def __init__(self, port: Any, actor: Actor) -> None:
        self._port = port
        self._actor = actor
        show_names_of(port, self)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if not callable(method):
            return method

        def called(*args: Any, **kwargs: Any) -> Any:
            self._actor.before_call(name)
            return method(*args, **kwargs)

        return called


def interleave(actors: Sequence[Actor], works: Sequence[Callable[[], object]], calls: Sequence[int]) -> Sequence[bool]:
    """The first actor makes so many calls, the second so many, and so on; then the first goes on to its end, then the second …

    Returns:
        For each, whether it had that many calls to make; otherwise a smaller number has shown the same.
    """
    complete = [True for _ in actors]
    for index, (actor, work, count) in enumerate(zip(actors, works, calls, strict=True)):
        actor.begin(work)
        for _ in range(count):
            if actor.done:
                complete[index] = False
                break
            actor.step()
    for actor in actors:
        actor.finished()
    return complete
