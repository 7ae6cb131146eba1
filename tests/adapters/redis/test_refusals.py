"""What a server says no to, and what the error tells."""

from __future__ import annotations

import re
import socket
import traceback
from collections.abc import Callable
from typing import Any

import pytest
import redis
from redis._parsers.base import BaseParser  # what redis-py makes of an error line

from hot_sessions import added, make_hot, payloads
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreFullError, StoreRefusedError, StoreUnavailableError
from lixcore_redis import RedisHotStore
from lixcore_redis.keys import session_keys
from lixcore_redis.transport.failures import is_transient, store_error
from lixcore_redis.transport.server_info import server_info
from redis_process import RedisProcess, free_port

OpenStore = Callable[..., RedisHotStore]


@pytest.mark.parametrize(
    "options",
    [
        {"password": "wrong-s3cret"},
        {"username": "nobody", "password": "wrong-s3cret"},
        {"url": "redis://:wrong-s3cret@127.0.0.1:{port}/2"},
        {"url": "redis://nobody:wrong%2Ds3cret@127.0.0.1:{port}/2"},
        {},
    ],
)
def test_a_wrong_password_is_refused_and_never_shown(open_store: OpenStore, session: SessionKey, options: dict[str, str]) -> None:
    with RedisProcess("--requirepass", "right-s3cret") as server:
        options = {name: value.format(port=server.port) for name, value in options.items()}
        store = open_store(**{"port": server.port, **options})
        with pytest.raises(StoreRefusedError, match="check redis_username and redis_password") as caught:
            store.append(session, 1.0, b"x")
        shown = "".join(traceback.format_exception(caught.value)) + repr(store) + repr(vars(store))
        assert "s3cret" not in shown
        assert str(server.port) in str(caught.value)
        right = open_store(url=f"redis://:right-s3cret@127.0.0.1:{server.port}/2")
        assert right.append(session, 1.0, b"x") is None


def test_missing_rights_are_named(open_store: OpenStore, client: Any, session: SessionKey) -> None:
    client.acl_setuser("reader", enabled=True, passwords=["+pw"], keys=["*"], categories=["+@read", "+@connection"])
    try:
        store = open_store(url=None, port=client.connection_pool.connection_kwargs["port"], username="reader", password="pw")  # noqa: S106
        with pytest.raises(StoreRefusedError, match="ACL SETUSER"):
            store.append(session, 1.0, b"x")
    finally:
        client.acl_deluser("reader")


def test_a_full_server_still_reads_and_frees(open_store: OpenStore, session: SessionKey) -> None:
    with RedisProcess() as server, redis.Redis(port=server.port) as client:
        store = open_store(port=server.port)
        positions = [answer.position for answer in make_hot(store, session, b"1", b"2")]
        ticket = store.ticket(SessionKey("other"))
        client.config_set("maxmemory", "1")
        with pytest.raises(StoreFullError, match="maxmemory"):
            store.append(session, 1.0, b"3")
        with pytest.raises(StoreFullError):
            store.restore(SessionKey("other"), [], next_after=Position(0), ticket=ticket)
        assert payloads(store.read(session)) == [b"1", b"2"]
        assert store.release(session, through=positions[0]) == 1
        assert store.evict(session, through=positions[1])
        assert store.forget(session).entries == 0
        assert store.evict(SessionKey("never there"), through=Position(1)), "what frees memory must not need any"
        assert store.sessions() == []
        for _ in range(2):
            assert store.lease("janitor", holder="who frees memory", seconds=60)
        assert not store.lease("janitor", holder="another", seconds=60)
        store.end_lease("janitor", holder="who frees memory")
        lapse = store.lapse
        assert lapse is not None
        store.settle(lapse)
        assert store.lapse is None
        assert store.ticket(SessionKey("other")) == ticket
        with pytest.raises(StoreFullError):
            store.ticket(next(one for n in range(999) if (one := SessionKey(f"n{n}")).digest[0] == 7))
        client.config_set("maxmemory", "0")
        make_hot(store, session, b"4")
        assert payloads(store.read(session)) == [b"4"]


def test_a_replica_is_refused(open_store: OpenStore, session: SessionKey) -> None:
    with RedisProcess("--replicaof", "127.0.0.1", str(free_port()), "--replica-serve-stale-data", "yes") as server:
        store = open_store(port=server.port)
        for call in (lambda: store.append(session, 1.0, b"x"), lambda: store.read(session), lambda: store.forget(session)):
            with pytest.raises(StoreRefusedError, match="primary"):
                call()


def test_a_replica_without_its_primary_is_unavailable(open_store: OpenStore, session: SessionKey) -> None:
    with RedisProcess("--replicaof", "127.0.0.1", str(free_port()), "--replica-serve-stale-data", "no") as server:
        with pytest.raises(StoreUnavailableError) as caught:
            open_store(port=server.port, retries=1).oldest(session, limit=1)
        assert not caught.value.outcome_unknown


def test_nobody_listening_is_unavailable_with_address_and_cause(open_store: OpenStore, session: SessionKey) -> None:
    port = free_port()
    with pytest.raises(StoreUnavailableError, match=re.escape(f"redis://127.0.0.1:{port}/2: ")) as caught:
        open_store(host="127.0.0.1", port=port).append(session, 1.0, b"x")
    assert "refused" in str(caught.value)
    assert not caught.value.outcome_unknown


def test_a_host_that_does_not_exist_is_unavailable(open_store: OpenStore, session: SessionKey) -> None:
    for host in ("no-such-host.invalid", "a..b"):
        with pytest.raises(StoreUnavailableError, match=re.escape(host)):
            open_store(host=host, port=6379).read(session)


def test_an_address_that_never_accepts_is_tried_once(open_store: OpenStore, session: SessionKey) -> None:
    """The backlog is full, so the connection is never made: the connect time-out counts, not a multiple of it."""
    import time

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = []
        for _ in range(4):
            caller = socket.socket()
            caller.setblocking(False)
            caller.connect_ex(address)
            waiting.append(caller)
        store = open_store(host=address[0], port=address[1], socket_connect_timeout=0.2)
        attempts: list[float] = []
        store._link._clock = _RealClock(attempts, time.monotonic)  # type: ignore[assignment]
        with pytest.raises(StoreUnavailableError, match=r"[Tt]ime"):
            store.read(session)
        assert len(attempts) == 2, "asked at the start and after the only attempt"
        for caller in waiting:
            caller.close()


class _RealClock:
    def __init__(self, asked: list[float], source: Callable[[], float]) -> None:
        self._asked, self._source = asked, source

    def monotonic(self) -> float:
        self._asked.append(self._source())
        return self._asked[-1]


def test_another_program_on_the_keys_is_refused(store: RedisHotStore, client: Any, session: SessionKey) -> None:
    client.set(session_keys("lix", session).log, "mine")
    for call in (lambda: store.append(session, 1.0, b"x"), lambda: store.read(session), lambda: store.describe(session)):
        with pytest.raises(StoreRefusedError, match="redis_key_prefix"):
            call()


def test_an_error_in_the_middle_leaves_the_connection_in_step(open_store: OpenStore, client: Any, session: SessionKey) -> None:
    store = open_store(pool_size=1)
    other = SessionKey("other")
    make_hot(store, other, b"1")
    client.set(session_keys("lix", session).log, "mine")
    for expected in range(2, 6):
        with pytest.raises(StoreRefusedError):
            store.append(session, 1.0, b"x")
        assert added(store, other, b"y").held == expected


def test_a_database_that_the_server_lacks(open_store: OpenStore, redis_server: RedisProcess, session: SessionKey) -> None:
    with pytest.raises(StoreRefusedError, match="redis_session_db"):
        open_store(port=redis_server.port, session_db=99).read(session)


@pytest.mark.parametrize(
    ("line", "kind", "says"),
    [
        ("ERR Invalid stream ID specified as stream command argument", StoreRefusedError, "6.2"),
        ("ERR unknown command `XADD`, with args beginning with:", StoreRefusedError, "6.2"),
        ("LOADING Redis is loading the dataset in memory", StoreUnavailableError, "loading"),
        ("TRYAGAIN Multiple keys request during rehashing of slot", StoreUnavailableError, "rehashing"),
        ("CLUSTERDOWN The cluster is down", StoreUnavailableError, "cluster is down"),
        ("MASTERDOWN Link with MASTER is down", StoreUnavailableError, "MASTER"),
        ("MOVED 3999 127.0.0.1:6381", StoreRefusedError, "Redis Cluster"),
        ("NOAUTH Authentication required.", StoreRefusedError, "redis_password"),
        ("ERR max number of clients reached", StoreUnavailableError, "clients"),
        ("NOREPLICAS Not enough good replicas to write.", StoreUnavailableError, "replicas"),
        ("BUSY Redis is busy running a script.", StoreUnavailableError, "busy"),
        ("MISCONF Redis is configured to save RDB snapshots", StoreRefusedError, "disk"),
        ("ERR something new", StoreRefusedError, "something new"),
    ],
)
def test_error_answers_become_errors_of_lixcore(line: str, kind: type[Exception], says: str) -> None:
    error = store_error("redis://h:1/2", BaseParser.parse_error(line))  # type: ignore[no-untyped-call]
    assert type(error) is kind
    assert says in str(error)
    assert str(error).startswith("redis://h:1/2: ")


def test_a_certificate_that_is_not_trusted_is_not_tried_again() -> None:
    theirs = redis.exceptions.ConnectionError("Error 1 connecting to h:1. [SSL: CERTIFICATE_VERIFY_FAILED] self-signed")
    error = store_error("rediss://h:1/2", theirs)
    assert type(error) is StoreRefusedError
    assert "ssl_ca_certs" in str(error)
    assert not is_transient(theirs)


def test_ping_says_what_the_server_is(store: RedisHotStore, client: Any) -> None:
    info = store.ping()
    assert info.version == client.info("server")["redis_version"]
    assert (info.product, info.persistent, info.eviction_policy) == ("redis", False, "noeviction")


@pytest.mark.parametrize("version", ["6.0.16", "5.0.14", "2.8.0", ""])
def test_old_servers_are_refused_by_ping(version: str) -> None:
    with pytest.raises(StoreRefusedError, match=r"6\.2"):
        server_info("there", f"# Server\r\nredis_version:{version}\r\n".encode())


def test_valkey_is_called_by_its_name() -> None:
    answer = b"# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.0\r\naof_enabled:1\r\n"
    info = server_info("there", answer)
    assert (info.product, info.version, info.persistent) == ("valkey", "8.1.0", True)
