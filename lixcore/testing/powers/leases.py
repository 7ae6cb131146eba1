"""What every hot store that grants leases does: the part of the suite about `GrantsLeases`."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from lixcore.ports.adapter import Capability
from lixcore.ports.leases import GrantsLeases
from lixcore.testing.ground.children import begin, child, task_for
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.contract import Contract
from lixcore.testing.ground.hostile import NAMES
from lixcore.testing.ground.rules import rule
from lixcore.testing.ground.threads import at_once

MINUTE = 60.0
CHILD = "lixcore.testing.powers.leasing_child"


def granting(store: object) -> GrantsLeases:
    """The store as one that grants leases; the test is skipped where it does not."""
    if not isinstance(store, GrantsLeases):
        pytest.skip("this store grants no leases")
    return store


class LeaseRules(Contract):
    """A part of the contracts of stores that may grant leases; they have the fixtures ``store`` and ``open_store``."""

    @rule("A lease lets one process do a job: with two holders, the job is done twice at once.")
    def test_a_lease_has_one_holder_who_may_renew_it(self, store: object) -> None:
        leases = granting(store)
        assert leases.lease("janitor", holder="one", seconds=MINUTE) is True
        assert leases.lease("janitor", holder="two", seconds=MINUTE) is False
        assert leases.lease("janitor", holder="one", seconds=MINUTE) is True
        assert leases.lease("janitor", holder="two", seconds=MINUTE) is False
        assert leases.lease("janitor-two", holder="two", seconds=MINUTE) is True, "another lease"

    @rule("If others could end it, two would have it; if its holder could not, the job would rest until it runs out.")
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

    @rule("Its holder may have died: a lease that does not end stops the job for ever.")
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

    @rule("A holder that is at work for long renews: counted from the first time, the lease would end under its hands.")
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

    @rule("Clocks are set back now and then: a lease that then lasts hours longer stops the job for as long.")
    def test_a_clock_that_steps_back_does_not_keep_a_lease_for_long(self, store: object, clock: SettableClock) -> None:
        leases = granting(store)
        if self.own_clock:
            pytest.skip("its clock cannot be set")
        assert leases.lease("janitor", holder="gone", seconds=MINUTE)
        clock.advance(-60 * MINUTE)
        clock.advance(MINUTE * 2)
        assert leases.lease("janitor", holder="next", seconds=MINUTE)

    @rule("Holders are named by host and process: two that look alike to the store would both have the lease.")
    def test_holders_are_told_apart_whatever_their_names(self, store: object) -> None:
        leases = granting(store)
        for holder in NAMES:
            assert leases.lease("janitor", holder=holder, seconds=MINUTE)
            for other in NAMES:
                if other != holder:
                    leases.end_lease("janitor", holder=other)
                assert leases.lease("janitor", holder=other, seconds=MINUTE) is (other == holder)
            leases.end_lease("janitor", holder=holder)

    @rule("The threads of one process compete as well: asking and taking must be one step.")
    def test_of_many_threads_one_has_it(self, store: object) -> None:
        leases = granting(store)
        won = at_once(*(lambda n=n: leases.lease("janitor", holder=f"t{n}", seconds=MINUTE) for n in range(8)))
        assert sum(won) == 1

    @rule("A lease is of the store, not of an object: a restart of one process must not give its job to two.")
    def test_a_lease_outlives_its_holders_object(self, open_store: Callable[[], object]) -> None:
        self.needs(Capability.PERSISTENT)
        first: Any = open_store()
        assert granting(first).lease("janitor", holder="one", seconds=MINUTE)
        first.close()
        second = granting(open_store())
        assert not second.lease("janitor", holder="two", seconds=MINUTE)
        assert second.lease("janitor", holder="one", seconds=MINUTE)

    @rule("It is between processes that leases matter: there no lock in memory helps.")
    def test_of_many_processes_one_at_a_time_has_it(self, store: object, options: Any, archive_dir: Path, tmp_path: Path) -> None:
        granting(store)
        self.needs(Capability.SHARED)
        task = task_for(self.adapter, options, archive_dir, room=str(tmp_path / "room"), rounds=15)
        with ExitStack() as stack:
            children = [stack.enter_context(child(CHILD, {**task, "holder": f"child {n}"})) for n in range(4)]
            for each in children:
                begin(each)
            told = [each.communicate()[0] for each in children]
        assert told == ["alone 15 times\n"] * 4
