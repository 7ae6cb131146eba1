"""Positions go up, whatever clocks do."""

from __future__ import annotations

from typing import Any

import pytest

from hot_sessions import added, make_hot, payloads
from lixcore.domain.position import MAX_POSITION, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, InvalidInputError, StoreRefusedError
from lixcore_redis import RedisHotStore
from lixcore_redis.keys import session_keys

FUTURE = 2**42  # milliseconds: about the year 2109


def log_of(session: SessionKey) -> bytes:
    return session_keys("lix", session).log


def test_a_clock_that_stepped_back_does_not_lower_positions(store: RedisHotStore, client: Any, session: SessionKey) -> None:
    make_hot(store, session)
    client.xgroup_create(log_of(session), "g")  # only so that the last id can be set as if the clock had been ahead
    client.execute_command("XSETID", log_of(session), f"{FUTURE}-5")
    added(store, session, b"")  # it finds out that the ids are ahead of the clock: what it sent first came after its deadline
    assert [added(store, session, b"").position for _ in range(3)] == [FUTURE * 2**20 + sequence for sequence in (8, 9, 10)]


def test_a_crowded_millisecond_is_left_in_time(store: RedisHotStore, client: Any, session: SessionKey) -> None:
    make_hot(store, session, next_after=Position(FUTURE * 2**20))
    client.execute_command("XSETID", log_of(session), f"{FUTURE}-{2**19 - 2}")
    sequence = [added(store, session, b"%d" % i).position for i in range(4)]
    assert sequence == [
        FUTURE * 2**20 + 2**19 - 1,
        FUTURE * 2**20 + 2**19,
        (FUTURE + 1) * 2**20 + 1,
        (FUTURE + 1) * 2**20 + 2,
    ]
    assert payloads(store.read(session)) == [b"0", b"1", b"2", b"3"]


@pytest.mark.parametrize("last", [f"{FUTURE}-{2**20 - 1}", f"{2**43}-0"])
def test_an_id_without_a_position_is_refused_and_removed(
    store: RedisHotStore, client: Any, session: SessionKey, last: str
) -> None:
    make_hot(store, session, b"before")
    client.execute_command("XSETID", log_of(session), last)
    with pytest.raises(StoreRefusedError, match="beyond every position"):
        store.append(session, 1.0, b"refused")
    assert payloads(store.read(session)) == [b"before"]


@pytest.mark.parametrize("after", [0, 1, 2**20 - 1, FUTURE * 2**20 + 2**20 - 1, FUTURE * 2**20 + 5, MAX_POSITION - 2**20])
def test_appends_after_a_restore_are_above_next_after(store: RedisHotStore, session: SessionKey, after: int) -> None:
    make_hot(store, session, next_after=Position(after))
    positions = [added(store, session, b"").position for _ in range(3)]
    assert positions == sorted(set(positions))
    assert after < positions[0]
    assert positions[-1] <= MAX_POSITION
    described = store.describe(session)
    assert described is not None
    assert (described.held, described.first_position, described.last_position) == (3, positions[0], positions[-1])


def test_positions_go_up_after_everything_was_released(store: RedisHotStore, session: SessionKey) -> None:
    [first] = make_hot(store, session, b"x", next_after=Position(FUTURE * 2**20))
    assert store.release(session, through=first.position) == 1
    assert store.read(session) == []
    assert added(store, session, b"y").position > first.position


def test_entries_out_of_order_are_refused_as_a_whole(store: RedisHotStore, session: SessionKey) -> None:
    entries = [Entry(Position(2), 0.0, b""), Entry(Position(2), 0.0, b"")]
    with pytest.raises(InvalidInputError, match=r"entries\[1\].position"):
        store.restore(session, entries, next_after=Position(2), ticket=store.ticket(session))
    assert store.read(session) is None


def test_a_foreign_entry_is_damage_not_a_message(store: RedisHotStore, client: Any, session: SessionKey) -> None:
    make_hot(store, session, b"x")
    client.xadd(log_of(session), {"who": "me"})
    with pytest.raises(CorruptDataError, match="did not write"):
        store.read(session)
    with pytest.raises(CorruptDataError, match="did not write"):
        store.oldest(session, limit=5)
