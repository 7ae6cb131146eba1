"""Keys, members and entries that another program wrote: one of them must not take the rest with it."""

from __future__ import annotations

import logging
import math
import struct
import sys
from typing import Any

import pytest

from hot_sessions import added, make_hot, payloads
from lixcore.domain.position import MAX_POSITION, ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, StoreRefusedError
from lixcore.ports.hot_store import Ticket
from lixcore_redis import RedisHotStore
from lixcore_redis.keys import bucket_key, session_keys
from lixcore_redis.sessions.stream_entries import entries_of
from settable_clock import SettableClock

GOOD = [SessionKey(f"good-{number}") for number in range(3)]


def neighbour(session: SessionKey) -> SessionKey:
    """Another session of the same bucket."""
    others = (SessionKey(f"n{number}") for number in range(100_000))
    return next(other for other in others if other.digest[0] == session.digest[0])


def test_a_session_whose_key_has_the_wrong_type_is_left_out_with_one_warning(
    store: RedisHotStore, client: Any, session: SessionKey, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    make_hot(store, session)
    for good in GOOD:
        clock.advance(1)
        make_hot(store, good)
    keys = session_keys("lix", session)
    client.delete(keys.log)
    client.set(keys.log, "mine")
    with caplog.at_level(logging.WARNING, "lixcore.redis"):
        for _ in range(2):
            assert [found.session for found in store.sessions()] == GOOD
            assert [found.session for found in store.sessions(limit=2)] == GOOD[:2]
    [record] = caplog.records
    assert record.name == "lixcore.redis"
    assert keys.log.decode() in record.getMessage()
    assert client.get(keys.log) == b"mine", "it is not ours to remove"


@pytest.mark.parametrize("member", [b"no-slash", b"\xff/x", b"a/%ff", b"a/", b"/a", b"a/%ED%A0%80", b"a/b/c", b"A%2f/x"])
def test_a_foreign_member_of_an_activity_set_is_left_out_with_one_warning(
    store: RedisHotStore, client: Any, caplog: pytest.LogCaptureFixture, member: bytes
) -> None:
    for good in GOOD:
        make_hot(store, good)
    client.zadd(bucket_key("lix", 7, "activity"), {member: 1.0})
    with caplog.at_level(logging.WARNING, "lixcore.redis"):
        assert {found.session for found in store.sessions()} == set(GOOD)
        assert len(store.sessions(limit=2)) == 2
        assert len(store.sessions(limit=3)) == 3
    assert len(caplog.records) == 1


def test_many_foreign_members_take_no_place_within_the_limit(store: RedisHotStore, client: Any) -> None:
    for good in GOOD:
        make_hot(store, good)
    client.zadd(bucket_key("lix", 7, "activity"), {f"foreign{number}": float(number) for number in range(50)})
    assert len(store.sessions(limit=3)) == 3
    assert len(store.sessions(limit=9)) == 3


def test_a_member_in_the_wrong_bucket_is_no_session(store: RedisHotStore, client: Any, session: SessionKey) -> None:
    """Its session would be listed twice, and never leave this set."""
    make_hot(store, session)
    keys = session_keys("lix", session)
    client.zadd(bucket_key("lix", session.digest[0] ^ 1, "activity"), {keys.member: 1.0})
    assert [found.session for found in store.sessions()] == [session]


def test_an_activity_set_of_the_wrong_type_hides_its_own_bucket_only(
    store: RedisHotStore, client: Any, session: SessionKey, caplog: pytest.LogCaptureFixture
) -> None:
    make_hot(store, session)
    foreign = bucket_key("lix", session.digest[0] ^ 1, "activity")
    client.set(foreign, "mine")
    with caplog.at_level(logging.WARNING, "lixcore.redis"):
        assert [found.session for found in store.sessions()] == [session]
    assert foreign.decode() in caplog.text


def test_a_refused_restore_leaves_no_session_that_nobody_lists(store: RedisHotStore, client: Any, session: SessionKey) -> None:
    """A stream without its activity would never be evicted."""
    keys = session_keys("lix", session)
    client.set(keys.activity, "mine")
    with pytest.raises(StoreRefusedError, match="redis_key_prefix"):
        make_hot(store, session)
    assert not client.exists(keys.log)


def test_a_refused_eviction_or_removal_changes_nothing(store: RedisHotStore, client: Any, session: SessionKey) -> None:
    make_hot(store, session, b"1")
    keys = session_keys("lix", session)
    client.delete(keys.activity)
    client.set(keys.activity, "mine")
    with pytest.raises(StoreRefusedError):
        store.forget(session)
    assert payloads(store.oldest(session, limit=9)) == [b"1"]
    with pytest.raises(StoreRefusedError):
        store.evict(session, through=MAX_POSITION)
    assert client.exists(keys.log), "a session is hot until its eviction is noted"


def test_enormous_timestamps_are_not_foreign(store: RedisHotStore, session: SessionKey) -> None:
    """Their sum is no finite number, but each of them is."""
    make_hot(store, session)
    for timestamp in (sys.float_info.max, sys.float_info.max, -sys.float_info.max):
        added(store, session, b"x", timestamp)
    entries = store.read(session)
    assert entries is not None
    assert [entry.timestamp for entry in entries] == [sys.float_info.max, sys.float_info.max, -sys.float_info.max]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"message", b"8 bytes or more"),
        (b"nonce-000", struct.pack("<d", 1.0)),
        (b"", struct.pack("<d", 1.0)),
        (b"nonce-00", struct.pack("<d", math.inf)),
        (b"nonce-00", struct.pack("<d", -math.inf)),
        (b"nonce-00", struct.pack("<d", math.nan)),
    ],
)
def test_a_foreign_entry_is_found_by_its_field_or_its_timestamp(
    store: RedisHotStore, client: Any, session: SessionKey, field: bytes, value: bytes
) -> None:
    make_hot(store, session, b"1")
    client.xadd(session_keys("lix", session).log, {field: value})
    with pytest.raises(ValueError, match=r"field|timestamp"):
        entries_of([[b"1-0", [field, value]]])
    with pytest.raises(CorruptDataError, match="did not write"):
        store.read(session)


def test_a_ticket_is_void_after_a_wipe(store: RedisHotStore, client: Any, session: SessionKey) -> None:
    """What was read from the archive before is out of date when the session was hot, and archived, in between."""
    ticket = store.ticket(session)
    last = make_hot(store, session, b"archived since")[-1]
    assert store.evict(session, through=last.position)
    client.flushdb()
    assert not store.restore(session, [], next_after=ORIGIN, ticket=ticket)
    ticket = store.ticket(session)
    client.flushdb()
    assert not store.restore(session, [], next_after=ORIGIN, ticket=ticket), "also where no session ever left"
    make_hot(store, session)


def test_an_empty_ticket_is_void(store: RedisHotStore, client: Any, session: SessionKey) -> None:
    """It is what a server gives that is wiped between two commands of one request."""
    assert not store.restore(session, [], next_after=ORIGIN, ticket=Ticket(b""))
    store.ticket(session)
    assert not store.restore(session, [], next_after=ORIGIN, ticket=Ticket(b""))
    assert not client.exists(session_keys("lix", session).log)


def test_tickets_are_the_same_until_something_leaves(store: RedisHotStore, session: SessionKey) -> None:
    assert store.ticket(session) == store.ticket(session) != b""
    before = store.ticket(session)
    store.forget(session)
    assert store.ticket(session) != before


def test_forgetting_another_session_of_the_bucket_keeps_the_note_of_what_left(
    store: RedisHotStore, client: Any, session: SessionKey
) -> None:
    """By that note, an add that is sent again knows that its entry may have left."""
    last = make_hot(store, session, b"1")[-1]
    assert store.evict(session, through=last.position)
    note = b"@%d" % (last.position >> 20)
    epoch = session_keys("lix", session).epoch
    assert client.get(epoch).endswith(note)
    other = neighbour(session)
    second = make_hot(store, other, b"2")[-1]
    removal = store.forget(other)
    assert (removal.entries, removal.last_position) == (1, second.position)
    assert client.get(epoch).endswith(note)
    assert store.forget(other).entries == 0
    assert client.get(epoch).endswith(note)
    make_hot(store, session, entries=[])
    assert store.evict(session, through=Position(0))
    assert b"@" in client.get(epoch)
    make_hot(store, other)
    assert added(store, other, b"3").held == 1
