"""What an operation costs on the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hot_sessions import make_hot, payloads
from lixcore.domain.position import MAX_POSITION, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore_redis import RedisHotStore
from lixcore_redis.sessions.stream_entries import entries_of
from lixcore_redis.transport.wire import command, id_after, position_of, stream_id
from redis_process import RedisProcess
from unreliable_proxy import UnreliableProxy

positions = st.integers(min_value=0, max_value=MAX_POSITION).map(Position)


@pytest.fixture
def proxy(redis_server: RedisProcess) -> Iterator[UnreliableProxy]:
    with UnreliableProxy(redis_server.port) as proxy:
        yield proxy


def test_append_and_read_take_one_round_trip(
    open_store: Callable[..., RedisHotStore], proxy: UnreliableProxy, client: Any, session: SessionKey
) -> None:
    store = open_store(host="127.0.0.1", port=proxy.port)
    make_hot(store, session, b"first")
    for operation, commands in (
        (lambda: store.append(session, 1.0, b"x"), {"zadd": 1, "xadd": 1, "xlen": 1}),
        (lambda: store.read(session, last=20), {"zadd": 1, "xrevrange": 1, "exists": 1}),
    ):
        client.config_resetstat()
        proxy.requests.clear()
        operation()
        assert len(proxy.requests) == 1
        stats = {name.removeprefix("cmdstat_"): facts["calls"] for name, facts in client.info("commandstats").items()}
        for watcher in ("info", "config", "config|resetstat", "client|setinfo", "client", "select"):
            stats.pop(watcher, None)
        assert stats == commands


@pytest.mark.parametrize("size", [0, 1, 6000, 6001, 100_000, 1 << 24])
def test_payloads_of_any_size_come_back(store: RedisHotStore, session: SessionKey, size: int) -> None:
    payload = (b"\r\n$1\0" * (size // 5 + 1))[:size]
    make_hot(store, session, payload, b"next")
    assert payloads(store.read(session)) == [payload, b"next"]


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=5))
def test_a_packed_command_says_how_long_everything_is(arguments: list[bytes]) -> None:
    packed = command(*arguments)
    count, _, rest = packed.partition(b"\r\n")
    assert count == b"*%d" % len(arguments)
    for argument in arguments:
        length, _, rest = rest.partition(b"\r\n")
        assert length == b"$%d" % len(argument)
        assert rest[: len(argument) + 2] == argument + b"\r\n"
        rest = rest[len(argument) + 2 :]
    assert rest == b""


@given(positions, positions)
def test_stream_ids_keep_positions_and_their_order(one: Position, other: Position) -> None:
    assert position_of(stream_id(one)) == one
    first, second = (tuple(map(int, identifier.split(b"-"))) for identifier in (stream_id(one), stream_id(other)))
    assert (first < second) == (one < other)
    assert first < tuple(map(int, id_after(one).split(b"-")))
    assert (tuple(map(int, id_after(one).split(b"-"))) <= second) == (one < other)


@given(st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.binary(max_size=30)), max_size=8))
def test_timestamps_and_payloads_are_kept_exactly(messages: list[tuple[float, bytes]]) -> None:
    import struct

    rows = [[b"%d-0" % (i + 1), [b"%08d" % i, struct.pack("<d", ts) + payload]] for i, (ts, payload) in enumerate(messages)]
    entries = entries_of(rows)
    assert [(struct.pack("<d", e.timestamp), e.payload) for e in entries] == [(struct.pack("<d", t), p) for t, p in messages]
    assert [entry.position for entry in entries] == [(i + 1) * 2**20 for i in range(len(messages))]


@given(st.lists(st.integers(0, 4), max_size=12))
def test_of_entries_sent_twice_the_first_counts(drawn: list[int]) -> None:
    rows = [[b"%d-0" % (i + 1), [b"nonce-%02d" % n, b"\0" * 8 + b"%d" % n]] for i, n in enumerate(drawn)]
    expected = [(drawn.index(n) + 1) * 2**20 for n in dict.fromkeys(drawn)]
    assert [entry.position for entry in entries_of(rows)] == expected


def test_one_nonce_with_two_messages_is_no_repetition() -> None:
    rows = [[b"1-0", [b"same-one", b"\0" * 8 + b"a"]], [b"2-0", [b"same-one", b"\0" * 8 + b"b"]]]
    assert entries_of(rows) == [Entry(Position(1 << 20), 0.0, b"a"), Entry(Position(2 << 20), 0.0, b"b")]


@pytest.mark.parametrize(
    "row",
    [
        [b"1-0", [b"nonce-00", b"short"]],
        [b"1-0", [b"nonce-00", b"\0" * 8, b"more", b"fields"]],
        [b"1-1048576", [b"nonce-00", b"\0" * 8]],
        [b"1-0", None],
    ],
)
def test_what_lixcore_did_not_write_is_refused(row: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the caller says more about it
        entries_of([row])
