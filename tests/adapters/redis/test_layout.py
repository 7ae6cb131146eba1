"""What stands in the database: an operator reads it, a cluster distributes it, the next version of lixcore finds it."""

from __future__ import annotations

import hashlib
import struct
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
import redis
from hypothesis import example, given
from hypothesis import strategies as st
from redis.crc import key_slot

from hot_sessions import make_hot, payloads
from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreRefusedError
from lixcore_redis import RedisHotStore
from lixcore_redis.keys import session_keys, session_of
from redis_process import RedisProcess
from settable_clock import SettableClock

HOSTILE = [
    "*",
    "?",
    "[a]",
    "a:b{c}",
    "{}",
    "}{",
    "../../etc/passwd",
    "é",
    "e\u0301",
    "A",
    "a",
    "\0",
    " ",
    "a/b",
    "%2F",
    "a%2Fb",
    "\r\n",
    "日" * 1365,
]

texts = st.text(alphabet=st.sampled_from("aA:/*é\0 {}%.-"), min_size=1, max_size=6) | st.text(
    alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40
)
sessions = st.builds(SessionKey, id=texts, tenant=texts)


def test_a_hot_session_is_a_stream_and_a_member_of_its_bucket(store: RedisHotStore, client: Any, clock: SettableClock) -> None:
    session = SessionKey("user 1/é", tenant="acme")
    [added] = make_hot(store, session, b"hello")
    raw = b"\0\0\0\4acmeuser 1/" + "é".encode()
    tag = "{" + hashlib.sha256(raw).hexdigest()[:2] + "}"
    log, activity = f"lix:1:{tag}:log:acme/user%201%2F%C3%A9".encode(), f"lix:1:{tag}:activity".encode()

    assert set(client.keys()) == {log, activity, f"lix:1:{tag}:epoch".encode()}
    assert client.zrange(activity, 0, -1, withscores=True) == [(b"acme/user%201%2F%C3%A9", clock.time)]
    [(identifier, fields)] = client.xrange(log)
    milliseconds, sequence = map(int, identifier.split(b"-"))
    assert added.position == milliseconds * 2**20 + sequence
    [(field, value)] = fields.items()
    nonce, deadline = struct.unpack("<8sQ", field)
    assert any(nonce)
    assert milliseconds < deadline <= milliseconds + 5000, "what comes later than the time-out counts as never stored"
    assert value == struct.pack("<d", 1.5) + b"hello"
    assert client.ttl(log) == -1, "an entry that is not archived must not expire"


def test_an_absent_session_leaves_only_the_epoch(store: RedisHotStore, client: Any, session: SessionKey) -> None:
    [added] = make_hot(store, session, b"hello")
    assert store.evict(session, through=added.position)
    [key] = client.keys()
    assert key.endswith(b":epoch")


def test_a_message_to_an_absent_session_leaves_no_trace(store: RedisHotStore, client: Any, session: SessionKey) -> None:
    assert store.append(session, 1.0, b"x") is None
    assert store.read(session) is None
    assert client.keys() == []


@given(sessions)
def test_all_keys_of_a_session_have_one_slot(session: SessionKey) -> None:
    keys = session_keys("lix", session)
    assert key_slot(keys.log) == key_slot(keys.activity) == key_slot(keys.epoch)


@given(sessions, sessions)
@example(SessionKey("b/c", tenant="a"), SessionKey("c", tenant="a/b"))
@example(SessionKey("%2F"), SessionKey("/"))
def test_two_sessions_never_share_a_key(one: SessionKey, other: SessionKey) -> None:
    same = (one.id, one.tenant) == (other.id, other.tenant)
    assert (session_keys("lix", one).log == session_keys("lix", other).log) == same


@given(sessions)
def test_the_member_gives_the_session_back(session: SessionKey) -> None:
    member = session_keys("lix", session).member
    assert session_of(member) == session
    tenant, identifier = member.decode("ascii").split("/")  # exactly one slash
    assert (unquote(tenant), unquote(identifier)) == (session.tenant, session.id)


def test_hostile_ids_do_not_see_each_other(store: RedisHotStore, client: Any) -> None:
    for identifier in HOSTILE:
        make_hot(store, SessionKey(identifier), identifier.encode())
    for identifier in HOSTILE:
        assert payloads(store.read(SessionKey(identifier))) == [identifier.encode()]
    assert sorted(activity.session.id for activity in store.sessions()) == sorted(HOSTILE)
    assert store.forget(SessionKey("*")).entries == 1
    assert len(store.sessions()) == len(HOSTILE) - 1
    assert len([key for key in client.scan_iter() if b":log:" in key]) == len(HOSTILE) - 1


def test_prefixes_separate(open_store: Callable[..., RedisHotStore], session: SessionKey) -> None:
    make_hot(open_store(key_prefix="one"), session, b"1")
    assert open_store(key_prefix="other").read(session) is None


def test_sessions_lists_no_session_without_a_stream(store: RedisHotStore, client: Any, clock: SettableClock) -> None:
    """Something other than lixcore removed a stream: its activity is removed, and takes no place within the limit."""
    kept, lost = SessionKey("kept"), SessionKey("lost")
    make_hot(store, lost)
    clock.advance(1)
    make_hot(store, kept)
    client.delete(session_keys("lix", lost).log)
    assert [activity.session for activity in store.sessions(limit=1)] == [kept]
    assert client.zscore(session_keys("lix", lost).activity, "default/lost") is None


def test_sessions_come_longest_idle_first(store: RedisHotStore, clock: SettableClock) -> None:
    start = clock.time
    for number in range(20):
        make_hot(store, SessionKey(f"s{number}"))
        clock.advance(1)
    store.read(SessionKey("s0"))
    expected = [*range(1, 20), 0]
    assert [activity.session.id for activity in store.sessions()] == [f"s{number}" for number in expected]
    assert [activity.last_active for activity in store.sessions(limit=3)] == [start + 1, start + 2, start + 3]
    assert [activity.session.id for activity in store.sessions(inactive_since=start + 2)] == ["s1", "s2"]


@pytest.mark.parametrize("position", [1, 2**20 - 1, 2**20, 2**62 + 12345, 2**63 - 1])
def test_release_takes_exactly_what_it_is_told(store: RedisHotStore, session: SessionKey, position: int) -> None:
    entries = [Entry(Position(p), 0.0, b"%d" % p) for p in (position - 1, position, position + 1) if 0 < p < 2**63]
    make_hot(store, session, entries=entries, next_after=entries[-1].position)
    left = [entry.payload for entry in entries if entry.position > position]
    assert store.release(session, through=Position(position)) == len(entries) - len(left)
    assert store.release(session, through=Position(position)) == 0
    assert payloads(store.read(session)) == left


def test_every_call_is_legal_on_a_cluster(open_store: Callable[..., RedisHotStore], session: SessionKey) -> None:
    """One node with all slots refuses what a larger cluster would refuse: scripts on keys of several slots."""
    with RedisProcess("--cluster-enabled", "yes") as server, redis.Redis(port=server.port) as client:
        client.execute_command("CLUSTER ADDSLOTS", *range(16384))
        deadline = time.monotonic() + 30
        while client.execute_command("CLUSTER INFO")["cluster_state"] != "ok":
            assert time.monotonic() < deadline, "the node does not see that it has all slots"
        store = open_store(port=server.port, session_db=0)
        [first, second] = make_hot(store, session, b"1", b"2")
        assert payloads(store.read(session)) == [b"1", b"2"]
        assert store.release(session, through=first.position) == 1
        assert len(store.sessions()) == 1
        assert store.describe(session) is not None
        assert store.evict(session, through=second.position)
        make_hot(store, session, b"3")
        assert store.forget(session).entries == 1
        with pytest.raises(StoreRefusedError, match="redis_session_db to 0"):
            open_store(port=server.port).read(session)
