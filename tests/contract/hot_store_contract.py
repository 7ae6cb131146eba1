"""What every hot store does: subclass `HotStoreContract`, name the adapter, say where an empty store is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from contract_ground import (
    NOON,
    OpenStore,
    SettableClock,
    entry,
    facts,
    make_hot,
    open_adapter,
)
from hot_store_concurrency import HotStoreProcesses, HotStoreThreads
from hot_store_data import HotStoreData
from hot_store_leases import HotStoreLeases
from hot_store_machine import check_against_model
from hot_store_powers import HotStorePowers
from hot_store_tickets import HotStoreTickets
from lixcore.domain.position import MAX_POSITION, ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError
from lixcore.ports.hot_store import Appended, HotInfo, HotRemoval, HotStore, Ticket

ONE, TWO = SessionKey("one"), SessionKey("two")
HOUR = 3600.0


class HotStoreContract(HotStoreData, HotStoreTickets, HotStoreLeases, HotStorePowers, HotStoreThreads, HotStoreProcesses):
    """The suite. A subclass sets ``adapter``, overrides the fixture ``options`` and declares what its store is.

    Attributes:
        adapter: The class behind the entry point.
        persistent: Whether a store that is closed and opened again with the same options holds what it held.
        shared: Whether several processes may open the same options at once; every store but one in memory.
        own_clock: Whether leases end by a clock of the store's own, which the suite cannot set.
    """

    adapter: ClassVar[Any]
    persistent: ClassVar[bool] = True
    shared: ClassVar[bool] = True
    own_clock: ClassVar[bool] = False

    @pytest.fixture
    def options(self) -> Any:
        """Options of a place where nothing is stored yet; override it."""
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> SettableClock:
        return SettableClock()

    @pytest.fixture
    def open_store(self, options: Any, clock: SettableClock, tmp_path: Path) -> Iterator[OpenStore]:
        """Opens the same place again and again."""
        opened: list[HotStore] = []

        def open_one() -> HotStore:
            opened.append(open_adapter(self.adapter, options, clock, tmp_path / "archive"))
            return opened[-1]

        yield open_one
        for store in opened:
            store.close()

    @pytest.fixture
    def store(self, open_store: OpenStore) -> HotStore:
        return open_store()

    # Absent, hot and empty.

    def test_a_session_is_absent_until_it_is_restored(self, store: HotStore) -> None:
        assert store.append(ONE, NOON, b"x") is None
        assert store.read(ONE) is None
        assert list(store.oldest(ONE, limit=5)) == []
        assert store.describe(ONE) is None
        assert store.release(ONE, through=MAX_POSITION) == 0
        assert list(store.sessions()) == []

    def test_a_refused_append_stored_nothing(self, store: HotStore) -> None:
        assert store.append(ONE, NOON, b"x") is None
        make_hot(store, ONE)
        assert facts(store.read(ONE)) == []

    def test_hot_and_empty_is_not_absent(self, store: HotStore) -> None:
        make_hot(store, ONE)
        assert facts(store.read(ONE)) == []
        assert list(store.oldest(ONE, limit=5)) == []
        assert store.describe(ONE) == HotInfo(0, None, None, NOON)
        assert [activity.session for activity in store.sessions()] == [ONE]

    def test_a_session_stays_hot_when_all_is_released(self, store: HotStore) -> None:
        make_hot(store, ONE, [entry(5)])
        assert store.release(ONE, through=Position(5)) == 1
        assert facts(store.read(ONE)) == []
        assert store.append(ONE, NOON, b"next") is not None

    # Order and positions.

    def test_entries_come_back_in_order_of_their_append(self, store: HotStore) -> None:
        make_hot(store, ONE)
        answers = [store.append(ONE, NOON - number, b"%d" % number) for number in range(30)]
        assert all(type(answer) is Appended for answer in answers)
        assert [answer.held for answer in answers if answer] == list(range(1, 31))
        expected = [(a.position, (NOON - n).hex(), b"%d" % n) for n, a in enumerate(answers) if a]
        assert facts(store.read(ONE)) == expected
        assert expected == sorted(expected)
        assert facts(store.read(ONE, last=7)) == expected[-7:]
        assert facts(store.read(ONE, last=31)) == expected
        assert facts(store.read(ONE, last=0)) == []
        assert facts(store.oldest(ONE, limit=7)) == expected[:7]
        assert facts(store.oldest(ONE, limit=31)) == expected
        assert store.describe(ONE) == HotInfo(30, Position(expected[0][0]), Position(expected[-1][0]), NOON)

    def test_restored_entries_keep_their_positions_and_come_first(self, store: HotStore) -> None:
        restored = [entry(3, b"three"), entry(4, b"four"), entry(2**40, b"far")]
        make_hot(store, ONE, restored)
        answer = store.append(ONE, NOON, b"new")
        assert answer is not None
        assert answer.held == 4
        assert facts(store.read(ONE)) == facts([*restored, entry(answer.position, b"new")])

    @pytest.mark.parametrize("step", [0.0, HOUR, -HOUR, -NOON])
    def test_positions_rise_across_eviction_and_return_whatever_the_clock_does(
        self, store: HotStore, clock: SettableClock, step: float
    ) -> None:
        make_hot(store, ONE)
        seen = []
        for _ in range(3):
            for _ in range(3):
                answer = store.append(ONE, NOON, b"x")
                assert answer is not None
                seen.append(answer.position)
            assert store.evict(ONE, through=seen[-1])
            clock.advance(max(step, -clock.now()))
            make_hot(store, ONE, next_after=seen[-1])
        assert seen == sorted(set(seen))

    def test_appends_come_above_next_after_even_in_the_far_future(self, store: HotStore) -> None:
        far = Position(int((NOON + 86_400) * 1000) << 20)
        make_hot(store, ONE, [entry(7)], next_after=far)
        answer = store.append(ONE, NOON, b"x")
        assert answer is not None
        assert answer.position > far

    def test_a_position_is_not_given_again_after_its_release(self, store: HotStore) -> None:
        make_hot(store, ONE)
        first = store.append(ONE, NOON, b"x")
        assert first is not None
        store.release(ONE, through=first.position)
        second = store.append(ONE, NOON, b"x")
        assert second is not None
        assert second.position > first.position
        assert second.held == 1

    # Release, evict, forget.

    def test_release_removes_up_to_its_position_and_only_once(self, store: HotStore) -> None:
        make_hot(store, ONE, [entry(10), entry(20), entry(30)])
        assert store.release(ONE, through=Position(9)) == 0
        assert store.release(ONE, through=Position(25)) == 2
        assert store.release(ONE, through=Position(25)) == 0
        assert facts(store.read(ONE)) == facts([entry(30)])

    def test_evict_leaves_a_session_with_newer_entries_hot(self, store: HotStore) -> None:
        make_hot(store, ONE, [entry(10), entry(20), entry(30)])
        assert store.evict(ONE, through=Position(20)) is False
        assert facts(store.read(ONE)) == facts([entry(30)])
        assert store.evict(ONE, through=Position(30)) is True
        assert store.read(ONE) is None
        assert store.describe(ONE) is None
        assert list(store.sessions()) == []
        assert store.evict(ONE, through=Position(30)) is True

    def test_evict_makes_an_empty_session_absent(self, store: HotStore) -> None:
        make_hot(store, ONE)
        assert store.evict(ONE, through=ORIGIN) is True
        assert store.read(ONE) is None

    def test_forget_removes_everything_and_says_what(self, store: HotStore) -> None:
        make_hot(store, ONE, [entry(10), entry(20)])
        assert store.forget(ONE) == HotRemoval(2, Position(20))
        assert store.read(ONE) is None
        assert list(store.sessions()) == []
        assert store.forget(ONE) == HotRemoval(0, None)
        make_hot(store, ONE)
        assert store.forget(ONE) == HotRemoval(0, None)

    # Activity.

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

    # Life and death.

    def test_a_closed_store_says_so(self, store: HotStore) -> None:
        make_hot(store, ONE)
        store.close()
        store.close()
        uses: list[Callable[[], object]] = [
            lambda: store.append(ONE, NOON, b"x"),
            lambda: store.read(ONE),
            lambda: store.oldest(ONE, limit=1),
            lambda: store.ticket(ONE),
            lambda: store.restore(ONE, (), next_after=ORIGIN, ticket=Ticket(b"")),
            lambda: store.release(ONE, through=ORIGIN),
            lambda: store.evict(ONE, through=ORIGIN),
            lambda: store.forget(ONE),
            lambda: store.describe(ONE),
            store.sessions,
        ]
        for use in uses:
            with pytest.raises(ClosedError):
                use()

    def test_what_was_acknowledged_is_there_after_a_reopening(self, open_store: OpenStore, clock: SettableClock) -> None:
        if not self.persistent:
            pytest.skip("this store declares that it ends with its object")
        first = open_store()
        make_hot(first, ONE, [entry(1, b"restored", -0.0)])
        make_hot(first, TWO)
        clock.advance(5)
        answer = first.append(ONE, NOON, b"appended")
        held = facts(first.read(ONE))
        first.close()
        clock.advance(-HOUR)
        second = open_store()
        assert facts(second.oldest(ONE, limit=9)) == held
        assert second.describe(ONE) == HotInfo(2, Position(1), Position(held[-1][0]), NOON + 5)
        assert second.describe(TWO) == HotInfo(0, None, None, NOON)
        again = second.append(ONE, NOON, b"x")
        assert answer is not None
        assert again is not None
        assert again.position > answer.position

    def test_it_is_a_list_in_order_for_each_session(self, open_store: OpenStore, clock: SettableClock) -> None:
        check_against_model(open_store, clock, persistent=self.persistent, shared=self.shared)
