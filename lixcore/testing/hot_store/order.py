"""What every hot store does about the order of entries and their positions."""

from __future__ import annotations

import time

import pytest

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import Appended, HotInfo, HotStore
from lixcore.testing.ground.clock import NOON, SettableClock
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.ground.rules import rule
from lixcore.testing.hot_store.stores import HotStoreGround, OpenStore, make_hot

ONE = SessionKey("one")
HOUR = 3600.0


class HotStoreOrder(HotStoreGround):
    """Entries in order, at positions that only rise."""

    @rule("The context is the conversation in its order; a missing or swapped message makes the model answer something else.")
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

    @rule("Positions make moving to the archive repeatable: with new ones, the archive would keep every restored message twice.")
    def test_restored_entries_keep_their_positions_and_come_first(self, store: HotStore) -> None:
        restored = [entry(3, b"three"), entry(4, b"four"), entry(2**40, b"far")]
        make_hot(store, ONE, restored)
        answer = store.append(ONE, NOON, b"new")
        assert answer is not None
        assert answer.held == 4
        assert facts(store.read(ONE)) == facts([*restored, entry(answer.position, b"new")])

    @pytest.mark.parametrize("step", [0.0, HOUR, -HOUR, -NOON])
    @rule(
        "The archive orders by position: after a clock stepped back, new messages would be archived before"
        " old ones, or in their place."
    )
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

    @rule(
        "What is archived may carry positions of a host whose clock was ahead; a new message below them"
        " would be sorted into the past."
    )
    def test_appends_come_above_next_after_even_in_the_far_future(self, store: HotStore) -> None:
        far = Position(int((NOON + 86_400) * 1000) << 20)
        make_hot(store, ONE, [entry(7)], next_after=far)
        answer = store.append(ONE, NOON, b"x")
        assert answer is not None
        assert answer.position > far

    @rule("The released message is in the archive at that position: a second one there is a conflict, and is lost or refused.")
    def test_a_position_is_not_given_again_after_its_release(self, store: HotStore) -> None:
        make_hot(store, ONE)
        first = store.append(ONE, NOON, b"x")
        assert first is not None
        store.release(ONE, through=first.position)
        second = store.append(ONE, NOON, b"x")
        assert second is not None
        assert second.position > first.position
        assert second.held == 1

    @rule("After a wipe the archive still holds the old messages: an old position given again is a conflict, or forgotten.")
    def test_positions_do_not_start_over_after_a_wipe(self, store: HotStore, clock: SettableClock) -> None:
        make_hot(store, ONE)
        before = [store.append(ONE, NOON, b"x") for _ in range(3)]
        store.forget(ONE)
        clock.advance(1)
        later = time.time() + 0.002
        while time.time() < later:  # a store may count by a clock of its own, in milliseconds
            pass
        make_hot(store, ONE)  # by one who knows of no position before
        after = store.append(ONE, NOON, b"x")
        assert after is not None
        assert after.position > max(answer.position for answer in before if answer)

    @rule(
        "Positions carry the time and use all 63 bits: kept as floats they are rounded, and a release takes a neighbour with it."
    )
    def test_neighbouring_positions_are_told_apart(self, store: HotStore) -> None:
        entries = [entry(2**60 + number, b"%d" % number) for number in range(1, 6)]
        make_hot(store, ONE, entries)
        assert facts(store.read(ONE)) == facts(entries)
        assert store.release(ONE, through=entries[0].position) == 1
        assert facts(store.oldest(ONE, limit=2)) == facts(entries[1:3])
        assert store.evict(ONE, through=entries[3].position) is False
        assert store.describe(ONE) == HotInfo(1, entries[4].position, entries[4].position, NOON)

    @rule("Every answer is made from what was just said: a process that reads what it cached does not hear the user.")
    def test_what_was_appended_is_read_by_all_at_once(self, open_store: OpenStore) -> None:
        stores = [open_store() for _ in range(2 if self.shared else 1)]
        make_hot(stores[0], ONE)
        said: list[bytes] = []
        for number in range(6):
            said.append(b"%d" % number)
            assert stores[0].append(ONE, NOON, said[-1])
            for store in stores:
                assert [one.payload for one in store.read(ONE) or ()] == said
                assert [one.payload for one in store.read(ONE, last=2) or ()] == said[-2:]
                assert [one.payload for one in store.oldest(ONE, limit=2)] == said[:2]
            stores.reverse()

    @rule("Callers ask for all with a large number: one that overflows or allocates room for so many fails them.")
    def test_more_may_be_asked_for_than_there_is(self, store: HotStore) -> None:
        make_hot(store, ONE, [entry(1), entry(2)])
        many = 2**31
        assert facts(store.read(ONE, last=many)) == facts(store.oldest(ONE, limit=many)) == facts([entry(1), entry(2)])
        assert [one.session for one in store.sessions(limit=many)] == [ONE]
