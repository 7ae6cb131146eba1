"""What every hot store does about sessions that are hot or absent, and about when they were last used."""

from __future__ import annotations

from collections.abc import Callable

from lixcore.domain.position import MAX_POSITION, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import HotInfo, HotStore
from lixcore.testing.ground.clock import NOON, SettableClock
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.ground.rules import rule
from lixcore.testing.hot_store.stores import HotStoreGround, make_hot

ONE = SessionKey("one")


class HotStorePresence(HotStoreGround):
    """A session is hot or absent."""

    @rule("Absence is the sign to restore from the archive: a store that makes up an empty session hides the whole history.")
    def test_a_session_is_absent_until_it_is_restored(self, store: HotStore) -> None:
        assert store.append(ONE, NOON, b"x") is None
        assert store.read(ONE) is None
        assert list(store.oldest(ONE, limit=5)) == []
        assert store.describe(ONE) is None
        assert store.release(ONE, through=MAX_POSITION) == 0
        assert list(store.sessions()) == []

    @rule("The caller restores and appends again: a message that was stored at the first try as well stands there twice.")
    def test_a_refused_append_stored_nothing(self, store: HotStore) -> None:
        assert store.append(ONE, NOON, b"x") is None
        make_hot(store, ONE)
        assert facts(store.read(ONE)) == []

    @rule("A new conversation is hot and has no messages: if it looked absent, every message would read the archive again.")
    def test_hot_and_empty_is_not_absent(self, store: HotStore) -> None:
        make_hot(store, ONE)
        assert facts(store.read(ONE)) == []
        assert list(store.oldest(ONE, limit=5)) == []
        assert store.describe(ONE) == HotInfo(0, None, None, NOON)
        assert [activity.session for activity in store.sessions()] == [ONE]

    @rule("After a spill the conversation goes on: if it went absent, the next message would pay for a restore.")
    def test_a_session_stays_hot_when_all_is_released(self, store: HotStore) -> None:
        make_hot(store, ONE, [entry(5)])
        assert store.release(ONE, through=Position(5)) == 1
        assert facts(store.read(ONE)) == []
        assert store.append(ONE, NOON, b"next") is not None

    @rule(
        "Eviction chooses who was idle longest: if looking counted as use, a monitor would keep everything"
        " hot, and if reading did not, active users would be evicted."
    )
    def test_append_read_and_restore_record_activity_and_nothing_else_does(self, store: HotStore, clock: SettableClock) -> None:
        make_hot(store, ONE, [entry(1), entry(2), entry(3)])
        uses: list[tuple[Callable[[], object], bool]] = [
            (lambda: store.append(ONE, NOON, b"x"), True),
            (lambda: store.read(ONE), True),
            (lambda: store.read(ONE, last=1), True),
            (lambda: store.oldest(ONE, limit=2), False),
            (lambda: store.release(ONE, through=Position(1)), False),
            (lambda: store.evict(ONE, through=Position(2)), False),
            (lambda: store.describe(ONE), False),
            (lambda: store.ticket(ONE), False),
            (store.sessions, False),
        ]
        active = NOON
        for use, records in uses:
            now = clock.advance(1.25)
            use()
            active = now if records else active
            info = store.describe(ONE)
            assert info is not None
            assert info.last_active == active
            assert [(one.session, one.last_active) for one in store.sessions()] == [(ONE, active)]

    @rule("The janitor takes the first few of this list: in another order it evicts conversations that are going on.")
    def test_sessions_come_longest_idle_first_within_their_bounds(self, store: HotStore, clock: SettableClock) -> None:
        keys = [SessionKey(f"s{number}", tenant="ab"[number % 2]) for number in range(6)]
        for key in keys:
            make_hot(store, key)
            clock.advance(10)
        store.read(keys[0])
        order = [*keys[1:], keys[0]]
        assert [one.session for one in store.sessions()] == order
        assert [one.last_active for one in store.sessions()] == [NOON + 10, NOON + 20, NOON + 30, NOON + 40, NOON + 50, NOON + 60]
        assert [one.session for one in store.sessions(limit=2)] == order[:2]
        assert list(store.sessions(limit=0)) == []
        assert [one.session for one in store.sessions(inactive_since=NOON + 30)] == order[:3]
        assert [one.session for one in store.sessions(inactive_since=NOON + 29.999)] == order[:2]
        assert [one.session for one in store.sessions(inactive_since=NOON + 30, limit=1)] == order[:1]
        assert list(store.sessions(inactive_since=NOON)) == []
