"""What every hot store does with ids, payloads and times: they are data, and come back as they were."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_ground import KEYS_THAT_COLLIDE, NOON, PAYLOADS, TIMESTAMPS, entry, facts, make_hot
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import HotStore

ONE = SessionKey("one")


class HotStoreData:
    """Mixed into `HotStoreContract`."""

    @pytest.mark.parametrize(("one", "two"), KEYS_THAT_COLLIDE)
    def test_ids_that_look_alike_never_meet(self, store: HotStore, one: SessionKey, two: SessionKey) -> None:
        make_hot(store, one)
        assert store.append(two, NOON, b"x") is None
        make_hot(store, two)
        assert store.append(one, NOON, b"of one")
        assert store.append(two, NOON, b"of two")
        assert [found.payload for found in store.read(one) or ()] == [b"of one"]
        assert {activity.session for activity in store.sessions()} == {one, two}
        assert store.forget(one).entries == 1
        assert [found.payload for found in store.read(two) or ()] == [b"of two"]

    def test_payloads_and_timestamps_come_back_bit_for_bit(self, store: HotStore) -> None:
        @settings(max_examples=25, deadline=None)
        @given(st.lists(st.tuples(TIMESTAMPS, PAYLOADS), max_size=5), st.lists(st.tuples(TIMESTAMPS, PAYLOADS), max_size=3))
        def check(restored: list[tuple[float, bytes]], appended: list[tuple[float, bytes]]) -> None:
            store.forget(ONE)
            make_hot(store, ONE, [entry(n, payload, timestamp) for n, (timestamp, payload) in enumerate(restored, 1)])
            for timestamp, payload in appended:
                assert store.append(ONE, timestamp, payload)
            expected = [(timestamp.hex(), payload) for timestamp, payload in restored + appended]
            assert [rest for _, *rest in facts(store.read(ONE))] == [list(one) for one in expected]
            assert [rest for _, *rest in facts(store.oldest(ONE, limit=9))] == [list(one) for one in expected]

        check()

    @pytest.mark.parametrize("size", [0, 2**20, 2**24])
    def test_payloads_of_any_size(self, store: HotStore, size: int) -> None:
        payload = bytes(range(256)) * (size // 256)
        make_hot(store, ONE, [entry(1, payload)])
        assert store.append(ONE, NOON, payload)
        assert [found.payload == payload for found in store.read(ONE) or ()] == [True, True]
        assert store.release(ONE, through=Position(1)) == 1

    def test_what_was_read_is_the_callers(self, store: HotStore) -> None:
        given_entries = [entry(1), entry(2)]
        make_hot(store, ONE, given_entries)
        given_entries.clear()
        before = store.read(ONE)
        store.append(ONE, NOON, b"x")
        assert len(before or ()) == 2
        assert len(store.read(ONE) or ()) == 3
