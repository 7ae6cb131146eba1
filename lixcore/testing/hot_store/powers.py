"""What a hot store with optional powers does: the part of the suite about `MeasuresSessions`, `Diagnoses` and `Verifies`."""

from __future__ import annotations

import time

import pytest

from lixcore.domain.position import MAX_POSITION
from lixcore.domain.session import SessionKey
from lixcore.ports.diagnosis import Diagnoses, Severity
from lixcore.ports.hot_store import HotStore
from lixcore.ports.hot_store_powers import DescribesMany, MeasuresSessions, TellsTime
from lixcore.ports.verification import Verifies
from lixcore.testing.ground.clock import NOON, SettableClock
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.ground.rules import rule
from lixcore.testing.hot_store.stores import HotStoreGround, make_hot

ONE, TWO, ABSENT = SessionKey("one"), SessionKey("*"), SessionKey("absent")
BIG = b"x" * 50_000


class HotStorePowers(HotStoreGround):
    """Each is tested where it is."""

    @rule(
        "The limit on memory is kept by these numbers: if they are too small the store fills up, and if they"
        " count as use nothing is ever idle."
    )
    def test_sizes_grow_with_the_entries_and_are_zero_for_absent_sessions(self, store: HotStore, clock: SettableClock) -> None:
        if not isinstance(store, MeasuresSessions):
            pytest.skip("this store measures no sessions")
        assert list(store.sizes([])) == []
        assert list(store.sizes([ONE])) == [0]
        make_hot(store, ONE)
        make_hot(store, TWO, [entry(1, BIG), entry(2, BIG)])
        absent, small, big = store.sizes([ABSENT, ONE, TWO])
        assert absent == 0
        assert 0 < small < len(BIG)
        assert 2 * len(BIG) <= big < 4 * len(BIG)
        clock.advance(1)
        for number in range(10):
            assert store.append(ONE, NOON, BIG)
            [now] = store.sizes([ONE])
            assert now >= (number + 1) * len(BIG)
        clock.advance(1)
        assert list(store.sizes([TWO, ONE])) == [big, now]
        assert {one.session: one.last_active for one in store.sessions()} == {ONE: NOON + 1, TWO: NOON}, "measuring is no use"
        store.release(ONE, through=MAX_POSITION)
        assert store.sizes([ONE])[0] < len(BIG)
        store.forget(TWO)
        assert list(store.sizes([TWO])) == [0]

    @rule("Sizes are matched to sessions by their place in the list: in another order the wrong sessions are evicted.")
    def test_sizes_of_many_sessions_come_in_the_order_asked_for(self, store: HotStore) -> None:
        if not isinstance(store, MeasuresSessions):
            pytest.skip("this store measures no sessions")
        hot = [SessionKey(f"s{number}") for number in range(8)]
        for number, session in enumerate(hot):
            make_hot(store, session, [entry(1, b"x" * 10_000 * number)])
        asked = [one for session in hot for one in [session, ABSENT] * 200]
        sizes = list(store.sizes(asked))
        assert sizes[1::2] == [0] * len(hot) * 200
        assert sizes[::2] == [size for size in sizes[::400] for _ in range(200)]
        assert sizes[::400] == sorted(sizes[::400])
        assert sizes[-2] >= 70_000

    @rule("An eviction policy chooses by these facts: those of another session, or of none, make it evict the wrong ones.")
    def test_describing_many_is_describing_each(self, store: HotStore, clock: SettableClock) -> None:
        if not isinstance(store, DescribesMany):
            pytest.skip("this store does not describe many sessions at once")
        assert list(store.describe_many([])) == []
        make_hot(store, ONE, [entry(3), entry(7)])
        clock.advance(1)
        make_hot(store, TWO)
        clock.advance(1)
        asked = [ABSENT, TWO, ONE, ABSENT, ONE]
        assert list(store.describe_many(asked)) == [store.describe(session) for session in asked]
        many = [SessionKey(f"s{number}") for number in range(300)]
        assert list(store.describe_many([*many, ONE])) == [None] * 300 + [store.describe(ONE)]
        assert {one.session: one.last_active for one in store.sessions()} == {ONE: NOON, TWO: NOON + 1}, "describing is no use"

    @rule("Retention asks it before it deletes by age: a time in milliseconds would make everything look old.")
    def test_a_clock_of_its_own_is_a_clock(self, store: HotStore) -> None:
        if not isinstance(store, TellsTime):
            pytest.skip("this store has no clock of its own")
        before, told, after = time.time(), store.time(), time.time()
        assert told is not None
        assert before - 1 <= told <= after + 1, "it is this machine's here"

    @rule("Whoever reads it at night needs to know what to do; and a check that changes data makes things worse.")
    def test_a_diagnosis_gives_advice_where_all_is_not_well_and_does_no_harm(self, store: HotStore) -> None:
        if not isinstance(store, Diagnoses):
            pytest.skip("this store diagnoses nothing")
        make_hot(store, ONE, [entry(1)])
        diagnoses = list(store.diagnose())
        assert diagnoses
        assert len({diagnosis.check for diagnosis in diagnoses}) == len(diagnoses)
        for diagnosis in diagnoses:
            assert diagnosis.check
            assert diagnosis.fact
            assert bool(diagnosis.advice) == (diagnosis.severity is not Severity.OK), diagnosis
        assert facts(store.read(ONE)) == facts([entry(1)])

    @pytest.mark.parametrize("repair", [False, True])
    @rule("A false alarm teaches people to ignore real ones, and a repair of what is whole can only do harm.")
    def test_verifying_what_is_well_finds_nothing_and_counts_all(self, store: HotStore, repair: bool) -> None:  # noqa: FBT001  # a parameter
        if not isinstance(store, Verifies):
            pytest.skip("this store verifies nothing")
        make_hot(store, ONE, [entry(1, b"", -0.0), entry(2, BIG)])
        make_hot(store, TWO)
        assert store.append(ONE, NOON, b"x")
        verified = list(store.verify(repair=repair))
        assert [finding for one in verified for finding in one.findings] == []
        assert {one.session: one.messages for one in verified if one.session is not None} == {ONE: 3, TWO: 0}
        assert len([one for one in verified if one.session is not None]) == 2
        assert len(store.read(ONE) or ()) == 3
