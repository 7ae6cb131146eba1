"""A hot store that may be away: noticed once, told once, and not asked again by every call until it is back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import attrs

from lixcore.domain.position import ORIGIN, SEQUENCE_BITS, Entry, Position
from lixcore.domain.session import RESERVED_TENANT, SessionKey
from lixcore.errors import StoreBusyError, StoreError, StoreFullError, StoreUnavailableError
from lixcore.ports.clock import Clock
from lixcore.ports.events import Degraded, Events, Recovered
from lixcore.ports.hot_store import Appended, HotInfo, HotRemoval, HotStore, SessionActivity, Ticket
from lixcore.services.events.telling import SILENT, teller

PROBE_SECONDS: Final = 1.0
"""How long a store that was away is left alone before it is asked again."""

MOST_DOUBTED: Final = 10_000
"""Of how many sessions it is known apart up to where a message may stand whose outcome is unknown."""

TOLD_EVERY_SECONDS: Final = 60.0
"""How often it is said at most that the store is full, which may come and go with every message."""

_PROBED: Final = SessionKey("probe", tenant=RESERVED_TENANT)
_log = logging.getLogger("lixcore.hot_store")
_Result = TypeVar("_Result")


class HotStoreAwayError(StoreUnavailableError):
    """The hot store is away, and no message was stored: the archive may stand in for it.

    Args:
        cause: What the store said; its ``outcome_unknown`` holds for what was asked, which was to store no message.
        was_asked: False when the store was not asked, because an earlier call got that answer.
    """

    def __init__(self, cause: StoreUnavailableError, *, was_asked: bool = True) -> None:
        super().__init__(cause.where, cause.reason if was_asked else f"is away; an earlier call was told: {cause.reason}")
        self.outcome_unknown = was_asked and cause.outcome_unknown


class HotStoreFullError(StoreFullError):
    """The hot store has no room, and nothing was stored: the archive may stand in for it."""


@attrs.frozen
class Absence:
    """That the hot store is away.

    Attributes:
        since: Seconds since the epoch.
        began: The same instant as the monotonic clock has it.
        error: Why.
    """

    since: float
    began: float
    error: StoreUnavailableError


@attrs.frozen
class HotStoreState:
    """How it is with the hot store, as this process sees it.

    Attributes:
        absence: Set while it is away.
        times_away: How often it was away since this process began to use it.
        archived_instead: How many messages the archive took in its stead.
    """

    absence: Absence | None
    times_away: int
    archived_instead: int


class GuardedHotStore:
    """`lixcore.ports.hot_store.HotStore` around another one: the first call that cannot reach it says so for all that follow.

    Until it is back, calls fail at once, without a round trip or a time-out. Whether it is back is asked with a question that
    changes nothing, by a thread where `ask_in_background` was called, else by one of the calls every second.

    Attributes:
        absence: Set while it is away.
        absences: How often it was away.
        on_return: Called when it is back, before any call may use it again.
    """

    def __init__(self, hot: HotStore, clock: Clock, events: Events = SILENT) -> None:
        self._hot = hot
        self._clock = clock
        self._tell_degraded = teller(events, Degraded)
        self._tell_recovered = teller(events, Recovered)
        self._next_probe = 0.0
        self._start: Callable[[], bool] | None = None
        self._wake: Callable[[], object] = lambda: None
        self.on_return: Callable[[], None] = lambda: None
        self._told_full: float | None = None
        self._told_refusal = ""
        self.absence: Absence | None = None
        self.absences = 0
        self._highest = ORIGIN
        self._highest_seen_at = 0.0  # by the monotonic clock
        self._doubts: dict[SessionKey, Position] = {}  # up to where a message may stand whose outcome is unknown
        self._forgotten_doubts = ORIGIN

    def ask_in_background(self, start: Callable[[], bool], wake: Callable[[], bool]) -> None:
        """Leave asking to a thread that calls `probe` in due time.

        Args:
            start: Makes sure that it runs, also in a forked child; False when there is none.
            wake: Has it begin.
        """
        self._start, self._wake = start, wake

    def highest_by_now(self, session: SessionKey) -> Position:
        """At least the highest position that this process has seen in the store, and that it may have added there to the session.

        What it has seen, in whatever session, has gone on since as time has: so what the archive takes in its stead comes after
        what others add there at this moment, as well as a store's clock can be known from outside. It comes after what may have
        been added, or may still be, for certain.
        """
        doubted = max(self._forgotten_doubts, self._doubts.get(session, ORIGIN))
        if self._highest == ORIGIN:
            return doubted
        passed = max(0.0, self._clock.monotonic() - self._highest_seen_at)
        return max(doubted, Position(self._highest + (int(passed * 1000) << SEQUENCE_BITS)))

    def _doubt(self, session: SessionKey, at_most: int | None) -> None:
        if at_most is None:
            return
        if len(self._doubts) >= MOST_DOUBTED:
            self._forgotten_doubts = max(self._forgotten_doubts, *self._doubts.values())  # for every session, from now on
            self._doubts.clear()
        self._doubts[session] = max(Position(at_most), self._doubts.get(session, ORIGIN))

    def probe(self) -> bool:
        """Ask whether the store is back.

        Returns:
            Whether it is there now.
        """
        absence = self.absence
        if absence is None:
            return True
        self._next_probe = self._clock.monotonic() + PROBE_SECONDS
        try:
            self._hot.describe(_PROBED)
        except StoreBusyError:
            pass  # it is there
        except StoreUnavailableError:  # it is away still; why was told when that began
            return False
        except StoreError as error:  # such as another password: nobody in this process can use it, so it counts as away
            if str(error) != self._told_refusal:
                self._told_refusal = str(error)
                _log.warning("the hot store answers, and cannot be used, so the archive goes on in its stead: %s", error)
            return False
        # What has to happen before it is used again is made known first; who sees it there then sees that as well.
        self.on_return()
        if self.absence is not absence:  # another caller has seen it, and may have lost it again
            return self.absence is None
        self.absence = None
        self._told_refusal = ""
        if self._tell_recovered is not None:
            self._tell_recovered(Recovered("hot store"))
        _log.warning("the hot store is back after %.1f s", self._clock.monotonic() - absence.began)
        return True

    def _check(self) -> None:
        absence = self.absence
        if absence is None:
            return
        if self._start is not None and self._start():
            pass  # the thread asks
        elif self._clock.monotonic() >= self._next_probe and self.probe():
            return
        raise HotStoreAwayError(absence.error, was_asked=False) from absence.error

    def _gone(self, error: StoreUnavailableError) -> None:
        now = self._clock.monotonic()
        # A copy: the error itself holds the frames that it came through, with the message that was on its way.
        absence = Absence(self._clock.now(), now, StoreUnavailableError(error.where, error.reason))
        self._next_probe = now + PROBE_SECONDS
        if self.absence is not None:  # looked at last: of two calls that notice it at the same instant, one tells of it
            return
        self.absence = absence
        self.absences += 1
        if self._tell_degraded is not None:
            self._tell_degraded(Degraded("hot store", str(error)))
        _log.warning("the hot store is away, sessions are served from the archive until it is back: %s", error)
        self._wake()

    def _without_room(self, error: StoreFullError) -> HotStoreFullError:
        now = self._clock.monotonic()
        if self._told_full is None or now - self._told_full >= TOLD_EVERY_SECONDS:
            self._told_full = now
            _log.warning("the hot store is full, the archive stands in where it takes no message: %s", error)
        return HotStoreFullError(error.where, error.reason)

    def _asked(self, question: Callable[[], _Result]) -> _Result:
        """Ask for something that may be asked for again, so that it does not matter whether it was carried out."""
        self._check()
        try:
            return question()
        except StoreBusyError:
            raise  # it is there: whoever can reach it would not see what is archived in its stead
        except StoreUnavailableError as error:
            self._gone(error)
            raise HotStoreAwayError(error) from error
        except StoreFullError as error:
            raise self._without_room(error) from error

    # The next two are on the way of every message: no closure.

    def append(self, session: SessionKey, timestamp: float, payload: bytes) -> Appended | None:
        """See the port.

        Raises:
            StoreUnavailableError: With ``outcome_unknown``: the store went away while it may have stored the entry. Nobody may
                store it elsewhere then.
        """
        if self.absence is not None:
            self._check()
        try:
            appended = self._hot.append(session, timestamp, payload)
        except StoreBusyError as error:
            self._doubt(session, error.at_most)
            raise  # it is there: whoever can reach it would not see what is archived in its stead
        except StoreUnavailableError as error:
            if error.outcome_unknown:
                self._doubt(session, error.at_most)
                self._gone(error)
                raise
            self._gone(error)
            raise HotStoreAwayError(error) from error
        except StoreFullError as error:
            raise self._without_room(error) from error
        if appended is not None and appended.position > self._highest:
            self._highest, self._highest_seen_at = appended.position, self._clock.monotonic()
        return appended

    def read(self, session: SessionKey, *, last: int | None = None) -> Sequence[Entry] | None:
        """See the port."""
        if self.absence is not None:
            self._check()
        try:
            entries = self._hot.read(session, last=last)
        except StoreBusyError:
            raise  # it is there: whoever can reach it would not see what is archived in its stead
        except StoreUnavailableError as error:
            self._gone(error)
            raise HotStoreAwayError(error) from error
        if entries and entries[-1].position > self._highest:
            self._highest, self._highest_seen_at = entries[-1].position, self._clock.monotonic()
        return entries

    def oldest(self, session: SessionKey, *, limit: int) -> Sequence[Entry]:
        """See the port."""
        return self._asked(lambda: self._hot.oldest(session, limit=limit))

    def ticket(self, session: SessionKey) -> Ticket:
        """See the port."""
        return self._asked(lambda: self._hot.ticket(session))

    def restore(self, session: SessionKey, entries: Sequence[Entry], *, next_after: Position, ticket: Ticket) -> bool:
        """See the port."""
        return self._asked(lambda: self._hot.restore(session, entries, next_after=next_after, ticket=ticket))

    def release(self, session: SessionKey, *, through: Position) -> int:
        """See the port."""
        return self._asked(lambda: self._hot.release(session, through=through))

    def evict(self, session: SessionKey, *, through: Position) -> bool:
        """See the port."""
        return self._asked(lambda: self._hot.evict(session, through=through))

    def forget(self, session: SessionKey) -> HotRemoval:
        """See the port."""
        return self._asked(lambda: self._hot.forget(session))

    def describe(self, session: SessionKey) -> HotInfo | None:
        """See the port."""
        return self._asked(lambda: self._hot.describe(session))

    def sessions(self, *, inactive_since: float | None = None, limit: int | None = None) -> Sequence[SessionActivity]:
        """See the port."""
        return self._asked(lambda: self._hot.sessions(inactive_since=inactive_since, limit=limit))

    def close(self) -> None:
        """See the port."""
        self._hot.close()
