"""Connections that fail at the worst moment: nothing twice, nothing lost, and no success that was none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hot_sessions import added, make_hot, payloads
from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreUnavailableError
from lixcore.services.system_clock import SystemClock
from lixcore_redis import RedisHotStore, RedisOptions
from lixcore_redis.keys import session_keys
from redis_process import RedisProcess
from unreliable_proxy import UnreliableProxy

OLD = [Entry(Position(1), 1.0, b"1")]  # while it is there, nothing newer can have left


@pytest.fixture
def timed(proxy: UnreliableProxy, redis_url: str) -> Iterator[RedisHotStore]:
    """A store behind `proxy` with a clock that goes: it is compared with the server's."""
    assert redis_url.endswith("/2")
    store = RedisHotStore(RedisOptions(host="127.0.0.1", port=proxy.port, session_db=2), SystemClock())
    yield store
    store.close()


@pytest.fixture
def proxy(redis_server: RedisProcess) -> Iterator[UnreliableProxy]:
    with UnreliableProxy(redis_server.port) as proxy:
        yield proxy


@pytest.fixture
def unreliable(open_store: Callable[..., RedisHotStore], proxy: UnreliableProxy) -> RedisHotStore:
    """A store behind `proxy`."""
    return open_store(host="127.0.0.1", port=proxy.port)


def test_an_append_whose_answer_is_lost_is_stored_once(
    unreliable: RedisHotStore, proxy: UnreliableProxy, client: Any, session: SessionKey
) -> None:
    make_hot(unreliable, session, b"1")
    proxy.cut_answer_to(b"XADD")
    second = added(unreliable, session, b"2")
    third = added(unreliable, session, b"3")
    assert (second.held, third.held) == (2, 3)
    entries = unreliable.read(session)
    assert payloads(entries) == [b"1", b"2", b"3"]
    assert entries is not None
    assert [entry.position for entry in entries][1:] == [second.position, third.position]
    assert client.xlen(session_keys("lix", session).log) == 3


def test_the_same_message_said_twice_is_kept_twice(
    unreliable: RedisHotStore, proxy: UnreliableProxy, session: SessionKey
) -> None:
    make_hot(unreliable, session, b"yes")
    proxy.cut_answer_to(b"XADD")
    added(unreliable, session, b"yes")
    assert payloads(unreliable.read(session)) == [b"yes", b"yes"]


def test_a_lost_append_to_an_absent_session_stays_absent(
    unreliable: RedisHotStore, proxy: UnreliableProxy, session: SessionKey
) -> None:
    assert unreliable.read(session) is None
    proxy.cut_answer_to(b"XADD")
    assert unreliable.append(session, 1.0, b"x") is None


def test_when_retries_are_used_up_the_outcome_is_unknown(
    open_store: Callable[..., RedisHotStore], proxy: UnreliableProxy, session: SessionKey
) -> None:
    store = open_store(host="127.0.0.1", port=proxy.port, retries=1)
    make_hot(store, session)
    proxy.cut_answer_to(b"XADD", times=2)
    with pytest.raises(StoreUnavailableError) as caught:
        store.append(session, 1.0, b"x")
    assert caught.value.outcome_unknown
    assert payloads(store.read(session)) == [b"x"], "it may be stored, but once"


def test_a_request_that_arrives_after_its_repetition_is_not_carried_out(
    unreliable: RedisHotStore, proxy: UnreliableProxy, client: Any, session: SessionKey
) -> None:
    """Its connection was ended at the server before the repetition was sent."""
    make_hot(unreliable, session, entries=OLD)
    proxy.withhold(b"XADD")
    added(unreliable, session, b"2")
    assert proxy.deliver_withheld() == b""
    assert client.xlen(session_keys("lix", session).log) == 2


def test_a_request_that_was_given_up_is_not_carried_out_behind_the_next_one(
    open_store: Callable[..., RedisHotStore], proxy: UnreliableProxy, session: SessionKey
) -> None:
    """Its writer was told that it may be stored; if it is, it stands where it was sent."""
    store = open_store(host="127.0.0.1", port=proxy.port, retries=0)
    make_hot(store, session)
    proxy.withhold(b"XADD")
    with pytest.raises(StoreUnavailableError) as caught:
        store.append(session, 1.0, b"first")
    assert caught.value.outcome_unknown
    added(store, session, b"second")
    proxy.deliver_withheld()
    assert payloads(store.read(session)) in ([b"second"], [b"first", b"second"])


def _moved_on(store: RedisHotStore, session: SessionKey, added: Entry) -> None:
    store.release(session, through=added.position)


def _evicted(store: RedisHotStore, session: SessionKey, added: Entry) -> None:
    assert store.evict(session, through=added.position)


def _evicted_and_restored(store: RedisHotStore, session: SessionKey, added: Entry) -> None:
    assert store.evict(session, through=added.position)
    make_hot(store, session, entries=[*OLD, added])


@pytest.mark.parametrize("meanwhile", [_moved_on, _evicted, _evicted_and_restored])
@pytest.mark.parametrize("before", [[], OLD])
def test_an_append_whose_answer_is_lost_and_whose_entry_has_left_is_not_done_again(  # noqa: PLR0917  # fixtures and parameters
    timed: RedisHotStore,
    store: RedisHotStore,
    proxy: UnreliableProxy,
    session: SessionKey,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: Callable[[RedisHotStore, SessionKey, Entry], None],
    before: list[Entry],
) -> None:
    """It is in the archive by then, and would be said twice."""
    make_hot(timed, session, entries=before)
    proxy.cut_answer_to(b"XADD")
    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        meanwhile(store, session, store.oldest(session, limit=9)[-1])

    monkeypatch.setattr("lixcore_redis.transport.link.sleep", pause)
    with pytest.raises(StoreUnavailableError) as caught:
        timed.append(session, 1.0, b"once")
    assert caught.value.outcome_unknown
    assert len(pauses) == 1
    assert [entry.payload for entry in store.oldest(session, limit=9)].count(b"once") <= 1


@pytest.mark.parametrize("before", [[], OLD])
def test_an_append_that_never_arrived_is_done_again(
    timed: RedisHotStore, proxy: UnreliableProxy, session: SessionKey, before: list[Entry]
) -> None:
    make_hot(timed, session, entries=before)
    proxy.withhold(b"XADD")
    assert added(timed, session, b"2").held == len(before) + 1


def test_where_connections_may_not_be_ended_readers_drop_the_late_one(
    open_store: Callable[..., RedisHotStore], proxy: UnreliableProxy, client: Any, session: SessionKey
) -> None:
    client.acl_setuser("restricted", enabled=True, passwords=["+pw"], keys=["*"], categories=["+@all"], commands=["-client"])
    try:
        store = open_store(host="127.0.0.1", port=proxy.port, username="restricted", password="pw")  # noqa: S106
        make_hot(store, session, entries=OLD)
        proxy.withhold(b"XADD")
        second = added(store, session, b"2")
        assert proxy.deliver_withheld() != b""
        third = added(store, session, b"3")
        assert client.xlen(session_keys("lix", session).log) == 4, "otherwise this shows nothing"
        entries = store.read(session)
        assert payloads(entries) == payloads(store.oldest(session, limit=4)) == [b"1", b"2", b"3"]
        assert entries is not None
        assert [entry.position for entry in entries][1:] == [second.position, third.position]
    finally:
        client.acl_deluser("restricted")


def test_forget_reports_what_it_removed_even_if_the_answer_was_lost(
    unreliable: RedisHotStore, proxy: UnreliableProxy, session: SessionKey
) -> None:
    last = make_hot(unreliable, session, b"1", b"2")[-1]
    assert unreliable.forget(SessionKey("another, so that the script is known")).entries == 0
    proxy.cut_answer_to(b"EVALSHA")
    removal = unreliable.forget(session)
    assert (removal.entries, removal.last_position) == (2, last.position)
    assert unreliable.forget(session).entries == 0


@pytest.mark.parametrize(
    ("needle", "call", "expected"),
    [
        (b"XREVRANGE", lambda store, session: payloads(store.read(session)), [b"1", b"2"]),
        (b"XRANGE", lambda store, session: payloads(store.oldest(session, limit=1)), [b"1"]),
        (b"EVALSHA", lambda store, session: store.evict(session, through=Position(2**63 - 1)), True),
        (b"EVALSHA", lambda store, session: store.evict(session, through=Position(1)), False),
        (b"ZRANGEBYSCORE", lambda store, _: len(store.sessions()), 1),
        (b"EVALSHA", lambda store, session: store.describe(session).held, 2),
    ],
)
def test_what_may_be_sent_twice_is(  # noqa: PLR0917  # fixtures and parameters
    unreliable: RedisHotStore,
    proxy: UnreliableProxy,
    session: SessionKey,
    needle: bytes,
    call: Callable[[RedisHotStore, SessionKey], Any],
    expected: object,
) -> None:
    warm = SessionKey("so that the scripts are known")
    make_hot(unreliable, warm)
    unreliable.describe(warm)
    assert unreliable.evict(warm, through=Position(1))
    make_hot(unreliable, session, b"1", b"2")
    proxy.cut_answer_to(needle)
    assert call(unreliable, session) == expected


def test_leases_and_settling_may_be_sent_twice(unreliable: RedisHotStore, store: RedisHotStore, proxy: UnreliableProxy) -> None:
    for warm in ("a", "b"):  # so that the scripts are known
        unreliable.lease(warm, holder="one", seconds=60)
        unreliable.end_lease(warm, holder="one")
    proxy.cut_answer_to(b"EVALSHA")
    assert unreliable.lease("janitor", holder="one", seconds=60)
    assert not store.lease("janitor", holder="two", seconds=60)
    proxy.cut_answer_to(b"EVALSHA")
    assert not unreliable.lease("janitor", holder="two", seconds=60)
    proxy.cut_answer_to(b"EVALSHA")
    unreliable.end_lease("janitor", holder="one")
    assert store.lease("janitor", holder="two", seconds=60)
    lapse = unreliable.lapse
    assert lapse is not None
    proxy.cut_answer_to(b"EVALSHA")
    unreliable.settle(lapse)
    assert unreliable.lapse is None


def test_a_restore_whose_answer_is_lost_happens_once(
    unreliable: RedisHotStore, proxy: UnreliableProxy, session: SessionKey
) -> None:
    make_hot(unreliable, SessionKey("so that the script is known"))
    ticket = unreliable.ticket(session)
    proxy.cut_answer_to(b"EVALSHA")
    unreliable.restore(session, [Entry(Position(5), 2.5, b"x")], next_after=Position(5), ticket=ticket)
    assert unreliable.read(session) == [Entry(Position(5), 2.5, b"x")]


def test_a_server_that_answers_too_late_is_unavailable(open_store: Callable[..., RedisHotStore], session: SessionKey) -> None:
    with RedisProcess() as server:
        store = open_store(port=server.port, socket_timeout=0.1, retries=0)
        make_hot(store, session, b"1")
        server.pause()
        try:
            with pytest.raises(StoreUnavailableError, match="Timeout") as caught:
                store.append(session, 1.0, b"2")
            assert caught.value.outcome_unknown
            with pytest.raises(StoreUnavailableError) as caught:
                store.read(session)
            assert not caught.value.outcome_unknown
        finally:
            server.resume()
        assert payloads(open_store(port=server.port).read(session))[0] == b"1"
