"""What callers and the log are told while the hot store is known to be away."""

from __future__ import annotations

import logging

import pytest

from failing_store import unanswered
from lixcore.errors import StoreBusyError, StoreRefusedError, StoreUnavailableError
from outages import SESSION, World


def test_a_call_that_was_never_sent_has_no_unknown_outcome() -> None:
    """Also where the call before it had one: that is the earlier caller's."""
    process = World().process()
    process.add("m1")
    process.way.failure = unanswered
    with pytest.raises(StoreUnavailableError) as first:
        process.add("m2")
    assert first.value.outcome_unknown
    with pytest.raises(StoreUnavailableError, match="an earlier call was told: connection lost") as second:
        process.layer.window.forget(SESSION)
    assert not second.value.outcome_unknown


def test_a_store_that_comes_back_and_refuses_is_stood_in_for_and_the_log_says_why_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="lixcore.hot_store")
    process = World().process()
    process.add("m1")
    process.lose_hot_store()
    process.add("m2")
    process.way.failure = lambda: StoreRefusedError("redis://nowhere", "wrong password")
    for text in ("m3", "m4"):
        process.clock.advance(5)
        process.add(text)
    assert [("wrong password" in record.getMessage()) for record in caplog.records] == [False, True]
    process.find_hot_store()
    assert process.context() == ["m1", "m2", "m3", "m4"]


def test_a_store_that_comes_back_and_is_busy_is_there() -> None:
    process = World().process()
    process.add("m1")
    process.lose_hot_store()
    process.add("m2")
    process.way.failure = lambda: StoreBusyError("the file", "was locked")
    process.clock.advance(5)
    with pytest.raises(StoreBusyError):
        process.add("m3")
    process.find_hot_store()
    assert process.context() == ["m1", "m2"]
