"""Spilling behind the caller's back: nobody who adds a message waits for a disk, unless the disk cannot keep up."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import Final

from lixcore.domain.session import SessionKey
from lixcore.services.background import BackgroundWork
from lixcore.services.tiers.guarded_hot_store import HotStoreAwayError
from lixcore.services.tiers.tiering import Tiering

MOST_REMEMBERED: Final = 10_000
"""How many failing sessions are remembered; beyond that, the memory of them begins anew, at the price of an entry each."""

_log = logging.getLogger("lixcore.tiering")


class Spiller:
    """Runs `Tiering.spill` on a thread of its own, started when it is first needed.

    A session asks early, when four fifths of its batch are waiting, and has the rest as its leeway. When that is used up, the
    caller waits for the spill (back-pressure), so that the hot store never holds more than the window and one batch, give or
    take one entry for each process that adds at the same instant. Asking earlier would have a burst spill in small pieces
    without a pause: the thread would always contend with the caller for the interpreter.

    While spilling fails, adding to that session is refused before anything is stored, with the archive's own error.

    A forked child begins with nothing queued: the parent does its work.

    Attributes:
        waits: How often a caller had to wait.
        failures: How many spills failed.
    """

    def __init__(self, tiering: Tiering, *, background: bool = True) -> None:
        self._tiering = tiering
        self._ask_at = tiering.window + max(1, 4 * tiering.batch // 5)
        self._wait_at = tiering.window + tiering.batch
        self._background = background
        self.waits = 0
        self.failures = 0
        self._closed = False
        self._thread = BackgroundWork("lixcore-spiller", self._work, afresh=self._begin_afresh)
        self._begin_afresh()

    def _begin_afresh(self) -> None:
        # Entered as it is, and not by way of the condition: an interrupt within `Condition.__enter__` would leave it locked.
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._closing = threading.Lock()
        self._waiting: deque[SessionKey] = deque()
        self._pending: set[SessionKey] = set()  # sessions that are queued or being spilled
        self._to_merge: SessionKey | None = None
        self._failing: set[SessionKey] = set()  # sessions whose last spill failed
        self._blocked: set[SessionKey] = set()  # those of them that are at their limit

    def before_add(self, session: SessionKey) -> None:
        """Refuse an add while the session is at its limit and cannot be spilled.

        Raises:
            StoreError: Why the archive does not take what is waiting.
        """
        if self._blocked and session in self._blocked:
            self._tiering.spill(session)
            self._spilled(session)

    def after_add(self, session: SessionKey, held: int) -> None:
        """Note how much a session holds after an add, and have it spilled when that is too much.

        It raises nothing: the message is stored. What fails is met by the next add, before anything is stored.
        """
        if held < self._ask_at:
            return
        queued = self._background and self._ask(session)
        if held < self._wait_at:
            return
        self.waits += 1
        if queued:
            self._wait_for(session)
        else:
            self._spill(session)
        if session in self._failing:
            _remember(self._blocked, session)

    def _ask(self, session: SessionKey) -> bool:
        """Queue a session; False when there is no thread to do the work: none can be started, or all is closed."""
        with self._lock:
            if self._closed or not self._thread.start():
                return False
            if session in self._pending:
                return True
            self._pending.add(session)
            self._waiting.append(session)
        self._thread.wake()
        return True

    def _wait_for(self, session: SessionKey) -> None:
        with self._lock:
            self._changed.wait_for(lambda: session not in self._pending)

    def _work(self) -> float | None:
        """One spill, or one merge after it: no caller of its session waits for that."""
        session, self._to_merge = self._to_merge, None
        if session is not None:
            self._merge(session)
        elif self._waiting:
            session = self._waiting.popleft()
            self._spill(session)
            with self._lock:
                self._pending.discard(session)
                self._changed.notify_all()
            self._to_merge = None if session in self._failing else session
        return 0.0 if self._waiting or self._to_merge else None

    def _merge(self, session: SessionKey) -> None:
        try:
            self._tiering.merge_pieces(session)
        except Exception:  # noqa: BLE001  # told with its trace; nothing was asked for that could fail, and the thread goes on
            _log.warning("merging the small pieces of an archived session failed", exc_info=True)

    def _spill(self, session: SessionKey) -> None:
        try:
            self._tiering.spill(session)
        except Exception as error:  # noqa: BLE001  # kept for the next add at the limit, which spills first and meets it itself
            # The messages are safe where they are. A stranger's adapter may raise anything, and must not end the thread.
            self.failures += 1
            if session not in self._failing and not isinstance(error, HotStoreAwayError):  # that was told once for all sessions
                _log.warning("cannot move messages of a session to the archive, they stay in the hot store: %r", error)
            _remember(self._failing, session)
        else:
            self._spilled(session)

    def _spilled(self, session: SessionKey) -> None:
        self._failing.discard(session)
        self._blocked.discard(session)

    def close(self) -> None:
        """Finish what is queued, and end the thread. Idempotent."""
        with self._lock:
            self._closed = True
        self._thread.close()
        with self._closing:  # of two that close it, the second waits for what the first finishes
            while self._work() is not None:
                pass


def _remember(sessions: set[SessionKey], session: SessionKey) -> None:
    if len(sessions) >= MOST_REMEMBERED:
        sessions.clear()
    sessions.add(session)
