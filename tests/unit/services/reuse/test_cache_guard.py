"""A cache's store fails: what callers get, how often it is asked, what is counted and told."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import pytest

from failing_store import unanswered, unreachable
from forked import run_in_fork
from guarded_stores import GuardedStore
from lixcore.errors import (
    ClosedError,
    ConfigError,
    CorruptDataError,
    InvalidInputError,
    LixError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    StoreRefusedError,
)
from lixcore.services.reuse.cache_guard import PROBE_SECONDS, TOLD_EVERY_SECONDS

PATIENCE = 20.0


@pytest.fixture
def house() -> GuardedStore:
    return GuardedStore()


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.INFO, logger="lixcore.cache")

    def messages() -> list[str]:
        found = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return found

    return messages


def test_while_all_is_well_nothing_is_told_or_counted(house: GuardedStore, told: Callable[[], list[str]]) -> None:
    assert [house.ask(), house.ask()] == ["found", "found"]
    state = house.guard.state()
    assert (state.name, state.is_away, state.failing_since, state.times_away) == ("semantic", False, None, 0)
    assert (state.failures, state.last_error, house.counted, told()) == (0, None, 0, [])


@pytest.mark.parametrize("error", [unreachable(), unanswered()])
def test_a_store_that_is_away_is_a_miss_told_once_and_asked_once_a_second(
    house: GuardedStore, error: StoreError, told: Callable[[], list[str]]
) -> None:
    house.store.failure = error
    began = house.clock.now()
    for second in range(5):
        for _ in range(10):
            assert house.ask() is None
        assert house.store.asked == second + 1
        house.clock.advance(PROBE_SECONDS)
    [message] = told()
    assert "semantic cache is away" in message
    assert str(error) in message
    state = house.guard.state()
    assert (state.is_away, state.failing_since, state.times_away) == (True, began, 1)
    assert (state.failures, house.counted, state.last_error) == (50, 50, str(error))
    assert house.guard.is_away


def test_its_return_is_told_and_all_calls_go_to_it_again(house: GuardedStore, told: Callable[[], list[str]]) -> None:
    house.store.failure = unreachable()
    house.ask()
    house.store.failure = None
    house.clock.advance(PROBE_SECONDS - 0.01)
    assert house.ask() is None, "it is left alone until the second is over"
    house.clock.advance(0.01)
    assert [house.ask() for _ in range(5)] == ["found"] * 5
    assert house.store.asked == 6
    assert told()[1:] == ["the store of the semantic cache works again after 1.0 s"]
    state = house.guard.state()
    assert (state.is_away, state.failing_since, state.times_away, state.failures) == (False, None, 1, 2)
    assert state.last_error == str(unreachable())


def test_each_outage_is_told(house: GuardedStore, told: Callable[[], list[str]]) -> None:
    for _ in range(3):
        house.store.failure = unreachable()
        house.ask()
        house.store.failure = None
        house.clock.advance(PROBE_SECONDS)
        house.ask()
    assert len(told()) == 6
    assert house.guard.state().times_away == 3


def test_one_thread_asks_a_store_that_is_away_and_the_others_go_on(house: GuardedStore) -> None:
    """The one that asks waits for a time-out; and what else fails meanwhile sends no second one."""
    house.store.failure = unreachable()
    house.ask()
    house.clock.advance(PROBE_SECONDS)
    asks, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        asks.set()
        assert go_on.wait(PATIENCE)
        raise unreachable()

    prober = threading.Thread(target=lambda: house.guard.ask(slow, None))
    prober.start()
    assert asks.wait(PATIENCE)
    for _ in range(5):
        house.clock.advance(PROBE_SECONDS)
        assert house.ask() is None
        house.guard.report(unreachable())  # of a call that began before the outage
    assert house.store.asked == 1
    go_on.set()
    prober.join(PATIENCE)
    assert house.ask() is None
    assert house.store.asked == 1, "a second after the answer, not before"
    house.clock.advance(PROBE_SECONDS)
    house.ask()
    assert house.store.asked == 2


FAILING = [
    StoreBusyError("here", "others write"),
    StoreFullError("here", "no room"),
    StoreRefusedError("here", "wrong password"),
]


@pytest.mark.parametrize("error", FAILING)
def test_a_store_that_answers_with_an_error_is_a_miss_and_not_away(
    house: GuardedStore, error: StoreError, told: Callable[[], list[str]]
) -> None:
    house.store.failure = error
    for number in range(5):
        assert house.ask() is None
        assert house.store.asked == number + 1
    state = house.guard.state()
    assert (state.is_away, state.failing_since, state.times_away, state.failures) == (False, house.clock.now(), 0, 5)
    [message] = told()
    assert message == f"the store of the semantic cache fails, and what it refuses is a miss: {error}", "reads may work"
    house.clock.advance(3)
    house.store.failure = None
    assert house.ask() == "found"
    assert told() == ["the store of the semantic cache works again after 3.0 s"]
    assert house.guard.state().failing_since is None


def test_what_fails_and_works_by_turns_is_told_once_a_minute(house: GuardedStore, told: Callable[[], list[str]]) -> None:
    """As where the store takes no more writes, and answers reads."""
    for _ in range(2 * int(TOLD_EVERY_SECONDS)):
        house.store.failure = StoreFullError("here", "no room")
        assert house.ask() is None
        house.store.failure = None
        assert house.ask() == "found"
        house.clock.advance(1)
    assert len(told()) == 4
    assert house.guard.state().failures == 2 * int(TOLD_EVERY_SECONDS)


@pytest.mark.parametrize("error", FAILING)
def test_any_answer_ends_an_absence(house: GuardedStore, error: StoreError) -> None:
    house.store.failure = unreachable()
    house.ask()
    since = house.clock.now()
    house.clock.advance(PROBE_SECONDS)
    house.store.failure = error
    house.ask()
    house.ask()
    assert house.store.asked == 3
    state = house.guard.state()
    assert (state.is_away, state.failing_since) == (False, since)
    house.store.failure = unreachable()
    house.ask()
    assert (house.guard.is_away, house.guard.state().times_away) == (True, 2)


def test_damage_is_counted_and_told_once_a_minute_and_is_no_outage(house: GuardedStore, told: Callable[[], list[str]]) -> None:
    for _ in range(int(TOLD_EVERY_SECONDS)):
        house.guard.report(CorruptDataError("an entry", "is damaged"))
        house.store.failure = CorruptDataError("an entry", "is damaged")
        assert house.ask() is None
        house.store.failure = None
        assert house.ask() == "found"
        house.clock.advance(1)
    [message] = told()
    assert "passes over what is damaged" in message
    house.guard.report(CorruptDataError("an entry", "is damaged"))
    assert len(told()) == 1
    state = house.guard.state()
    assert (state.failing_since, state.failures, house.counted) == (None, 2 * int(TOLD_EVERY_SECONDS) + 1, state.failures)


@pytest.mark.parametrize("error", [unreachable(), CorruptDataError("an entry", "is damaged"), *FAILING])
def test_raising_gives_each_caller_the_error_of_his_own_call(error: StoreError, told: Callable[[], list[str]]) -> None:
    house = GuardedStore(raise_failures=True)
    house.store.failure = error
    for number in range(3):
        with pytest.raises(type(error)) as caught:
            house.ask()
        assert caught.value is error
        assert house.store.asked == number + 1
    with pytest.raises(type(error)):
        house.guard.report(error)
    state = house.guard.state()
    assert (state.failures, house.counted, state.last_error) == (4, 4, str(error))
    house.store.failure = None
    assert house.ask() == "found"
    assert (house.guard.state().failing_since, house.guard.is_away, told()) == (None, False, [])


@pytest.mark.parametrize("raise_failures", [False, True])
@pytest.mark.parametrize(
    "error",
    [
        InvalidInputError("embedding", "is odd"),
        ClosedError("it"),
        ConfigError("it is odd"),
        ZeroDivisionError(),
        KeyboardInterrupt(),
    ],
)
def test_what_is_no_failure_of_the_store_is_the_callers(error: BaseException, raise_failures: bool) -> None:  # noqa: FBT001  # pytest gives it
    house = GuardedStore(raise_failures=raise_failures)
    house.store.failure = error
    with pytest.raises(type(error)):
        house.ask()
    assert (house.guard.state().failures, house.counted) == (0, 0)


@pytest.mark.parametrize("error", [InvalidInputError("embedding", "is odd"), KeyboardInterrupt()])
def test_a_question_that_ends_otherwise_leaves_the_next_one_to_another_call(house: GuardedStore, error: LixError) -> None:
    house.store.failure = unreachable()
    house.ask()
    house.clock.advance(PROBE_SECONDS)
    house.store.failure = error
    with pytest.raises(type(error)):
        house.ask()
    house.store.failure = None
    assert house.ask() is None
    assert house.guard.is_away
    house.clock.advance(PROBE_SECONDS)
    assert house.ask() == "found"


def test_what_is_kept_of_an_error_is_its_text(house: GuardedStore) -> None:
    """An error holds the frames it came through, with the responses that were on their way."""
    house.store.failure = unreachable()
    house.ask()
    assert all(not isinstance(value, BaseException) for value in vars(house.guard).values())


def test_a_child_that_was_forked_while_others_asked_can_ask(house: GuardedStore) -> None:
    house.store.failure = unreachable()
    house.ask()
    house.clock.advance(PROBE_SECONDS)
    asks, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        asks.set()
        assert go_on.wait(PATIENCE)

    prober = threading.Thread(target=lambda: house.guard.ask(slow, None))
    prober.start()
    assert asks.wait(PATIENCE)
    house.store.failure = None

    def in_child() -> None:
        house.clock.advance(PROBE_SECONDS)
        assert house.ask() == "found"
        assert not house.guard.is_away

    with house.guard._lock:
        assert run_in_fork(in_child) == 0
    go_on.set()
    prober.join(PATIENCE)
