"""What a call is told that was not sent, because the hot store is known to be away."""

from __future__ import annotations

import pytest

from failing_store import unanswered
from lixcore.errors import StoreUnavailableError
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
