"""One caller makes an answer while the others who want the same wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from lixcore.ports.clock import Clock
from lixcore.services.answers.flight_leases import FlightLeases
from lixcore.services.reuse.in_children import begin_afresh_in_children

FIRST_PAUSE: Final = 0.01
LONGEST_PAUSE: Final = 0.5
"""Seconds between two looks for what another process is making: half as much again each time."""

_Answer = TypeVar("_Answer")
_Answer_co = TypeVar("_Answer_co", covariant=True)
_Result = TypeVar("_Result")
Share = Callable[[bytes], None]
"""Takes the answer as bytes, for those who wait in this process."""


class Wanted(Protocol[_Answer_co]):
    """What a caller wants."""

    def look(self, share: Share) -> _Answer_co | None:
        """The answer, where it is there by now."""
        ...

    def make(self, share: Share) -> _Answer_co:
        """Make the answer and store it. What it raises goes to its own caller, and another one makes it, unless it was shared."""
        ...

    def unpack(self, shared: bytes) -> _Answer_co:
        """An answer of the caller's own from what another one shared."""
        ...


class _Flight:
    """That somebody in this process is at an answer."""

    def __init__(self, lock: threading.Lock) -> None:
        self.ended = threading.Condition(lock)
        self.is_over = False
        self.shared: bytes | None = None

    def land(self, shared: bytes | None) -> None:
        """End it, with an answer or without; the lock is held."""
        self.is_over = True
        self.shared = shared
        self.ended.notify_all()


class _Making(threading.local):
    """What the thread is making."""

    def __init__(self) -> None:
        self.keys: set[bytes] = set()


class SingleFlight:
    """Lets one caller at a time make an answer: of this process, and where there are leases, of all.

    Waiting ends with the answer; or when the one who makes it fails or dies: then one of the others makes it; or when the caller
    has waited long enough: then he makes it himself. Who asks for what he is just making makes it at once.

    Args:
        clock: For how long was waited.
        leases: Tell other processes.
        wait_seconds: How long a caller waits at most.
        pause: Waits on a condition whose lock is held, for so many seconds or until it is notified.
    """

    def __init__(
        self,
        clock: Clock,
        leases: FlightLeases,
        *,
        wait_seconds: float,
        pause: Callable[[threading.Condition, float], object] = threading.Condition.wait,
    ) -> None:
        self._clock = clock
        self._leases = leases
        self._wait_seconds = wait_seconds
        self._pause = pause
        self._making = _Making()
        self.begin_afresh()
        begin_afresh_in_children(self)

    def begin_afresh(self) -> None:
        """Only for a child that was just forked: the threads that are at an answer, or wait for it, are its parent's."""
        self._lock = threading.Lock()
        self._flights: dict[bytes, _Flight] = {}

    def run(self, key: bytes, wanted: Wanted[_Answer]) -> _Answer:
        """The answer, made by this caller or another one.

        Args:
            key: 32 bytes that are the same for the same answer.
            wanted: What to do.

        Raises:
            BaseException: What looking and making raise.
        """
        if key in self._making.keys:
            return wanted.make(_to_nobody)
        give_up = self._clock.monotonic() + self._wait_seconds
        while True:
            own = _Flight(self._lock)
            try:
                with self._lock:
                    flight = self._flights.setdefault(key, own)
                if flight is own:
                    return self._lead(key, own, wanted, give_up)
            finally:
                self._land(key, None, only=own)
            with self._lock:
                self._wait_for(flight, give_up)
            if flight.shared is not None:
                return wanted.unpack(flight.shared)
            if not flight.is_over:
                return self._made(key, wanted)

    def _wait_for(self, flight: _Flight, give_up: float) -> None:
        """Wait until it is over, or the caller gives up. The lock is held."""
        while not flight.is_over:
            left = give_up - self._clock.monotonic()
            if left <= 0:
                return
            self._pause(flight.ended, min(left, threading.TIMEOUT_MAX))

    def _lead(self, key: bytes, own: _Flight, wanted: Wanted[_Answer], give_up: float) -> _Answer:
        """Make the answer for this process, or wait until another process has made it."""
        pause = FIRST_PAUSE
        while True:
            has_lease = self._leases.take(key)
            try:
                # Whoever made it before this one could begin has stored it before he let go of it.
                found = self._shared(key, wanted.look)
                if found is not None:
                    return found
                left = give_up - self._clock.monotonic()
                if has_lease is not False or left <= 0:
                    return self._made(key, wanted)
            finally:
                if has_lease:
                    try:
                        self._leases.end(key)
                    except (
                        BaseException
                    ):  # an interrupt, maybe before it ended: it would be renewed as long as this process lives
                        self._leases.end(key)
                        raise
            with self._lock:
                if not own.is_over:
                    self._pause(own.ended, min(pause, left))
            if own.shared is not None:  # somebody in this process could not wait, and was quicker
                return wanted.unpack(own.shared)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _made(self, key: bytes, wanted: Wanted[_Answer]) -> _Answer:
        self._making.keys.add(key)
        try:
            return self._shared(key, wanted.make)
        finally:
            self._making.keys.discard(key)

    def _shared(self, key: bytes, work: Callable[[Share], _Result]) -> _Result:
        """Do some work, and give what it shares to those who wait, also where it fails afterwards."""
        shared: list[bytes] = []
        try:
            return work(shared.append)
        finally:
            if shared:
                self._land(key, shared[-1])

    def _land(self, key: bytes, shared: bytes | None, *, only: _Flight | None = None) -> None:
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None and only in {None, flight}:
                del self._flights[key]
                flight.land(shared)


def _to_nobody(_: bytes) -> None:
    pass
