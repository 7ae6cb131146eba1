"""A thread renews the leases of what is being made."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from flights import Gate
from lixcore.services.answers import flight_leases as module
from lixcore.services.answers.flight_leases import FlightLeases
from lixcore.services.reuse.cache_guard import CacheGuard
from lixcore.services.system_clock import SystemClock
from lixcore_memory import MemorySimilarityIndex
from semantic_houses import FailingIndex

if TYPE_CHECKING:
    import pytest

KEY = b"k" * 32


def test_a_thread_renews_while_the_answer_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RENEWED_AFTER", 0.001)
    clock = SystemClock()
    store = FailingIndex(MemorySimilarityIndex(clock))
    leases = FlightLeases(store, clock, CacheGuard("semantic", clock, raise_failures=True))
    renewed, lease = Gate(), store.lease

    def noted(name: str, *, holder: str, seconds: float) -> bool:
        granted = bool(lease(name, holder=holder, seconds=seconds))
        if threading.current_thread().name == "lixcore-flights":
            renewed.stop()
        return granted

    monkeypatch.setattr(store, "lease", noted)
    assert leases.take(KEY)
    for _ in range(3):
        renewed.reached()
        renewed.open()
    leases.end(KEY)
    for _ in range(100):
        renewed.open()
    leases.close()
    assert leases.take(KEY), "also without a thread"
