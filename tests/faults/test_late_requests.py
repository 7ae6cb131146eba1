"""A message whose add was given up, because its request got stuck, and which Redis stores when it arrives after all."""

from __future__ import annotations

import pytest

from fault_ground import Ground
from lixcore.errors import StoreUnavailableError
from unreliable_proxy import UnreliableProxy


def test_it_does_not_come_behind_what_the_archive_took_in_the_meantime(ground: Ground) -> None:
    """Nobody could end its connection: Redis is away until it arrives."""
    with (
        ground.site("redis", 1, on_hot_store_failure="archive", redis_retries=0) as site,
        UnreliableProxy(site.redis.port) as proxy,
    ):
        with site.stack(redis_port=proxy.port) as stack:
            memory = stack.session("s")
            memory.add_message_to_context("user", "before")
            proxy.refuses = True
            proxy.withhold(b"XADD")
            with pytest.raises(StoreUnavailableError) as caught:
                memory.add_message_to_context("user", "first")
            assert caught.value.outcome_unknown
            memory.add_message_to_context("user", "second")
            memory.add_message_to_context("user", "third")
            assert proxy.deliver_withheld() != b"", "Redis carried it out"
        with site.stack() as other:
            told = [message["content"] for message in other.session("s").get_full_history()]
            assert told == ["before", "first", "second", "third"]
            assert [message["content"] for message in other.session("s").get_context_messages()] == told


@pytest.mark.parametrize("on_failure", ["raise", "archive"])
def test_it_does_not_come_behind_what_its_writer_said_afterwards(ground: Ground, on_failure: str) -> None:
    """The archive stands in for the message after it, or Redis is there again and takes it."""
    with (
        ground.site("redis", 1, on_hot_store_failure=on_failure, redis_retries=0) as site,
        UnreliableProxy(site.redis.port) as proxy,
    ):
        with site.stack(redis_port=proxy.port) as stack:
            memory = stack.session("s")
            memory.add_message_to_context("user", "before")
            proxy.withhold(b"XADD")
            with pytest.raises(StoreUnavailableError) as caught:
                memory.add_message_to_context("user", "first")
            assert caught.value.outcome_unknown
            memory.add_message_to_context("user", "second")
            proxy.deliver_withheld()
        with site.stack() as other:
            told = [message["content"] for message in other.session("s").get_full_history()]
    # Where Redis is there again, the connection is ended before the second; where it is not, the second goes above the first.
    assert told in (["before", "second"], ["before", "first", "second"])
