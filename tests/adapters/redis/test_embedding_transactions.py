"""Many embeddings that are put at once: all or none of a transaction, and none that stays for ever."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from embeddings import entries, key
from lixcore.errors import StoreRefusedError
from lixcore_redis import RedisEmbeddingStore
from redis_process import RedisProcess
from unreliable_proxy import UnreliableProxy

OpenEmbeddings = Callable[..., RedisEmbeddingStore]
TIMES = "lix:1:{url}:times"


@pytest.fixture
def proxy(redis_server: RedisProcess) -> Iterator[UnreliableProxy]:
    with UnreliableProxy(redis_server.port) as proxy:
        yield proxy


@pytest.fixture
def unreliable(open_embeddings: OpenEmbeddings, proxy: UnreliableProxy) -> RedisEmbeddingStore:
    return open_embeddings(host="127.0.0.1", port=proxy.port, url_db=2)


@pytest.mark.parametrize("count", [1, 2, 300])
def test_every_value_expires_also_where_the_server_does_not_know_the_script(
    embeddings: RedisEmbeddingStore, client: Any, count: int
) -> None:
    for _ in range(2):
        client.script_flush()
        embeddings.put(entries(*range(count)), ttl=90, capacity=1000)
        names = client.keys()
        assert len(names) == count + 1
        assert all(0 < client.pttl(name) <= 90_000 for name in names)


@pytest.mark.parametrize("count", [2, 300])
def test_nothing_is_stored_beside_a_set_of_another_type(embeddings: RedisEmbeddingStore, client: Any, count: int) -> None:
    client.rpush(TIMES, "of another program")
    with pytest.raises(StoreRefusedError, match="redis_key_prefix or database"):
        embeddings.put(entries(*range(count)), ttl=60, capacity=1000)
    assert client.keys() == [TIMES.encode()]


def test_a_request_that_is_cut_off_stores_no_value_without_its_expiry(
    unreliable: RedisEmbeddingStore, proxy: UnreliableProxy, redis_server: RedisProcess, client: Any
) -> None:
    """Wherever the connection ends: what is there then is of whole transactions."""
    unreliable.get([key("a")])  # connected
    proxy.requests.clear()
    unreliable.put(entries(*range(200)), ttl=60, capacity=1000)
    whole = b"".join(proxy.requests)
    for cut in (len(whole) // 3, whole.index(b"EVAL"), whole.index(b"EXEC"), len(whole) - 1):
        client.flushdb()
        with socket.create_connection((redis_server.host, redis_server.port)) as raw:
            raw.sendall(b"SELECT 2\r\n" + whole[:cut])
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(65_536):
                pass
        names = client.keys("*}:*")
        assert len(names) in (0, 129)
        assert all(client.pttl(name) > 0 for name in names)


def test_a_transaction_that_arrives_late_does_not_undo_what_came_after(
    unreliable: RedisEmbeddingStore, embeddings: RedisEmbeddingStore, proxy: UnreliableProxy
) -> None:
    embeddings.put(entries("a", "b"), ttl=60, capacity=10)
    proxy.withhold(b"MSET")
    unreliable.put(entries("a", "b", value=b"new"), ttl=60, capacity=10)
    embeddings.forget([key("a"), key("b")])
    assert proxy.deliver_withheld() == b""
    assert list(embeddings.get([key("a"), key("b")])) == [None, None]


def test_values_of_any_lengths_go_and_come_together(open_embeddings: OpenEmbeddings) -> None:
    """Under a prefix with the sign that stands between digits while a request is made."""
    store = open_embeddings(key_prefix="of-a-team")
    values = [b"", b"-", b"\r\n", b"x" * 1000, b"x" * 1000, b"$5\r\n", b"y" * 200_000]
    many = [(key(number), value) for number, value in enumerate(values)]
    store.put(many, ttl=60, capacity=100)
    assert list(store.get([one for one, _ in many])) == values
    assert list(store.get([many[3][0], key("none"), many[0][0], many[3][0]])) == [values[3], None, b"", values[3]]
