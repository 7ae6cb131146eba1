"""What every hot store that grants leases does: the part of the suite about `GrantsLeases`."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest

from contract_ground import OpenStore, SettableClock
from hot_store_concurrency import at_once, begin, place, started
from lixcore.ports.leases import GrantsLeases

MINUTE = 60.0
CHILD = Path(__file__).parent / "lease_child.py"
HOSTILE = ["", " ", "*", "a", "A", "é", "e\u0301", "\0", "a\0b", "\r\n$1\r\nx", "%61", "x" * 10_000, "' OR 1=1 --", "\udcff"]
"""Names of holders that a store mixes up when it interprets, folds, cuts or normalises them."""


def granting(store: object) -> GrantsLeases:
    """The store as one that grants leases; the test is skipped where it does not."""
    if not isinstance(store, GrantsLeases):
        pytest.skip("this store grants no leases")
    return store


class HotStoreLeases:
    """Mixed into `HotStoreContract`."""

    adapter: ClassVar[Any]
    persistent: ClassVar[bool]
    shared: ClassVar[bool]
    own_clock: ClassVar[bool]

    def test_a_lease_has_one_holder_who_may_renew_it(self, store: object) -> None:
        leases = granting(store)
        assert leases.lease("janitor", holder="one", seconds=MINUTE) is True
        assert leases.lease("janitor", holder="two", seconds=MINUTE) is False
        assert leases.lease("janitor", holder="one", seconds=MINUTE) is True
        assert leases.lease("janitor", holder="two", seconds=MINUTE) is False
        assert leases.lease("janitor-two", holder="two", seconds=MINUTE) is True, "another lease"

    def test_a_lease_given_back_is_free_and_only_its_holder_can_do_that(self, store: object) -> None:
        leases = granting(store)
        leases.end_lease("janitor", holder="one")
        assert leases.lease("janitor", holder="one", seconds=MINUTE)
        leases.end_lease("janitor", holder="two")
        assert not leases.lease("janitor", holder="two", seconds=MINUTE)
        leases.end_lease("janitor", holder="one")
        leases.end_lease("janitor", holder="one")
        assert leases.lease("janitor", holder="two", seconds=MINUTE)
        leases.end_lease("janitor", holder="one")
        assert not leases.lease("janitor", holder="one", seconds=MINUTE), "it has it no more"

    def test_a_lease_ends_by_itself(self, store: object, clock: SettableClock) -> None:
        leases = granting(store)
        if self.own_clock:
            assert leases.lease("janitor", holder="gone", seconds=0.02)
            deadline = time.monotonic() + 30
            while not leases.lease("janitor", holder="next", seconds=MINUTE):
                assert time.monotonic() < deadline
        else:
            assert leases.lease("janitor", holder="gone", seconds=MINUTE)
            clock.advance(MINUTE - 0.001)
            assert not leases.lease("janitor", holder="next", seconds=MINUTE)
            clock.advance(0.002)
            assert leases.lease("janitor", holder="next", seconds=MINUTE)
        assert not leases.lease("janitor", holder="gone", seconds=MINUTE)

    def test_renewal_counts_from_now(self, store: object, clock: SettableClock) -> None:
        leases = granting(store)
        assert leases.lease("janitor", holder="one", seconds=0.02 if self.own_clock else MINUTE)
        clock.advance(MINUTE / 2)
        assert leases.lease("janitor", holder="one", seconds=MINUTE)
        clock.advance(MINUTE * 0.75)
        if self.own_clock:  # past the first end, or the renewal did nothing
            deadline = time.monotonic() + 0.1
            while time.monotonic() < deadline:
                assert not leases.lease("janitor", holder="two", seconds=MINUTE)
        assert not leases.lease("janitor", holder="two", seconds=MINUTE)

    def test_a_clock_that_steps_back_does_not_keep_a_lease_for_long(self, store: object, clock: SettableClock) -> None:
        leases = granting(store)
        if self.own_clock:
            pytest.skip("its clock cannot be set")
        assert leases.lease("janitor", holder="gone", seconds=MINUTE)
        clock.advance(-60 * MINUTE)
        clock.advance(MINUTE * 2)
        assert leases.lease("janitor", holder="next", seconds=MINUTE)

    def test_holders_are_told_apart_whatever_their_names(self, store: object) -> None:
        leases = granting(store)
        for holder in HOSTILE:
            assert leases.lease("janitor", holder=holder, seconds=MINUTE)
            for other in HOSTILE:
                if other != holder:
                    leases.end_lease("janitor", holder=other)
                assert leases.lease("janitor", holder=other, seconds=MINUTE) is (other == holder)
            leases.end_lease("janitor", holder=holder)

    def test_of_many_threads_one_has_it(self, store: object) -> None:
        leases = granting(store)
        won = at_once(*(lambda n=n: leases.lease("janitor", holder=f"t{n}", seconds=MINUTE) for n in range(8)))
        assert sum(won) == 1

    def test_a_lease_outlives_its_holders_object(self, open_store: OpenStore) -> None:
        if not self.persistent:
            pytest.skip("this store declares that it ends with its object")
        first = open_store()
        assert granting(first).lease("janitor", holder="one", seconds=MINUTE)
        first.close()
        second = granting(open_store())
        assert not second.lease("janitor", holder="two", seconds=MINUTE)
        assert second.lease("janitor", holder="one", seconds=MINUTE)

    def test_of_many_processes_one_at_a_time_has_it(self, store: object, options: Any, tmp_path: Path) -> None:
        granting(store)
        if not self.shared:
            pytest.skip("this store declares that it serves one process only")
        task = {**place(self.adapter, options, tmp_path), "room": str(tmp_path / "room"), "rounds": 15}
        with ExitStack() as stack:
            children = [stack.enter_context(started(CHILD, {**task, "holder": f"child {n}"})) for n in range(4)]
            for child in children:
                begin(child)
            told = [child.communicate()[0] for child in children]
        assert told == ["alone 15 times\n"] * 4
