"""Work on a thread of its own, which callers need not think of: started when it is first needed, and sound across a fork."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable
from typing import Final

from lixcore.ports.forking import ForkHooks, ForkStage, register_at_fork

AFTER_FAILURE: Final = 60.0
"""Seconds until work that failed in a way nobody foresaw is tried again."""

_log = logging.getLogger("lixcore.background")


def _at_once() -> float:
    return 0.0


def _nothing() -> None:
    pass


class BackgroundWork:
    """Does what is due, on a daemon thread that begins with the first `start` or `wake` and ends with `close`.

    A forked child has no such thread: its own begins when it first needs one. A fork waits for the step in hand, so that no lock
    which the step holds within a store is copied into the child as held. Work is therefore done in steps of a second or so.

    Args:
        name: What the thread is called.
        work: Does one step of what is due, and gives the seconds until there is more to do: zero when there is more at once, None
            when there is nothing until `wake`. What it raises is logged, with its trace, and tried again after `AFTER_FAILURE`
            seconds; work that expects an error deals with it itself.
        first_after: The seconds that a new thread waits before its first step, asked for by each thread that begins.
        afresh: Called in a child that was just forked, to forget what was the parent's. It must not wait for any lock.
        forks_wait: Whether a fork waits for the step in hand; not where a step is a stranger's, who may take for ever.

    Attributes:
        at_work: Held while a step is done.
        forks_wait: As it was given.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], float | None],
        *,
        first_after: Callable[[], float | None] = _at_once,
        afresh: Callable[[], None] = _nothing,
        forks_wait: bool = True,
    ) -> None:
        self._name = name
        self._work = work
        self._first_after = first_after
        self._afresh = afresh
        self.forks_wait = forks_wait
        self._closed = False
        self._failing = False
        self._begin_afresh()
        _works.add(self)

    def _begin_afresh(self) -> None:
        self.at_work = threading.Lock()
        # Entered as it is, and not by way of the condition: an interrupt within `Condition.__enter__` would leave it locked.
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._woken = False
        self._thread: threading.Thread | None = None

    def after_fork(self) -> None:
        """Forget the thread and the locks of another process: only for a child that was just forked."""
        self._begin_afresh()
        self._afresh()

    def start(self) -> bool:
        """Make sure that the thread runs; next to nothing to ask when it does.

        Returns:
            False when there is no thread: it is closed, the machine has no more threads, or the interpreter is shutting down.
        """
        if self._thread is not None:
            return not self._closed
        with self._lock:
            return self._has_thread()

    def wake(self) -> bool:
        """Have a step done now, whatever the work said of when.

        Returns:
            False when there is no thread to do it.
        """
        with self._lock:
            if not self._has_thread():
                return False
            self._woken = True
            self._changed.notify_all()
            return True

    def _has_thread(self) -> bool:
        if self._closed:
            return False
        if self._thread is None or not self._thread.is_alive():
            thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the machine has no more threads, or the interpreter is shutting down
                return False
            self._thread = thread
        return True

    def is_working_thread(self) -> bool:
        """Whether the caller is the thread itself."""
        return self._thread is threading.current_thread()

    def _run(self) -> None:
        wait = self._first_after()
        while True:
            with self._lock:
                self._changed.wait_for(lambda: self._woken or self._closed, _at_most(wait))
                if self._closed:
                    return
                self._woken = False
            with self.at_work:
                wait = self._step()

    def _step(self) -> float | None:
        try:
            wait = self._work()
        except Exception:  # noqa: BLE001  # told with its trace; a stranger's adapter must not end the thread
            if not self._failing:
                _log.exception("%s failed; it is tried again every %g s", self._name, AFTER_FAILURE)
            self._failing = True
            return AFTER_FAILURE
        self._failing = False
        return wait

    def close(self, *, wait: bool = True) -> None:
        """Finish the step in hand, and end the thread. Idempotent.

        Args:
            wait: Return when it has ended; else it ends by itself, after the step in hand.
        """
        with self._lock:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if wait and thread is not None and thread is not threading.current_thread():
            thread.join()


def _at_most(wait: float | None) -> float | None:
    return None if wait is None else min(wait, threading.TIMEOUT_MAX)


_works: weakref.WeakSet[BackgroundWork] = weakref.WeakSet()
_stopped: list[threading.Lock] = []
_forking = threading.Lock()  # of two threads that fork at once, the second begins to stop work when the first has done


def _before_fork() -> None:
    _forking.acquire()
    for work in list(_works):
        if work.forks_wait and not work.is_working_thread():  # work that forks would wait for itself
            work.at_work.acquire()
            _stopped.append(work.at_work)


def _after_fork_in_parent() -> None:
    while _stopped:
        _stopped.pop().release()
    _forking.release()


def _after_fork_in_child() -> None:
    global _forking  # noqa: PLW0603  # a lock of its own, whoever holds the parent's
    _forking = threading.Lock()
    _stopped.clear()
    for work in list(_works):
        work.after_fork()


register_at_fork(ForkHooks(ForkStage.WORKERS, _before_fork, _after_fork_in_parent, _after_fork_in_child))
