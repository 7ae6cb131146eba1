"""Of the callers in a process that want the same, one makes it. Nothing here waits for a time to pass."""

from __future__ import annotations

import threading

import pytest

from flights import Caller, Gate, Job, Shelf, Waiters
from forked import run_in_fork
from lixcore.services.answers.flight_leases import FlightLeases
from lixcore.services.answers.single_flight import Share, SingleFlight
from lixcore.services.reuse.cache_guard import CacheGuard
from settable_clock import SettableClock

KEY, OTHER = b"k" * 32, b"o" * 32
WAIT = 30.0


class House:
    def __init__(self, wait_seconds: float = WAIT) -> None:
        self.clock = SettableClock()
        self.waiters = Waiters()
        self.shelf = Shelf()
        guard = CacheGuard("semantic", self.clock, raise_failures=True)
        leases = FlightLeases(None, self.clock, guard)
        self.flight = SingleFlight(self.clock, leases, wait_seconds=wait_seconds, pause=self.waiters)

    def job(self, name: bytes, *, gate: Gate | None = None) -> Job:
        return Job(self.shelf, name, gate=gate)

    def call(self, job: Job, key: bytes = KEY) -> Caller[list[bytes]]:
        return Caller(lambda: self.flight.run(key, job))

    def first_and_waiting(self, count: int) -> tuple[Job, Caller[list[bytes]], list[Job], list[Caller[list[bytes]]]]:
        """One who makes it and has stopped in the middle, and others who wait for it."""
        job = self.job(b"first", gate=Gate())
        first = self.call(job)
        gate_of(job).reached()
        jobs = [self.job(b"waiter %d" % number) for number in range(count)]
        callers = [self.call(each) for each in jobs]
        self.waiters.waiting(count)
        return job, first, jobs, callers


def gate_of(job: Job) -> Gate:
    assert job.gate is not None
    return job.gate


@pytest.fixture
def house() -> House:
    return House()


def test_one_makes_it_and_the_others_get_it_each_his_own(house: House) -> None:
    job, first, jobs, callers = house.first_and_waiting(5)
    gate_of(job).open()
    results = [first.result(), *(caller.result() for caller in callers)]
    assert results == [[b"first"]] * 6
    assert len({id(result) for result in results}) == 6
    assert [each.made for each in jobs] == [0] * 5
    assert not house.flight._flights


def test_what_cannot_be_stored_is_handed_to_those_who_wait_and_made_again_for_those_who_come_later(house: House) -> None:
    job, first, _, callers = house.first_and_waiting(3)
    job.is_stored = False
    gate_of(job).open()
    assert [caller.result() for caller in [first, *callers]] == [[b"first"]] * 4
    assert house.flight.run(KEY, house.job(b"later")) == [b"later"]


def test_who_comes_between_the_miss_and_the_flight_finds_what_was_made_meanwhile(house: House) -> None:
    house.shelf.answer = b"meanwhile"
    job = house.job(b"mine")
    assert house.flight.run(KEY, job) == [b"meanwhile"]
    assert (job.looked, job.made) == (1, 0)


@pytest.mark.parametrize("failure", [ZeroDivisionError("odd"), KeyboardInterrupt(), SystemExit()])
def test_a_failure_goes_to_its_own_caller_and_one_of_the_others_takes_over(house: House, failure: BaseException) -> None:
    job, first, jobs, callers = house.first_and_waiting(4)
    job.failure = failure
    next_gate = Gate()
    for each in jobs:
        each.gate = next_gate
    gate_of(job).open()
    with pytest.raises(type(failure)) as caught:
        first.result()
    assert caught.value is failure
    next_gate.reached()
    house.waiters.waiting(3)
    assert sum(each.made for each in jobs) == 1, "one takes over"
    next_gate.open()
    results = {tuple(caller.result()) for caller in callers}
    assert len(results) == 1
    assert sum(each.made for each in jobs) == 1


def test_each_of_those_who_fail_gets_his_own_error(house: House) -> None:
    job, first, jobs, callers = house.first_and_waiting(3)
    for number, each in enumerate([job, *jobs]):
        each.failure = ValueError(str(number))
    gate_of(job).open()
    for number, caller in enumerate([first, *callers]):
        with pytest.raises(ValueError, match=str(number)):
            caller.result()
    assert [each.made for each in jobs] == [1, 1, 1]
    assert not house.flight._flights


def test_what_was_made_and_could_not_be_stored_is_shared_all_the_same(house: House) -> None:
    """Where errors of the store are raised, they are the maker's; the answer is there."""
    job, first, _, callers = house.first_and_waiting(2)
    job.failure_of_store = OSError("no room")
    gate_of(job).open()
    with pytest.raises(OSError, match="no room"):
        first.result()
    assert [caller.result() for caller in callers] == [[b"first"]] * 2


def test_who_has_waited_long_enough_makes_it_himself_and_all_others_get_that(house: House) -> None:
    job, first, jobs, [early] = house.first_and_waiting(1)
    house.clock.advance(WAIT - 1)
    late = house.call(house.job(b"late"))
    house.waiters.waiting()
    assert house.waiters.seconds == [WAIT, WAIT]
    house.clock.advance(1)
    house.waiters.time_is_over()
    assert early.result() == [b"waiter 0"]
    assert late.result() == [b"waiter 0"]
    assert not first.is_done
    assert house.flight.run(KEY, house.job(b"later")) == [b"waiter 0"]
    gate_of(job).open()
    assert first.result() == [b"first"]
    assert [jobs[0].made, job.made] == [1, 1]
    assert not house.flight._flights


def test_a_wait_that_ends_too_early_goes_on(house: House) -> None:
    """Conditions may wake without a reason."""
    job, first, _, [caller] = house.first_and_waiting(1)
    house.clock.advance(WAIT / 3)
    house.waiters.time_is_over()
    house.waiters.waiting()
    assert house.waiters.seconds == [WAIT, WAIT - WAIT / 3]
    gate_of(job).open()
    assert (first.result(), caller.result()) == ([b"first"], [b"first"])


def test_who_waits_not_at_all_makes_it_at_once() -> None:
    house = House(wait_seconds=0.0)
    job = house.job(b"first", gate=Gate())
    first = house.call(job)
    gate_of(job).reached()
    assert house.flight.run(KEY, house.job(b"second")) == [b"second"]
    gate_of(job).open()
    first.result()


def test_other_answers_are_made_at_the_same_time(house: House) -> None:
    job, first, _, _ = house.first_and_waiting(0)
    assert house.flight.run(OTHER, Job(Shelf(), b"other")) == [b"other"]
    gate_of(job).open()
    first.result()


def test_who_asks_for_what_he_is_just_making_makes_it_at_once(house: House) -> None:
    class Nested(Job):
        def make(self, share: Share) -> list[bytes]:
            inner = house.flight.run(KEY, house.job(b"inner"))
            again = house.flight.run(KEY, house.job(b"again"))
            return inner + again + super().make(share)

    assert house.flight.run(KEY, Nested(house.shelf, b"outer")) == [b"inner", b"again", b"outer"]
    assert not house.flight._flights
    assert house.flight._making.keys == set()


def test_an_interrupted_wait_leaves_nothing_behind(house: House) -> None:
    job, first, _, _ = house.first_and_waiting(0)

    def interrupted(_: threading.Condition, __: float) -> None:
        raise KeyboardInterrupt

    house.flight._pause = interrupted
    with pytest.raises(KeyboardInterrupt):
        house.flight.run(KEY, house.job(b"waiter"))
    gate_of(job).open()
    assert first.result() == [b"first"]


def test_a_child_does_not_wait_for_its_parents_threads(house: House) -> None:
    job, first, _, callers = house.first_and_waiting(2)

    def in_child() -> None:
        assert house.flight.run(KEY, house.job(b"child")) == [b"child"]

    with house.flight._lock:
        assert run_in_fork(in_child) == 0
    gate_of(job).open()
    assert [caller.result() for caller in [first, *callers]] == [[b"first"]] * 3


def test_a_child_that_is_forked_by_the_maker_ends_on_its_own(house: House) -> None:
    """The child goes on within ``make`` and returns from it, as programs with workers do."""

    class Forks(Job):
        def make(self, share: Share) -> list[bytes]:
            def in_child() -> None:
                assert house.flight.run(OTHER, Job(Shelf(), b"other")) == [b"other"]
                house.flight._land(KEY, b"the child's")

            assert run_in_fork(in_child) == 0
            return super().make(share)

    waiting = house.job(b"waiting")
    job = Forks(house.shelf, b"forks", gate=Gate())
    first = house.call(job)
    gate_of(job).reached()
    caller = house.call(waiting)
    house.waiters.waiting()
    gate_of(job).open()
    assert (first.result(), caller.result()) == ([b"forks"], [b"forks"])
