"""Of several processes, one makes an answer: each is a flight of its own here, over the leases of one index."""

from __future__ import annotations

import pytest

from failing_store import unreachable
from flights import Caller, Gate, Job, Shelf, Waiters
from forked import run_in_fork
from lixcore.errors import ClosedError, StoreError, StoreRefusedError
from lixcore.services.answers.flight_leases import LEASE_SECONDS, RENEWED_AFTER, FlightLeases
from lixcore.services.answers.single_flight import FIRST_PAUSE, LONGEST_PAUSE, SingleFlight
from lixcore.services.reuse.cache_guard import CacheGuard
from lixcore_memory import MemorySimilarityIndex
from semantic_houses import FailingIndex
from settable_clock import SettableClock

KEY = b"k" * 32
WAIT = 30.0


class Process:
    """What one process has."""

    def __init__(self, index: object, clock: SettableClock, shelf: Shelf, *, raise_failures: bool = False) -> None:
        self.clock = clock
        self.shelf = shelf
        self.waiters = Waiters()
        self.store = FailingIndex(index)
        self.guard = CacheGuard("semantic", clock, raise_failures=raise_failures)
        self.leases = FlightLeases(self.store, clock, self.guard)
        self.leases.close()  # no thread renews them: the test does
        self.flight = SingleFlight(clock, self.leases, wait_seconds=WAIT, pause=self.waiters)

    def job(self, name: bytes, *, gate: Gate | None = None) -> Job:
        return Job(self.shelf, name, gate=gate)

    def call(self, job: Job) -> Caller[list[bytes]]:
        return Caller(lambda: self.flight.run(KEY, job))


class House:
    """Two processes; the first is making the answer, and has stopped in the middle."""

    def __init__(self) -> None:
        self.clock = SettableClock()
        self.index = MemorySimilarityIndex(self.clock)
        self.shelf = Shelf()
        self.one, self.two = self.process(), self.process()
        self.gate = Gate()
        self.job = self.one.job(b"one", gate=self.gate)
        self.maker = self.one.call(self.job)
        self.gate.reached()

    def process(self, *, raise_failures: bool = False) -> Process:
        return Process(self.index, self.clock, self.shelf, raise_failures=raise_failures)

    def pass_time(self, seconds: float) -> None:
        """The first process renews its lease meanwhile."""
        end = self.clock.elapsed + seconds
        while (left := end - self.clock.elapsed) > 0:
            self.clock.advance(min(left, RENEWED_AFTER))
            self.one.leases.renew()

    def lease_is_free(self) -> bool:
        name = f"flight-{KEY.hex()}"
        free = self.index.lease(name, holder="a test", seconds=1)
        self.index.end_lease(name, holder="a test")
        return free


@pytest.fixture
def house() -> House:
    return House()


def test_another_process_waits_for_the_answer_and_finds_it_where_it_is_stored(house: House) -> None:
    waiter = house.two.job(b"two")
    callers = [house.two.call(waiter), house.two.call(house.two.job(b"three"))]
    house.two.waiters.waiting(2)
    assert not house.lease_is_free()
    house.gate.open()
    assert house.maker.result() == [b"one"]
    house.two.waiters.time_is_over()
    assert [caller.result() for caller in callers] == [[b"one"]] * 2
    assert waiter.made == 0
    assert house.lease_is_free()


def test_it_looks_again_after_growing_pauses(house: House) -> None:
    waiter = house.two.job(b"two")
    caller = house.two.call(waiter)
    for number in range(20):
        house.two.waiters.waiting()
        assert waiter.looked == number + 1, "one look for each pause"
        house.two.waiters.time_is_over()
    house.two.waiters.waiting()
    house.gate.open()
    house.maker.result()
    house.two.waiters.time_is_over()
    caller.result()
    seconds = house.two.waiters.seconds
    assert seconds[0] == FIRST_PAUSE
    assert seconds == sorted(seconds)
    assert seconds[-1] == LONGEST_PAUSE


def test_no_pause_is_longer_than_the_rest_of_the_wait(house: House) -> None:
    caller = house.two.call(house.two.job(b"two"))
    house.two.waiters.waiting()
    house.pass_time(WAIT - 0.004)
    house.two.waiters.time_is_over()
    house.two.waiters.waiting()
    assert house.two.waiters.seconds[-1] == pytest.approx(0.004)
    house.pass_time(0.004)
    house.two.waiters.time_is_over()
    assert caller.result() == [b"two"], "it has waited long enough"
    house.gate.open()
    house.maker.result()


def test_when_the_maker_fails_or_shares_nothing_the_other_process_makes_it_as_soon_as_it_looks(house: House) -> None:
    house.job.failure = ZeroDivisionError("odd")
    waiter = house.two.job(b"two")
    caller = house.two.call(waiter)
    house.two.waiters.waiting()
    house.gate.open()
    with pytest.raises(ZeroDivisionError):
        house.maker.result()
    house.two.waiters.time_is_over()
    assert (caller.result(), waiter.made) == ([b"two"], 1)
    assert house.lease_is_free()


def test_when_the_maker_dies_its_lease_ends_by_itself(house: House) -> None:
    """Nobody renews it any more."""
    waiter = house.two.job(b"two")
    caller = house.two.call(waiter)
    house.two.waiters.waiting()
    house.clock.advance(LEASE_SECONDS - 0.01)
    house.two.waiters.time_is_over()
    house.two.waiters.waiting()
    house.clock.advance(0.01)
    house.two.waiters.time_is_over()
    assert (caller.result(), waiter.made) == ([b"two"], 1)
    house.gate.open()
    assert house.maker.result() == [b"one"]


def test_a_maker_that_lives_keeps_its_lease_however_long_it_takes(house: House) -> None:
    for _ in range(40):
        house.clock.advance(RENEWED_AFTER)
        due = house.one.leases.renew()
        assert due is not None
        assert 0 < due <= RENEWED_AFTER
        assert not house.lease_is_free()
    house.gate.open()
    house.maker.result()
    assert house.lease_is_free()
    assert house.one.leases.renew() is None


def test_a_lease_is_renewed_when_it_is_due_and_not_before(house: House) -> None:
    house.one.store.calls.clear()
    house.one.leases.renew()
    house.clock.advance(RENEWED_AFTER - 0.01)
    house.one.leases.renew()
    assert house.one.store.calls == []
    house.clock.advance(0.01)
    house.one.leases.renew()
    assert house.one.store.calls == ["lease"]
    house.gate.open()
    house.maker.result()


def test_a_renewal_on_its_way_does_not_outlive_the_answer(house: House) -> None:
    """The lease is given back while it is renewed: it would keep the others waiting until its end."""
    renewing = Gate()
    lease = house.one.store.lease

    def slow(name: str, *, holder: str, seconds: float) -> bool:
        renewing.stop()
        return bool(lease(name, holder=holder, seconds=seconds))

    house.one.store.lease = slow  # type: ignore[method-assign]
    house.clock.advance(RENEWED_AFTER)
    renewal = Caller(house.one.leases.renew)
    renewing.reached()
    house.gate.open()
    house.maker.result()
    renewing.open()
    renewal.result()
    assert house.lease_is_free()


def test_a_lease_that_was_lost_is_not_taken_from_its_new_holder(house: House) -> None:
    """The process was stopped for longer than the lease lasts."""
    house.clock.advance(LEASE_SECONDS)
    gate = Gate()
    second = house.two.call(house.two.job(b"two", gate=gate))
    gate.reached()
    assert house.one.leases.renew() is None
    house.gate.open()
    house.maker.result()
    assert not house.lease_is_free()
    gate.open()
    second.result()
    assert house.lease_is_free()


def test_a_failing_renewal_is_tried_again(house: House) -> None:
    house.one.store.failure = unreachable
    house.clock.advance(RENEWED_AFTER)
    assert house.one.leases.renew() is not None
    house.one.store.failure = None
    assert house.one.leases.renew() is not None
    house.clock.advance(LEASE_SECONDS - 0.01)
    assert not house.lease_is_free()
    house.gate.open()
    house.maker.result()


@pytest.mark.parametrize("error", [unreachable(), StoreRefusedError("here", "no rights"), ClosedError("the index")])
def test_a_lease_that_cannot_be_given_back_is_nobodys_trouble(house: House, error: StoreError) -> None:
    house.one.store.failure = lambda: error
    house.gate.open()
    assert house.maker.result() == [b"one"]
    house.clock.advance(LEASE_SECONDS)
    assert house.lease_is_free()


def test_where_leases_cannot_be_had_the_answer_is_made() -> None:
    house = House()
    house.two.store.failure = unreachable
    assert house.two.flight.run(KEY, house.two.job(b"two")) == [b"two"]
    assert house.two.guard.is_away
    house.two.store.calls.clear()
    house.two.shelf.answer = None
    assert house.two.flight.run(KEY, house.two.job(b"again")) == [b"again"]
    assert house.two.store.calls == [], "a store that is away is not asked for leases"
    house.gate.open()
    house.maker.result()


def test_where_errors_are_raised_that_of_a_lease_is_too() -> None:
    house = House()
    process = house.process(raise_failures=True)
    process.store.failure = unreachable
    with pytest.raises(StoreError):
        process.flight.run(KEY, process.job(b"two"))
    assert not process.flight._flights
    house.gate.open()
    house.maker.result()


def test_who_waits_for_another_process_gets_what_his_own_process_makes_meanwhile(house: House) -> None:
    """A caller that came before has waited long enough, and makes it; it cannot be stored."""
    leader_job = house.two.job(b"leader")
    leader = house.two.call(leader_job)
    house.two.waiters.waiting()
    house.two.flight._wait_seconds = 0.0
    hasty = house.two.job(b"hasty")
    hasty.is_stored = False
    assert house.two.flight.run(KEY, hasty) == [b"hasty"]
    assert (leader.result(), leader_job.made) == ([b"hasty"], 0)
    house.gate.open()
    house.maker.result()


def test_a_child_holds_and_ends_no_lease_of_its_parent(house: House) -> None:
    def in_child() -> None:
        assert house.one.leases.renew() is None
        house.one.leases.end(KEY)
        assert not house.lease_is_free()

    assert run_in_fork(in_child) == 0
    house.gate.open()
    house.maker.result()
