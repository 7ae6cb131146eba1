"""What every hot store does with ids, payloads and times: they are data, and come back as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import HotStore
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.ground.hostile import KEYS_THAT_COLLIDE, PAYLOADS, TIMESTAMPS
from lixcore.testing.ground.profiles import examples
from lixcore.testing.ground.rules import rule
from lixcore.testing.hot_store.stores import HotStoreGround, make_hot

ONE = SessionKey("one")


class HotStoreData(HotStoreGround):
    """Ids, payloads and times."""

    @pytest.mark.parametrize(("one", "two"), KEYS_THAT_COLLIDE)
    @rule("Ids come from users: if two of them become one key, somebody reads somebody else's conversation.")
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

    @rule(
        "Payloads are encoded messages and timestamps are compared bit for bit: one changed bit cannot be"
        " decoded, or is a conflict in the archive."
    )
    def test_payloads_and_timestamps_come_back_bit_for_bit(self, store: HotStore) -> None:
        @examples(25)
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
    @rule("Messages may be empty and may hold a whole document; one that is cut or refused is lost.")
    def test_payloads_of_any_size(self, store: HotStore, size: int) -> None:
        payload = bytes(range(256)) * (size // 256)
        make_hot(store, ONE, [entry(1, payload)])
        assert store.append(ONE, NOON, payload)
        assert [found.payload == payload for found in store.read(ONE) or ()] == [True, True]
        assert store.release(ONE, through=Position(1)) == 1

    @rule(
        "Callers sort and cut what they were given: if the store kept the same list, they would change the"
        " conversation of everybody."
    )
    def test_what_was_read_is_the_callers(self, store: HotStore) -> None:
        given_entries = [entry(1), entry(2)]
        make_hot(store, ONE, given_entries)
        given_entries.clear()
        before = store.read(ONE)
        store.append(ONE, NOON, b"x")
        assert len(before or ()) == 2
        for given_back in (store.read(ONE), store.oldest(ONE, limit=9), store.sessions()):
            if isinstance(given_back, list):
                given_back.clear()
        assert len(store.read(ONE) or ()) == len(store.oldest(ONE, limit=9)) == 3
        assert len(store.sessions()) == 1
