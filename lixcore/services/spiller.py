"""Spilling behind the caller's back: nobody who adds a message waits for a disk, unless the disk cannot keep up."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque

from lixcore.domain.session import SessionKey
from lixcore.errors import LixError
from lixcore.services.tiering import Tiering

_log = logging.getLogger("lixcore.tiering")


class Spiller:
    """Runs `Tiering.spill` on a thread of its own, started when it is first needed.

    A session asks early, when half of its batch is waiting, and has the other half as its leeway. When that is used up, the
    caller waits for the spill (back-pressure), so that the hot store never holds more than the window and one batch, give or
    take one entry for each process that adds at the same instant. While spilling fails, adding to that session is refused
    before anything is stored, with the archive's own error.

    Attributes:
        waits: How often a caller had to wait.
        failures: How many spills failed.
    """

    def __init__(self, tiering: Tiering, *, background: bool = True) -> None:
        self._tiering = tiering
        self._ask_at = tiering.window + (tiering.batch + 1) // 2
        self._wait_at = tiering.window + tiering.batch
        self._background = background
        self.waits = 0
        self.failures = 0
        self._start_afresh()
        self._closed = False

    def _start_afresh(self) -> None:
        self._pid = os.getpid()
        self._changed = threading.Condition()
        self._waiting: deque[SessionKey] = deque()
        self._held: dict[SessionKey, int] = {}  # sessions that are queued or being spilled, and how much they held
        self._failing: set[SessionKey] = set()  # sessions whose last spill failed
        self._blocked: dict[SessionKey, int] = {}  # those of them that are at their limit, and how much they held
        self._thread: threading.Thread | None = None

    def before_add(self, session: SessionKey) -> None:
        """Refuse an add while the session is at its limit and cannot be spilled.

        Raises:
            StoreError: Why the archive does not take what is waiting.
        """
        if self._blocked and session in self._blocked:
            self._tiering.spill(session, held=self._blocked[session])
            self._spilled(session)

    def after_add(self, session: SessionKey, held: int) -> None:
        """Note how much a session holds after an add, and have it spilled when that is too much."""
        if held < self._ask_at:
            return
        if self._background:
            self._ask(session, held)
        if held < self._wait_at:
            return
        self.waits += 1
        if self._background:
            self._wait_for(session)
        else:
            self._spill(session, held)
        if session in self._failing:
            self._blocked[session] = held

    def _ask(self, session: SessionKey, held: int) -> None:
        if self._pid != os.getpid():  # a forked child has neither the thread nor its work, which the parent does
            self._start_afresh()
        with self._changed:
            if self._closed:
                return
            if session not in self._held:
                self._held[session] = held
                self._waiting.append(session)
                self._changed.notify_all()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="lixcore-spiller", daemon=True)
                self._thread.start()

    def _wait_for(self, session: SessionKey) -> None:
        with self._changed:
            self._changed.wait_for(lambda: session not in self._held)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                session = self._waiting.popleft()
                held = self._held[session]
            try:
                self._spill(session, held)
            finally:
                with self._changed:
                    del self._held[session]
                    self._changed.notify_all()

    def _spill(self, session: SessionKey, held: int) -> None:
        try:
            self._tiering.spill(session, held=held)
        except LixError as error:
            # The messages are safe where they are. The next add to a session that is full meets the error itself.
            self.failures += 1
            if session not in self._failing:
                _log.warning("cannot move messages of a session to the archive, they stay in the hot store: %s", error)
            self._failing.add(session)
        else:
            self._spilled(session)

    def _spilled(self, session: SessionKey) -> None:
        self._failing.discard(session)
        self._blocked.pop(session, None)

    def close(self) -> None:
        """Finish what is queued, and end the thread. Idempotent."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread if self._pid == os.getpid() else None
        if thread is not None and thread is not threading.current_thread():
            thread.join()
