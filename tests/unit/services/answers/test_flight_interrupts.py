"""Whenever a maker is interrupted, nobody waits for him: he holds no lease that is renewed, and no lock."""

from __future__ import annotations

import itertools
import threading

from flights import PATIENCE, Job, Shelf
from interrupts import interrupted
from lixcore.services.answers.flight_leases import FlightLeases
from lixcore.services.answers.single_flight import SingleFlight
from lixcore.services.background import BackgroundWork
from lixcore.services.reuse.cache_guard import CacheGuard
from lixcore_memory import MemorySimilarityIndex
from settable_clock import SettableClock

KEY = b"k" * 32


def test_no_lease_of_an_interrupted_maker_is_renewed() -> None:
    for at in itertools.count():
        clock = SettableClock()
        leases = FlightLeases(MemorySimilarityIndex(clock), clock, CacheGuard("semantic", clock, raise_failures=False))
        leases._renewing.close()  # the test renews them
        flight = SingleFlight(clock, leases, wait_seconds=30.0)
        was_interrupted = interrupted(lambda: flight.run(KEY, Job(Shelf(), b"answer")), at)  # noqa: B023  # called at once
        assert leases.renew() is None, f"it is renewed after an interrupt at instant {at}"
        if not was_interrupted:
            break
    assert at > 30


def test_an_interrupted_caller_keeps_no_thread_from_ending() -> None:
    for at in itertools.count():
        work = BackgroundWork("test", lambda: None)
        was_interrupted = interrupted(work.wake, at)
        closing = threading.Thread(target=work.close, daemon=True)
        closing.start()
        closing.join(PATIENCE)
        assert not closing.is_alive(), f"closing hangs after an interrupt at instant {at}"
        if not was_interrupted:
            break
    assert at > 5
