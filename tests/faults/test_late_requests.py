"""A request that got stuck and was given up, and which Redis carries out when it arrives after all."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from fault_ground import Ground
from lixcore.errors import StoreUnavailableError
from lixcore_redis import scripts
from unreliable_proxy import UnreliableProxy

RESTRICTED = ("--user", "restricted", "on", ">pw", "~*", "+@all", "-client")
"""A server with a user who may not end connections."""

USER = {"redis_username": "restricted", "redis_password": "pw"}


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


def test_the_archive_does_not_take_it_as_well_when_its_repetition_is_refused(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody could end its connection, and there was no memory when it was asked for again."""
    with (
        ground.site("redis", 1, redis=RESTRICTED, on_hot_store_failure="archive") as site,
        UnreliableProxy(site.redis.port) as proxy,
        redis.Redis(port=site.redis.port) as client,
    ):
        with site.stack(redis_port=proxy.port, **USER) as stack:
            memory = stack.session("s")
            memory.add_message_to_context("user", "before")
            began = _microseconds(client)
            while _microseconds(client) < began + 5000:
                pass  # what is older than the next add tells that nothing newer has left
            proxy.withhold(b"XADD")
            with monkeypatch.context() as patch:
                patch.setattr("lixcore_redis.transport.link.sleep", lambda _: client.config_set("maxmemory", 1))
                with pytest.raises(StoreUnavailableError) as caught:
                    memory.add_message_to_context("user", "once")
            assert caught.value.outcome_unknown
            client.config_set("maxmemory", 0)
            assert proxy.deliver_withheld() != b"", "Redis carried it out"
            memory.add_message_to_context("user", "after")
        with site.stack() as other:
            assert [message["content"] for message in other.session("s").get_full_history()] == ["before", "once", "after"]


def test_a_forget_takes_nothing_that_was_said_after_it(ground: Ground) -> None:
    """Nobody could end its connection."""
    with (
        ground.site("redis", 1, redis=RESTRICTED, redis_retries=0) as site,
        site.stack() as other,
        UnreliableProxy(site.redis.port) as proxy,
    ):
        with site.stack(redis_port=proxy.port, **USER) as stack:
            other.session("warm").add_message_to_context("user", "so that the script is known")
            other.session("warm").forget()
            memory = stack.session("s")
            memory.add_message_to_context("user", "before")
            proxy.withhold(scripts.FORGET.digest)
            with pytest.raises(StoreUnavailableError) as caught:
                memory.forget()
            assert caught.value.outcome_unknown
            other.session("s").add_message_to_context("user", "after")
            assert proxy.deliver_withheld() != b"", "Redis carried it out"
        assert [message["content"] for message in other.session("s").get_full_history()] == ["after"]
        assert [message["content"] for message in other.session("s").get_context_messages()] == ["after"]


def test_a_restore_hides_nothing_that_the_archive_took_after_it(ground: Ground) -> None:
    """Nobody could end its connection: Redis is away until it arrives."""
    with (
        ground.site("redis", 1, redis=RESTRICTED, on_hot_store_failure="archive", redis_retries=0) as site,
        UnreliableProxy(site.redis.port) as proxy,
    ):
        with site.stack() as other:
            other.session("warm").add_message_to_context("user", "so that the script is known")
            other.session("s").add_message_to_context("user", "first")
            assert other.evict_idle(idle_seconds=0)
        with site.stack(redis_port=proxy.port, **USER) as stack:
            proxy.withhold(scripts.RESTORE.digest)
            stack.session("s").add_message_to_context("user", "second")
            assert proxy.deliver_withheld() != b"", "Redis carried it out"
        with site.stack() as other:
            assert [message["content"] for message in other.session("s").get_context_messages()] == ["first", "second"]
            assert [message["content"] for message in other.session("s").get_full_history()] == ["first", "second"]


def _microseconds(client: Any) -> int:
    """The server's time, since the epoch."""
    seconds, microseconds = client.time()
    return int(seconds) * 10**6 + int(microseconds)
