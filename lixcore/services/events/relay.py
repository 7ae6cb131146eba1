"""From those who do the work to those who watch, without the former waiting for the latter."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable
from typing import Final

import attrs

from lixcore.ports.events import Event, Observer
from lixcore.services.background import BackgroundWork
from lixcore.services.events.audience import Audience

MOST_WAITING: Final = 10_000
"""How many events may wait to be shown; more are dropped."""

MOST_CAUSED: Final = 100
"""How many events observers may cause while one call has its event shown, where there is no thread; more are dropped."""

LINGER_SECONDS: Final = 0.01
"""How long the thread looks for more by itself after it has shown something: waking it for each event would slow who tells."""

CLOSE_SECONDS: Final = 2.0
"""How long closing waits until everything is shown."""

_log: Final = logging.getLogger("lixcore.events")


@attrs.frozen
class EventCounts:
    """What became of the events of this process that somebody wants to see.

    Attributes:
        told: How many were shown to all who want to see them.
        dropped: How many were not, because too many waited, or the stack was closed before.
        failed: How often an observer raised.
    """

    told: int
    dropped: int
    failed: int


class EventRelay:
    """`lixcore.ports.events.Events` for observers: on a thread that is started with the first event, or without one.

    Telling puts the event in a queue, and takes no lock that is held while an observer looks at something. Without a thread, the
    caller then shows what waits, unless somebody is at it already: that one, which may be the same thread further out, shows it.

    A fork does not wait for observers. The child begins with nothing queued: the parent shows that.

    Args:
        observers: Who watches.
        background: Whether there may be a thread.
        most_waiting: How many events may wait, give or take one for each thread that tells at the same instant.
        patience: How many seconds closing waits.

    Raises:
        InvalidInputError: An observer wants what is no event.
    """

    def __init__(
        self,
        observers: Iterable[Observer],
        *,
        background: bool = True,
        most_waiting: int = MOST_WAITING,
        patience: float = CLOSE_SECONDS,
    ) -> None:
        self._audience = Audience(observers)
        self._kinds = self._audience.kinds
        self._background = background
        self._most_waiting = most_waiting
        self._patience = patience
        self._closed = False
        self._gave_up = False
        self._thread = BackgroundWork("lixcore-events", self._work, afresh=self._after_fork, forks_wait=False)
        self._begin_afresh()

    def _begin_afresh(self) -> None:
        self._queue: deque[Event] = deque()
        self._is_idle = True  # the thread looks into the queue when it is woken, and not before
        self._counting = threading.RLock()  # a signal's handler may drop one while its thread is counting
        self._dropped = 0
        self._closing = threading.Event()
        self._all_shown = threading.Event()
        # Whose turn it is to show, without a thread. Taken by `setdefault`, so that an interrupt cannot leave it taken.
        self._turn: dict[str, object] = {}
        self._shows: int | None = None  # the thread whose turn it is
        self._caused = 0  # what it told since then, from within observers

    def _after_fork(self) -> None:
        self._begin_afresh()
        self._audience.begin_afresh()

    def wants(self, kind: type[Event]) -> bool:
        """See the port."""
        return kind in self._kinds

    def tell(self, event: Event) -> None:
        """See the port. Without a thread, an interrupt that comes while observers look is raised when they have looked."""
        if type(event) not in self._kinds:
            return
        if self._closed or len(self._queue) >= self._most_waiting or self._is_too_much():
            self._drop(1)
        else:
            self._queue.append(event)
        if not self._background:
            self._show_in_turn()
        elif self._is_idle:
            self._thread.wake()

    def _is_too_much(self) -> bool:
        """Whether observers cause ever more events by what they do about one: without a thread, a caller would never be free."""
        if self._shows is None or self._shows != threading.get_ident():
            return False
        self._caused += 1
        return self._caused > MOST_CAUSED

    def counts(self) -> EventCounts:
        """What became of the events so far."""
        return EventCounts(self._audience.told, self._dropped, self._audience.failed)

    def _drop(self, count: int) -> None:
        with self._counting:
            self._dropped += count

    def _work(self) -> float | None:
        self._is_idle = False
        try:
            while self._show_waiting() and not self._closing.wait(LINGER_SECONDS):
                pass
        finally:
            self._is_idle = True  # whatever ends this: the next event wakes the thread, or has another one started
        if self._queue:  # told after the last look, while this did not seem idle
            return 0.0
        if self._closed:
            self._all_shown.set()
        return None

    def _show_waiting(self) -> bool:
        """Show what waits; False when nothing did."""
        before = self._audience.told
        while (event := self._next()) is not None:
            self._audience.show(event)
        return self._audience.told > before

    def _next(self) -> Event | None:
        try:
            return self._queue.popleft()
        except IndexError:  # also where closing has just given up what was there
            return None

    def _show_in_turn(self) -> None:
        while self._queue:
            turn, mine = self._turn, object()
            try:
                if turn.setdefault("taken", mine) is not mine:
                    return  # whoever is at it looks into the queue once more when its turn is over
                self._show_all()
            finally:
                if "taken" in turn and turn["taken"] is mine:
                    del turn["taken"]

    def _show_all(self) -> None:
        self._caused = 0
        self._shows = threading.get_ident()
        try:
            while (event := self._next()) is not None:
                interrupt = self._audience.show(event)
                if interrupt is not None:
                    raise interrupt
        finally:
            self._shows = None

    def close(self) -> None:
        """Show what waits, and end the thread; what an observer keeps from being shown in time is given up. Idempotent."""
        self._closed = True
        self._closing.set()
        if not self._background:
            self._show_in_turn()
        elif self._has_shown_all():
            self._thread.close()
        else:
            self._give_up()

    def _has_shown_all(self) -> bool:
        """Whether all is shown within the patience, or is about to be."""
        if self._thread.is_working_thread():  # an observer closes what it watches: the rest is shown when it returns
            return True
        if self._is_idle and not self._queue:
            return True
        return self._thread.wake() and self._all_shown.wait(self._patience)

    def _give_up(self) -> None:
        self._thread.close(wait=False)
        lost, watching = len(self._queue), self._audience.watching
        self._queue.clear()
        if not self._gave_up and (lost or watching is not None):
            self._gave_up = True
            self._drop(lost)
            if watching is None:
                reason = "there is no thread that could"
            else:
                reason, lost = f"the observer {watching!r} has not returned after {self._patience:g} s", lost + 1
            _log.warning("%d events were not shown to all observers when the stack was closed: %s", lost, reason)
