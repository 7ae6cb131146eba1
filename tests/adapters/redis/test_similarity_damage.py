"""Bytes of cached answers that nobody wrote so: right answers, fewer of them, or an error; never a wrong one."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, InvalidInputError, StoreRefusedError
from lixcore.ports.similarity_index import IndexEntry, Match
from lixcore.testing.similarity_index.oracle import ALL, Held, check_found, floats
from lixcore_redis import RedisSimilarityIndex
from lixcore_redis.answers.similarity_keys import TAIL_BYTES, scope_keys

SCOPE = Scope(SessionKey("one"), url="u")
KEYS = scope_keys("lix", SCOPE).strings
QUERY = [1.0, 0.5, 0.25]
LABEL = b"a" * 32
ENTRIES = [
    IndexEntry(floats([1.0, 0.0, 0.0]), b"one", LABEL),
    IndexEntry(floats([0.0, 1.0, 0.0]), b"two" * 9, b"b" * 32),
    IndexEntry(floats([1.0, 0.5, 0.3]), b""),
    IndexEntry(floats([-1.0, 0.5, 0.3]), b"four", LABEL),
    IndexEntry(floats([1.0, 0.5, 0.2]), b"five"),
]
CAPACITY = 4

OpenIndex = Callable[..., RedisSimilarityIndex]


@st.composite
def damage(draw: st.DrawFn) -> Callable[[bytes], bytes | None]:
    """One way to spoil a string: None removes it."""
    kind = draw(st.sampled_from(["flip", "flip", "flip", "cut", "fill", "grow", "any", "gone", "swap", "head"]))
    where, other = draw(st.integers(0, 1 << 20)), draw(st.integers(0, 1 << 20))
    some = draw(st.binary(min_size=1, max_size=64))

    def spoil(data: bytes) -> bytes | None:
        size = max(1, len(data))
        at, to = where % size, other % size
        spoilt = {
            "flip": data[:at] + bytes(b ^ s for b, s in zip(data[at:], some, strict=False)) + data[at + len(some) :],
            "cut": data[:at],
            "fill": data[:at] + bytes(min(len(some), len(data) - at)) + data[at + len(some) :],
            "grow": data + some,
            "any": some,
            "gone": None,
            "swap": data[to:] + data[:to],
            "head": data[: at % 40] + some + data[at % 40 + len(some) :],
        }
        return spoilt[kind]

    return spoil


def fill(index: RedisSimilarityIndex) -> None:
    for entry in ENTRIES:
        index.add(SCOPE, entry, ttl=300, capacity=CAPACITY)


def held(now: float) -> list[Held]:
    return [Held(entry.vector, entry.payload, entry.label, now) for entry in ENTRIES[-CAPACITY:]]


def check_true(found: list[Match], entries: list[Held], label: bytes) -> None:
    """Each is an entry as it was added, and the order is right for those that were found."""
    by_payload = {each.payload: each for each in entries}
    assert {match.payload for match in found} <= by_payload.keys()
    check_found(found, [each for each in entries if each.payload in {match.payload for match in found}], QUERY, label=label)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(spoils=st.dictionaries(st.integers(0, 2), damage(), min_size=1, max_size=2), label=st.sampled_from([b"", LABEL]))
def test_no_damage_gives_a_wrong_answer(open_index: OpenIndex, client: Any, clock: Any, spoils: Any, label: bytes) -> None:
    client.flushdb()
    index = open_index()
    fill(index)
    entries = held(clock.time)
    for number, spoil in spoils.items():
        was = client.get(KEYS[number])
        spoilt = spoil(was)
        if spoilt is None:
            client.delete(KEYS[number])
        else:
            client.set(KEYS[number], spoilt, px=300_000)
    there = [client.get(key) for key in KEYS]
    cold = open_index()
    for _ in range(2):  # read, and then at hand
        try:
            check_true(list(cold.search(SCOPE, floats(QUERY), label=label, k=ALL, at_least=-1.0)), entries, label)
        except CorruptDataError:
            assert [client.get(key) for key in KEYS] == there
    index.measure(SCOPE.session)
    new = IndexEntry(floats([0.5, 0.5, 0.5]), b"new")
    try:
        cold.add(SCOPE, new, ttl=300, capacity=CAPACITY)
    except CorruptDataError:
        assert [client.get(key) for key in KEYS] == there, "nothing is overwritten"
    else:
        entries.append(Held(new.vector, new.payload, b"", clock.time))
        with suppress(CorruptDataError):
            check_true(list(cold.search(SCOPE, floats(QUERY), label=label, k=ALL, at_least=-1.0)), entries, label)
    cold.forget(SCOPE.session)
    assert not client.exists(*KEYS), "what cannot be read is forgotten all the same"
    cold.close()
    index.close()


@pytest.mark.parametrize("gone", range(3))
@pytest.mark.parametrize("at_hand", [0, 1])
def test_a_scope_that_lost_a_key_begins_anew(index: RedisSimilarityIndex, client: Any, gone: int, at_hand: int) -> None:
    fill(index)
    if at_hand:
        assert len(index.search(SCOPE, floats(QUERY), k=ALL, at_least=-1.0)) == CAPACITY
    client.delete(KEYS[gone])
    found = {match.payload for match in index.search(SCOPE, floats(QUERY), k=ALL, at_least=-1.0)}
    assert found <= ({entry.payload for entry in ENTRIES} if at_hand and gone else set())
    assert index.measure(SCOPE.session).entries == 0
    index.add(SCOPE, IndexEntry(floats([1.0, 0.0]), b"new"), ttl=300, capacity=CAPACITY)
    assert [match.payload for match in index.search(SCOPE, floats([1.0, 0.0]), k=ALL, at_least=-1.0)] == [b"new"]


def test_an_older_payload_that_was_spoilt_is_an_error(index: RedisSimilarityIndex, client: Any) -> None:
    """Beyond the bytes that come along."""
    big = [IndexEntry(floats([1.0, float(number)]), bytes([number]) * TAIL_BYTES) for number in range(3)]
    for entry in big:
        index.add(SCOPE, entry, ttl=300, capacity=CAPACITY)
    assert [match.payload for match in index.search(SCOPE, floats([1.0, 0.0]), k=1, at_least=0.9)] == [big[0].payload]
    index.close()
    other = RedisSimilarityIndex(RedisSimilarityIndex.Options(url=_url(client)), index._clock)
    client.setrange(KEYS[2], 5, b"!")
    with pytest.raises(CorruptDataError, match="payload"):
        other.search(SCOPE, floats([1.0, 0.0]), k=1, at_least=0.9)
    assert [match.payload for match in other.search(SCOPE, floats([1.0, 1.0]), k=1, at_least=0.99)] == [big[1].payload]
    other.close()


def _url(client: Any) -> str:
    at = client.connection_pool.connection_kwargs
    return f"redis://{at['host']}:{at['port']}/{at['db']}"


def test_a_head_that_lies_about_the_dimension_is_no_mistake_of_the_caller(
    open_index: OpenIndex, index: RedisSimilarityIndex, client: Any
) -> None:
    for number in range(1, 5):
        index.add(SCOPE, IndexEntry(floats([1.0, float(number)] * 2), b"x"), ttl=300, capacity=CAPACITY)
    data = client.get(KEYS[0])
    client.set(KEYS[0], data[:4] + struct.pack("<I", 2) + data[8:28] + struct.pack("<I", 8) + data[32:])
    for use in (
        lambda: open_index().search(SCOPE, floats([1.0] * 4), k=1, at_least=0.0),
        lambda: index.add(SCOPE, IndexEntry(floats([1.0] * 4), b"y"), ttl=300, capacity=CAPACITY),
    ):
        with pytest.raises(CorruptDataError):
            use()
    client.set(KEYS[0], data)
    with pytest.raises(InvalidInputError, match="dimension 2"):
        open_index().search(SCOPE, floats([1.0] * 2), k=1, at_least=0.0)


@pytest.mark.parametrize("number", range(4))
def test_a_key_of_another_program_is_refused_and_left_alone(index: RedisSimilarityIndex, client: Any, number: int) -> None:
    key = (*KEYS, scope_keys("lix", SCOPE).registry)[number]
    fill(index)
    client.delete(key)
    client.rpush(key, b"theirs")
    uses: list[Callable[[], object]] = [
        lambda: index.add(SCOPE, ENTRIES[0], ttl=300, capacity=5),
        lambda: index.forget(SCOPE.session),
    ]
    if number < 3:
        uses.append(lambda: index.search(SCOPE, floats(QUERY), k=1, at_least=0.0))
    index._ready.clear()
    for use in uses:
        with pytest.raises(StoreRefusedError, match="WRONGTYPE"):
            use()
    assert client.lrange(key, 0, -1) == [b"theirs"]
