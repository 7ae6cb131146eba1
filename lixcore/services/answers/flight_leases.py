"""That a process is making an answer, told to the other processes: a short lease, renewed until it is made."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from typing import Final

import attrs

from lixcore.errors import LixError
from lixcore.ports.clock import Clock
from lixcore.ports.leases import GrantsLeases
from lixcore.services.background import BackgroundWork
from lixcore.services.reuse.cache_guard import CacheGuard

LEASE_SECONDS: Final = 5.0
"""How long the others wait at most for an answer whose maker has died."""

RENEWED_AFTER: Final = 1.25
"""After how many seconds a lease is renewed, so that a renewal that comes late by some seconds does no harm."""

_log = logging.getLogger("lixcore.cache")


@attrs.define
class _Held:
    holder: str
    renewed_at: float  # by the monotonic clock


class FlightLeases:
    """The leases of what this process is making. Safe to share between threads; a forked child begins with none.

    Args:
        store: What the processes share, of which the power `GrantsLeases` is used if it has it.
        clock: Says when a lease is to be renewed.
        guard: What becomes of the store's failures.
    """

    def __init__(self, store: object, clock: Clock, guard: CacheGuard) -> None:
        self._store = store if isinstance(store, GrantsLeases) else None
        self._clock = clock
        self._guard = guard
        self._begin_afresh()
        self._renewing = BackgroundWork("lixcore-flights", self.renew, afresh=self._begin_afresh)

    def _begin_afresh(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}
        self._is_due_to_renew = False  # the thread will look within `RENEWED_AFTER`, whatever is taken meanwhile

    def take(self, key: bytes) -> bool | None:
        """Take the lease of something, and keep it until `end`.

        Returns:
            False while another process has it; None where there are no leases, or the store is away: nobody knows of others.

        Raises:
            StoreError: The store failed, and the guard raises.
        """
        store = self._store
        if store is None or self._guard.is_away:
            return None
        name, holder = _name(key), f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"
        now = self._clock.monotonic()  # before the store counts from its own now
        try:
            granted = self._guard.ask(lambda: store.lease(name, holder=holder, seconds=LEASE_SECONDS), None)
            if granted:
                with self._lock:
                    self._held[name] = _Held(holder, now)
                    is_due = self._is_due_to_renew
                if not is_due:  # to wake a thread takes as long as a round trip
                    self._renewing.wake()  # where no thread can be had, it ends by itself, and others make the answer too
        except LixError:
            raise
        except BaseException:  # an interrupt: whether it was granted is not known, and nobody would end it
            self._held.pop(name, None)
            self._give_back(name, holder)
            raise
        return granted

    def end(self, key: bytes) -> None:
        """Give the lease back, if this process has it. When that fails, it ends by itself."""
        name = _name(key)
        with self._lock:
            held = self._held.pop(name, None)
        if held is not None:
            self._give_back(name, held.holder)

    def renew(self) -> float | None:
        """Renew what is due; for the thread that does so.

        Returns:
            Seconds until the next one; None while there is none to renew.
        """
        with self._lock:
            self._is_due_to_renew = False  # until it is known when, also should this fail
            held = dict(self._held)
        for name, lease in held.items():
            now = self._clock.monotonic()
            if now - lease.renewed_at >= RENEWED_AFTER:
                self._renew(name, lease, now)
        with self._lock:
            if not self._held:
                return None
            oldest = min(lease.renewed_at for lease in self._held.values())
            self._is_due_to_renew = True
        return max(RENEWED_AFTER / 5, oldest + RENEWED_AFTER - self._clock.monotonic())

    def _renew(self, name: str, lease: _Held, now: float) -> None:
        if self._store is None or self._guard.is_away:
            return
        try:
            renewed = self._store.lease(name, holder=lease.holder, seconds=LEASE_SECONDS)
        except LixError as error:
            _log.debug("the lease %r could not be renewed: %s", name, error)
            return
        with self._lock:
            is_held = self._held.get(name) is lease
            if is_held and renewed:
                lease.renewed_at = now
            elif is_held:  # it ran out, and another process makes the answer as well
                del self._held[name]
        if renewed and not is_held:  # it was given back meanwhile, and would now last until its end
            self._give_back(name, lease.holder)

    def _give_back(self, name: str, holder: str) -> None:
        if self._store is None or self._guard.is_away:
            return
        try:
            self._store.end_lease(name, holder=holder)
        except LixError as error:
            _log.debug("the lease %r could not be given back and ends by itself within %g s: %s", name, LEASE_SECONDS, error)

    def close(self) -> None:
        """End the thread. What is held ends by itself, or with its maker."""
        self._renewing.close()


def _name(key: bytes) -> str:
    return f"flight-{key.hex()}"
