"""An add that reaches the server after its writer gave it up, and above the position that it was told, is nobody's message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hot_sessions import added, make_hot, payloads
from lixcore.domain.position import MAX_POSITION, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreUnavailableError
from lixcore_redis import RedisHotStore
from lixcore_redis.keys import session_keys
from redis_process import RedisProcess
from settable_clock import SettableClock
from unreliable_proxy import UnreliableProxy

OpenStore = Callable[..., RedisHotStore]
OLD = [Entry(Position(1), 1.0, b"old"), Entry(Position(2), 2.0, b"older")]
HOUR = 3600.0


@pytest.fixture
def proxy(redis_server: RedisProcess) -> Iterator[UnreliableProxy]:
    with UnreliableProxy(redis_server.port) as proxy:
        yield proxy


@pytest.fixture
def unreliable(open_store: OpenStore, proxy: UnreliableProxy) -> RedisHotStore:
    """A store behind `proxy` that tries once."""
    return open_store(host="127.0.0.1", port=proxy.port, retries=0)


def log_of(session: SessionKey) -> bytes:
    return session_keys("lix", session).log


def given_up(store: RedisHotStore, proxy: UnreliableProxy, session: SessionKey) -> Position:
    """Add a message whose request is held back; the highest position that it may get."""
    store.describe(session)  # it has met the server, and knows its clock
    proxy.withhold(b"XADD")
    with pytest.raises(StoreUnavailableError) as caught:
        store.append(session, 1.0, b"given up")
    assert caught.value.outcome_unknown
    assert caught.value.at_most is not None
    return Position(caught.value.at_most)


def test_it_is_stored_up_to_the_position_that_its_writer_was_told(
    unreliable: RedisHotStore, store: RedisHotStore, proxy: UnreliableProxy, session: SessionKey
) -> None:
    make_hot(store, session, entries=OLD)
    at_most = given_up(unreliable, proxy, session)
    assert proxy.deliver_withheld() != b""
    entries = store.read(session)
    assert payloads(entries) == [b"old", b"older", b"given up"]
    assert entries is not None
    assert entries[-1].position <= at_most


def test_it_is_not_stored_above_it(
    unreliable: RedisHotStore, store: RedisHotStore, proxy: UnreliableProxy, client: Any, session: SessionKey
) -> None:
    """Others have made the session hot again meanwhile, above what its writer archived next."""
    make_hot(store, session)
    at_most = given_up(unreliable, proxy, session)
    assert store.evict(session, through=MAX_POSITION)
    make_hot(store, session, entries=OLD, next_after=Position(at_most + 1))
    assert proxy.deliver_withheld() != b""
    assert client.xlen(log_of(session)) == 3, "otherwise this shows nothing"
    assert payloads(store.read(session, last=2)) == [b"old", b"older"], "nor does it take the place of another one"
    assert client.xlen(log_of(session)) == 2


@pytest.mark.parametrize("look", ["read", "oldest"])
def test_whoever_meets_a_late_entry_removes_it(
    unreliable: RedisHotStore, store: RedisHotStore, proxy: UnreliableProxy, session: SessionKey, look: str
) -> None:
    """Nothing else would: it is never archived, and so never released; the session could not be evicted."""
    make_hot(store, session)
    at_most = given_up(unreliable, proxy, session)
    assert store.evict(session, through=MAX_POSITION)
    make_hot(store, session, next_after=Position(at_most + 1))
    proxy.deliver_withheld()
    found = store.read(session) if look == "read" else store.oldest(session, limit=1)
    assert found == []
    held = store.describe(session)
    assert held is not None
    assert held.held == 0
    assert store.evict(session, through=Position(0))


def test_a_writer_that_finds_its_own_entry_late_adds_it_again(
    open_store: OpenStore, proxy: UnreliableProxy, clock: SettableClock, client: Any, session: SessionKey
) -> None:
    """Its machine slept, and its monotonic clock with it. It asks once, and knows the time again."""
    store = open_store(host="127.0.0.1", port=proxy.port)
    another = SessionKey("another")
    make_hot(store, another)
    make_hot(store, session, entries=OLD)
    clock.elapsed -= HOUR
    appended = added(store, session, b"new")
    assert appended.held == 3
    entries = store.read(session)
    assert payloads(entries) == [b"old", b"older", b"new"]
    assert entries is not None
    assert entries[-1].position == appended.position
    assert client.xlen(log_of(session)) == 3
    proxy.requests.clear()
    added(store, session, b"next")
    added(store, another, b"first")
    assert len(proxy.requests) == 2


def test_ids_ahead_of_the_clock_cost_one_more_try_and_are_remembered(
    open_store: OpenStore, store: RedisHotStore, proxy: UnreliableProxy, session: SessionKey
) -> None:
    """As after the archive stood in by a clock that was a day early."""
    other = open_store(host="127.0.0.1", port=proxy.port)
    ahead = Position(2**42 << 20)
    make_hot(store, session, next_after=ahead)
    assert added(store, session, b"who restored it knows").position > ahead
    assert added(other, session, b"1").position > ahead
    proxy.requests.clear()
    added(other, session, b"2")
    assert len(proxy.requests) == 1
    assert payloads(store.read(session)) == [b"who restored it knows", b"1", b"2"]


def test_a_repeated_add_does_not_take_its_own_late_entry_for_itself(
    open_store: OpenStore, proxy: UnreliableProxy, clock: SettableClock, session: SessionKey
) -> None:
    store = open_store(host="127.0.0.1", port=proxy.port)
    make_hot(store, session, entries=OLD)
    clock.elapsed -= HOUR
    proxy.cut_answer_to(b"XADD")
    added(store, session, b"new")
    assert payloads(store.read(session)) == [b"old", b"older", b"new"]


def test_a_user_who_may_not_ask_for_the_time_learns_it_from_the_ids(
    open_store: OpenStore, clock: SettableClock, redis_server: RedisProcess, client: Any, session: SessionKey
) -> None:
    """This process's clock is years behind."""
    commands = ["-info", "-time", "-client"]
    client.acl_setuser("restricted", enabled=True, passwords=["+pw"], keys=["*"], categories=["+@all"], commands=commands)
    try:
        store = open_store(host="127.0.0.1", port=redis_server.port, username="restricted", password="pw")  # noqa: S106
        make_hot(store, session, entries=OLD)
        assert clock.now() < 1_750_000_000
        positions = [added(store, session, b"%d" % number).position for number in range(3)]
        entries = store.read(session)
        assert payloads(entries) == [b"old", b"older", b"0", b"1", b"2"]
        assert entries is not None
        assert [entry.position for entry in entries][2:] == positions
    finally:
        client.acl_deluser("restricted")
