"""Connections: bounded, private to a process, made anew after a restart, gone after close."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hot_sessions import added, make_hot, payloads
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError, StoreUnavailableError
from lixcore.ports.hot_store import Ticket
from lixcore_redis import RedisHotStore
from redis_process import RedisProcess

OpenStore = Callable[..., RedisHotStore]


def test_threads_share_a_bounded_number_of_connections(open_store: OpenStore, client: Any, session: SessionKey) -> None:
    store = open_store(pool_size=3)
    make_hot(store, session)
    before = len(client.client_list())
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda number: added(store, session, b"%d" % number), range(400)))
    assert len(client.client_list()) - before <= 2, "one was there before"
    assert sorted(answer.held for answer in answers) == list(range(1, 401))
    by_position = sorted(range(400), key=lambda number: answers[number].position)
    assert payloads(store.read(session)) == [b"%d" % number for number in by_position]


def test_who_finds_no_connection_in_time_is_told(open_store: OpenStore, session: SessionKey) -> None:
    with RedisProcess() as server:
        store = open_store(port=server.port, pool_size=1, socket_connect_timeout=0.1, retries=0)
        make_hot(store, session)
        pool = store._link._pool
        taken = pool.take()
        with pytest.raises(StoreUnavailableError, match="redis_pool_size"):
            store.append(session, 1.0, b"x")
        pool.give(taken)
        assert added(store, session, b"x").held == 1


def test_who_waits_gets_the_connection_that_comes_back(open_store: OpenStore, session: SessionKey) -> None:
    store = open_store(pool_size=1, socket_connect_timeout=60)
    make_hot(store, session)
    pool = store._link._pool
    taken = pool.take()
    with ThreadPoolExecutor(1) as threads:
        for give_back in (pool.give, pool.drop):
            waiting = threads.submit(added, store, session, b"x")
            give_back(taken)
            waiting.result(timeout=30)
            taken = pool.take()
    pool.give(taken)
    assert payloads(store.read(session)) == [b"x", b"x"]


def test_those_who_wait_are_served_in_turn(open_store: OpenStore) -> None:
    """A thread that comes back at once does not overtake: without turns, some threads got no connection for seconds."""
    pool = open_store(pool_size=1, socket_connect_timeout=60)._link._pool
    connection = pool.take()
    lines = next(iter(pool._lines.values()))
    served = []

    def take_and_give(number: int) -> None:
        mine = pool.take()
        served.append(number)
        pool.give(mine)

    with ThreadPoolExecutor(4) as threads:
        waiting = []
        for number in range(4):
            waiting.append(threads.submit(take_and_give, number))
            while len(lines.waiting) <= number:  # until it stands in the queue
                assert not waiting[-1].done()
        pool.give(connection)
        connection = pool.take()
        for thread in waiting:
            thread.result(timeout=30)
    assert served == [0, 1, 2, 3]
    pool.give(connection)


def test_an_interrupted_waiter_leaves_the_queue(open_store: OpenStore, session: SessionKey) -> None:
    store = open_store(pool_size=1, socket_connect_timeout=60)
    make_hot(store, session)
    pool = store._link._pool
    taken = pool.take()
    lines = next(iter(pool._lines.values()))

    class Interrupted(BaseException):
        pass

    def interrupt(*_: object) -> None:
        raise Interrupted

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(Interrupted):
            pool.take()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert not lines.waiting
    pool.give(taken)
    assert added(store, session, b"x").held == 1


def test_unix_sockets(open_store: OpenStore, redis_server: RedisProcess, session: SessionKey) -> None:
    store = open_store(url=f"unix://{redis_server.socket_path}?db=2")
    make_hot(store, session, b"x")
    assert payloads(open_store().read(session)) == [b"x"]


def test_a_restarted_server_is_found_again_without_its_data(open_store: OpenStore, session: SessionKey) -> None:
    with RedisProcess() as server:
        store = open_store(port=server.port)
        make_hot(store, session, b"x")
        pool = store._link._pool
        lines = [pool.take() for _ in range(8)]  # more dead connections than retries
        for line in lines:
            pool.give(line)
        server.restart()
        assert store.append(session, 1.0, b"y") is None
        make_hot(store, session, b"z")
        assert payloads(store.read(session)) == [b"z"]


def test_a_restarted_server_with_its_data(open_store: OpenStore, session: SessionKey) -> None:
    with RedisProcess("--appendonly", "yes", "--appendfsync", "always") as server:
        store = open_store(port=server.port)
        make_hot(store, session, b"x")
        ticket = store.ticket(SessionKey("other"))
        server.restart()
        assert added(store, session, b"y").held == 2
        assert store.restore(SessionKey("other"), [], next_after=Position(0), ticket=ticket)
        assert payloads(store.read(session)) == [b"x", b"y"]


def test_flushed_scripts_are_sent_again(store: RedisHotStore, client: Any, session: SessionKey) -> None:
    make_hot(store, session, b"x")
    client.script_flush()
    described = store.describe(session)
    assert described is not None
    assert described.held == 1
    client.script_flush()
    assert store.forget(session).entries == 1
    client.script_flush()
    make_hot(store, session)
    client.script_flush()
    assert store.evict(session, through=Position(1))


def test_after_close_everything_says_so(open_store: OpenStore, client: Any, session: SessionKey) -> None:
    store = open_store()
    make_hot(store, session)
    before = len(client.client_list())
    store.close()
    store.close()
    for call in (
        lambda: store.append(session, 1.0, b""),
        lambda: store.read(session),
        lambda: store.oldest(session, limit=1),
        lambda: store.ticket(session),
        lambda: store.restore(session, [], next_after=Position(0), ticket=Ticket(b"")),
        lambda: store.release(session, through=Position(1)),
        lambda: store.evict(session, through=Position(1)),
        lambda: store.forget(session),
        lambda: store.describe(session),
        store.sessions,
        store.ping,
    ):
        with pytest.raises(ClosedError):
            call()
    deadline = time.monotonic() + 5  # the server notices in its own time
    while len(client.client_list()) >= before and time.monotonic() < deadline:
        pass
    assert len(client.client_list()) == before - 1


def test_a_connection_in_use_is_closed_when_it_comes_back(store: RedisHotStore) -> None:
    pool = store._link._pool
    taken = pool.take()
    store.close()
    taken.send([b"*1\r\n$4\r\nPING\r\n"])
    assert taken.read() == b"PONG"
    pool.give(taken)
    assert taken._theirs._sock is None


def test_opening_needs_no_server_and_an_unused_store_no_thread(open_store: OpenStore) -> None:
    threads = threading.active_count()
    open_store(host="no-such-host.invalid", port=1).close()
    assert threading.active_count() == threads


FORKING = """
import os, sys
from lixcore.domain.session import SessionKey
from lixcore.services.system_clock import SystemClock
from lixcore_redis import RedisHotStore, RedisOptions

store = RedisHotStore(RedisOptions(url=sys.argv[1]), SystemClock())
session = SessionKey("forked")
assert store.restore(session, [], next_after=0, ticket=store.ticket(session))
store.append(session, 0.0, b"before")
child = os.fork()
name = b"parent" if child else b"child"
for number in range(200):
    assert store.append(session, float(number), name + b"%d" % number).held > number
    assert store.read(session, last=1) is not None
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0, "the child failed"
"""


def test_a_forked_child_uses_connections_of_its_own(store: RedisHotStore, client: Any, redis_url: str) -> None:
    subprocess.run([sys.executable, "-c", FORKING, redis_url], check=True, timeout=60)  # noqa: S603  # our own text
    said = payloads(store.read(SessionKey("forked")))
    assert said[0] == b"before"
    for name in (b"parent", b"child"):
        assert [word for word in said if word.startswith(name)] == [name + b"%d" % number for number in range(200)]
    [log] = [key for key in client.scan_iter() if b":log:" in key]
    nonces = {nonce for _, fields in client.xrange(log) for nonce in fields}
    assert len(nonces) == 401


def test_a_connection_that_an_interrupt_took_from_its_user_makes_room(open_store: OpenStore, session: SessionKey) -> None:
    """Between the pool and whoever was to get it, it is nobody's: with a pool of one, nothing ever worked again."""
    store = open_store(pool_size=1, socket_connect_timeout=0.5)
    make_hot(store, session)
    for _ in range(3):
        store._link._pool.take()  # as if interrupted on the way out
        added(store, session, b"x")
    assert payloads(store.read(session)) == [b"x", b"x", b"x"]
