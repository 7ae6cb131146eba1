"""A server that may have come back with less than it had acknowledged is noticed on the next connection, by every process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis

from hot_sessions import make_hot
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreRefusedError
from lixcore.ports.hot_store_powers import MayLapse
from lixcore_redis import RedisHotStore
from redis_process import RedisProcess
from unreliable_proxy import UnreliableProxy

OpenStore = Callable[..., RedisHotStore]


@pytest.fixture
def server() -> Iterator[RedisProcess]:
    with RedisProcess("--appendonly", "yes", "--appendfsync", "always") as server:
        yield server


def met(store: RedisHotStore) -> str | None:
    """What the store says once it has talked to the server."""
    store.oldest(SessionKey("any"), limit=1)
    return store.lapse


def settle(store: RedisHotStore) -> None:
    lapse = met(store)
    assert lapse is not None
    store.settle(lapse)
    assert store.lapse is None


def test_a_server_nobody_settled_is_a_lapse_until_it_is_settled(open_store: OpenStore, server: RedisProcess) -> None:
    store = open_store(port=server.port)
    assert isinstance(store, MayLapse)
    assert store.lapse is None, "nothing was met yet"
    settle(store)
    assert met(store) is None
    assert met(open_store(port=server.port)) is None, "another process finds it settled"
    assert met(open_store(port=server.port, key_prefix="other")) is not None, "other sessions, another comparison"


def test_a_restart_is_a_lapse_for_every_process_until_one_settles_it(open_store: OpenStore, server: RedisProcess) -> None:
    first, second = open_store(port=server.port), open_store(port=server.port)
    settle(first)
    assert met(second) is None
    server.restart()
    assert met(first) == met(second) is not None
    settle(first)
    assert second.lapse is not None, "it has not got to know"
    second._link._pool.forget_free()
    assert met(second) is None


def test_an_older_snapshot_brings_an_older_note(open_store: OpenStore) -> None:
    with RedisProcess() as server, redis.Redis(port=server.port, db=2) as client:
        store = open_store(port=server.port)
        settle(store)
        client.save()
        before = met(store)
        server.restart()
        assert client.keys() == [b"lix:1:run"]
        assert before is None
        assert met(store) is not None


def test_a_wiped_server_is_a_lapse_for_new_connections(open_store: OpenStore, redis_url: str, client: Any) -> None:
    assert redis_url
    store = open_store()
    settle(store)
    client.flushall()
    assert met(open_store()) is not None


def test_settling_what_has_been_restarted_again_notes_nothing(open_store: OpenStore, server: RedisProcess) -> None:
    store = open_store(port=server.port)
    first = met(store)
    assert first is not None
    server.restart()
    store.settle(first)
    second = store.lapse
    assert second not in (None, first)
    assert met(open_store(port=server.port)) == second
    settle(open_store(port=server.port))
    store.settle(first)
    assert store.lapse is None, "it got to know that the present one is settled"


def test_a_replica_that_took_over_is_a_lapse(open_store: OpenStore, server: RedisProcess) -> None:
    settle(open_store(port=server.port))
    with RedisProcess("--replicaof", server.host, str(server.port)) as replica, redis.Redis(port=replica.port, db=2) as client:
        deadline = time.monotonic() + 30
        while not client.exists("lix:1:run"):
            assert time.monotonic() < deadline, "the replica did not get the data"
        client.replicaof("NO", "ONE")
        assert met(open_store(port=replica.port)) is not None


def test_a_primary_that_was_a_replica_in_between_is_a_lapse_though_it_never_restarted(
    open_store: OpenStore, server: RedisProcess, session: SessionKey
) -> None:
    """It took over the other's data. The address may lead elsewhere by then, so its connections are given up."""
    store = open_store(port=server.port)
    make_hot(store, session)
    settle(store)
    with RedisProcess() as other, redis.Redis(port=server.port) as client:
        client.replicaof(other.host, other.port)
        with pytest.raises(StoreRefusedError, match="replica"):
            store.append(session, 1.0, b"x")
        client.replicaof("NO", "ONE")
        assert met(store) is not None


def test_a_user_who_may_not_ask_sees_no_lapse(open_store: OpenStore, server: RedisProcess, session: SessionKey) -> None:
    with redis.Redis(port=server.port) as client:
        client.acl_setuser("few", enabled=True, passwords=["+pw"], keys=["*"], categories=["+@all"], commands=["-info"])
    store = open_store(port=server.port, username="few", password="pw")  # noqa: S106
    make_hot(store, session, b"1")
    assert met(store) is None


def test_threads_with_connections_of_their_own_agree(open_store: OpenStore, server: RedisProcess) -> None:
    store = open_store(port=server.port, pool_size=16)
    for _ in range(3):
        with ThreadPoolExecutor(16) as threads:
            seen = set(threads.map(lambda _: met(store), range(64)))
        assert len(seen) == 1
        assert seen != {None}
        settle(store)
        server.restart()


def test_a_new_connection_asks_in_the_request_that_asks_for_its_number(
    open_store: OpenStore, redis_server: RedisProcess, redis_url: str
) -> None:
    assert redis_url
    with UnreliableProxy(redis_server.port) as proxy:
        store = open_store(host="127.0.0.1", port=proxy.port)
        met(store)
        asking = [request for request in proxy.requests if b"lix:1:run" in request]
        assert len(asking) == 1
        assert asking[0].startswith(b"*2\r\n$6\r\nCLIENT\r\n$2\r\nID")
        before = len(proxy.requests)
        met(store)
        assert len(proxy.requests) == before + 1
