"""What becomes of a cache's calls while its store fails."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from typing import Final, TypeVar

import attrs

from lixcore.errors import CorruptDataError, StoreBusyError, StoreError, StoreUnavailableError
from lixcore.ports.clock import Clock
from lixcore.ports.events import Damaged, Degraded, Events, Recovered
from lixcore.services.events.telling import SILENT, teller
from lixcore.services.reuse.in_children import begin_afresh_in_children

PROBE_SECONDS: Final = 1.0
"""How long a store that was away is left alone before one call asks it again."""

TOLD_EVERY_SECONDS: Final = 60.0
"""How often it is said at most that a store fails which others of its calls say works."""

_log = logging.getLogger("lixcore.cache")
_Result = TypeVar("_Result")
_Otherwise = TypeVar("_Otherwise")


@attrs.frozen
class CacheState:
    """How it is with a cache's store, as this process sees it.

    Attributes:
        name: Which cache.
        is_away: Whether the store cannot be reached.
        failing_since: Since when no call succeeded, in seconds since the epoch; None while all is well.
        times_away: How often it was away.
        failures: How many calls failed, or were not even made because the store was away.
        last_error: What the last call that failed was told; None when none did.
    """

    name: str
    is_away: bool
    failing_since: float | None
    times_away: int
    failures: int
    last_error: str | None


@attrs.frozen
class _Trouble:
    since: float
    began: float  # by the monotonic clock
    is_away: bool
    was_told: bool


class CacheGuard:
    """Asks a cache's store, and says what becomes of it when that fails. Safe to share between threads, and across forks.

    Either a `StoreError` goes to the caller. Or the call goes on as if nothing was cached: the failure is counted, and logged
    once until a call succeeds, which is logged as well. A store that cannot be reached is then left alone: one call in
    `PROBE_SECONDS` asks it, on its own behalf, and all others go on at once.

    All other errors go to the caller always: they are no failure of the store.

    Args:
        name: Which cache, for log and state.
        clock: For times and durations.
        raise_failures: Whether errors of the store go to the caller.
        events: Told once when the cache has to do without its store, and when that works again; and of damage, as the caller is.

    Attributes:
        on_failure: Called for each call that failed, or was not made.
    """

    def __init__(self, name: str, clock: Clock, *, raise_failures: bool, events: Events = SILENT) -> None:
        self._name = name
        self._clock = clock
        self._raises = raise_failures
        self._tell_degraded = teller(events, Degraded)
        self._tell_recovered = teller(events, Recovered)
        self._tell_damaged = teller(events, Damaged)
        self._trouble: _Trouble | None = None
        self._next_probe = 0.0
        self._told_at = -math.inf
        self._told_of_damage_at = -math.inf
        self._times_away = 0
        self._failures = 0
        self._last_error: str | None = None
        self.on_failure: Callable[[], object] = _nothing
        self.begin_afresh()
        begin_afresh_in_children(self)

    def begin_afresh(self) -> None:
        """Only for a child that was just forked: another thread may have held the lock, or been asking."""
        self._lock = threading.Lock()
        self._is_probed = False

    @property
    def is_away(self) -> bool:
        """Whether the store cannot be reached, as far as is known."""
        trouble = self._trouble
        return trouble is not None and trouble.is_away

    def state(self) -> CacheState:
        """How it is with the store."""
        with self._lock:
            trouble = self._trouble
            since = None if trouble is None else trouble.since
            away = trouble is not None and trouble.is_away
            return CacheState(self._name, away, since, self._times_away, self._failures, self._last_error)

    def ask(self, call: Callable[[], _Result], otherwise: _Otherwise) -> _Result | _Otherwise:
        """What a call of the store gives; ``otherwise`` where the store fails or is left alone.

        Raises:
            StoreError: The store failed, and that is for the caller.
        """
        if self._trouble is not None:
            return self._ask_in_trouble(call, otherwise)
        try:
            return call()
        except StoreError as error:
            self.report(error)
            return otherwise

    def _ask_in_trouble(self, call: Callable[[], _Result], otherwise: _Otherwise) -> _Result | _Otherwise:
        is_probe = self.is_away and not self._raises
        if is_probe and not self._may_probe():
            return otherwise
        try:
            result = call()
        except StoreError as error:
            self.report(error)
            return otherwise
        finally:  # whatever it was that ended the call, the next one may ask when the second is over
            if is_probe:
                self._is_probed = False
        self._recovered()
        return result

    def report(self, error: StoreError) -> None:
        """Take note of a failure that came up outside `ask`, such as an entry that cannot be read.

        Raises:
            StoreError: The same, where that is for the caller.
        """
        if isinstance(error, CorruptDataError):
            self._damaged(error)
        else:
            self._failed(error, is_away=isinstance(error, StoreUnavailableError) and not isinstance(error, StoreBusyError))
        self.on_failure()
        if self._raises:
            raise error

    def _may_probe(self) -> bool:
        """Whether this call is the one that asks a store which is away; otherwise it counts as failed."""
        with self._lock:
            now = self._clock.monotonic()
            if not self._is_probed and now >= self._next_probe:
                self._is_probed = True
                self._next_probe = now + PROBE_SECONDS
                return True
            self._failures += 1
        self.on_failure()
        return False

    def _failed(self, error: StoreError, *, is_away: bool) -> None:
        with self._lock:
            now = self._clock.monotonic()
            before = self._trouble
            self._failures += 1
            self._last_error = str(error)
            self._next_probe = now + PROBE_SECONDS
            if before is not None and before.is_away == is_away:
                return
            # An absence is always told; what only some calls run into may come and go with each of them.
            tell = not self._raises and (is_away or now - self._told_at >= TOLD_EVERY_SECONDS)
            began, since = (now, self._clock.now()) if before is None else (before.began, before.since)
            was_told = tell or (before is not None and before.was_told)
            self._trouble = _Trouble(since, began, is_away, was_told)
            self._times_away += is_away
            if tell:
                self._told_at = now
        if self._tell_degraded is not None and tell and not (before is not None and before.was_told):
            self._tell_degraded(Degraded(f"{self._name} cache", str(error)))
        if tell:
            how = "is away, nothing is found or cached until it works" if is_away else "fails, and what it refuses is a miss"
            _log.warning("the store of the %s cache %s: %s", self._name, how, error)

    def _recovered(self) -> None:
        with self._lock:
            trouble, self._trouble = self._trouble, None
            passed = 0.0 if trouble is None else self._clock.monotonic() - trouble.began
        if trouble is not None and trouble.was_told:
            if self._tell_recovered is not None:
                self._tell_recovered(Recovered(f"{self._name} cache"))
            _log.warning("the store of the %s cache works again after %.1f s", self._name, passed)

    def _damaged(self, error: CorruptDataError) -> None:
        """Damage is in what is stored: it begins no outage, and the next success does not end it."""
        with self._lock:
            now = self._clock.monotonic()
            self._failures += 1
            self._last_error = str(error)
            tell = not self._raises and now - self._told_of_damage_at >= TOLD_EVERY_SECONDS
            if tell:
                self._told_of_damage_at = now
        if self._tell_damaged is not None:
            self._tell_damaged(Damaged(f"{self._name} cache", str(error)))
        if tell:
            _log.warning("the %s cache passes over what is damaged: %s", self._name, error)


def _nothing() -> None:
    pass
