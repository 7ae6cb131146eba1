"""A message whose add was given up, because Redis stood still, and which Redis stores when it goes on."""

from __future__ import annotations

from typing import Any

import pytest

import lixcore
from fault_ground import Ground
from lixcore.errors import StoreUnavailableError


@pytest.mark.xfail(reason="what Redis stores late gets a position by the time it does so", strict=True)
def test_it_does_not_come_behind_what_its_writer_said_afterwards(ground: Ground) -> None:
    """The archive stands in for the messages after it."""
    settings: dict[str, Any] = {"redis_socket_timeout": 0.2, "redis_socket_connect_timeout": 0.2, "redis_retries": 0}
    with ground.site("redis", 1, redis=(), on_hot_store_failure="archive", **settings) as site, site.stack() as stack:
        memory = stack.session("s")
        memory.add_message_to_context("user", "before")
        site.redis.pause()
        with pytest.raises(StoreUnavailableError) as caught:
            memory.add_message_to_context("user", "first")
        assert caught.value.outcome_unknown
        memory.add_message_to_context("user", "second")
        site.redis.resume()
        with lixcore.open(stack.config) as other:
            told = [message["content"] for message in other.session("s").get_full_history()]
    assert told in (["before", "second"], ["before", "first", "second"])
