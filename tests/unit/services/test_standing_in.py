"""The archive in the hot store's stead: what goes there, what is read from there, and how the two become one again."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from failing_store import FailingStore, unanswered
from lixcore import CacheConfig, Stack
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, InvalidInputError, StoreBusyError, StoreFullError, StoreUnavailableError
from outages import BATCH, SESSION, WINDOW, World
from settable_clock import SettableClock


def texts(count: int, start: int = 1) -> list[str]:
    return [f"m{number}" for number in range(start, start + count)]


@pytest.mark.parametrize("before", [0, 1, WINDOW, WINDOW + BATCH, 30])
@pytest.mark.parametrize("meanwhile", [1, WINDOW, 3 * WINDOW])
def test_what_was_said_before_meanwhile_and_after_is_one_conversation(before: int, meanwhile: int) -> None:
    process = World().process()
    process.add(*texts(before))
    process.lose_hot_store()
    process.add(*texts(meanwhile, before + 1))
    assert process.context()[-meanwhile:] == texts(meanwhile, before + 1)[-WINDOW:]
    process.find_hot_store()
    said = texts(before + meanwhile)
    assert process.context() == said[-WINDOW:]
    process.add("after")
    assert process.context() == [*said, "after"][-WINDOW:]
    assert process.history() == [*said, "after"]


def test_reads_come_from_the_archive() -> None:
    process = World().process()
    process.add(*texts(12))
    process.layer.window.flush(SESSION)
    process.lose_hot_store()
    assert process.context() == texts(12)[-WINDOW:]
    assert process.history() == texts(12)
    assert process.layer.window.stats(SESSION).messages == 12


def test_the_first_look_after_the_return_is_an_add() -> None:
    process = World().process()
    process.add(*texts(5))
    process.lose_hot_store()
    process.add("m6")
    process.find_hot_store()
    process.add("m7")
    assert process.context() == ["m4", "m5", "m6", "m7"]


def test_an_add_whose_outcome_is_unknown_raises_and_the_next_one_goes_to_the_archive() -> None:
    """Stored by both, it would be there twice."""
    world = World()
    process = world.process()
    process.add("m1")
    process.way.failure, process.way.methods, process.way.after_effect = unanswered, {"append"}, True
    with pytest.raises(StoreUnavailableError) as raised:
        process.add("m2")
    assert raised.value.outcome_unknown
    process.way.methods, process.way.after_effect = (), False
    process.add("m3")
    process.find_hot_store()
    assert process.context() == process.history() == ["m1", "m2", "m3"]


def test_a_restore_whose_outcome_is_unknown_keeps_no_message_from_being_stored() -> None:
    world = World()
    process = world.process()
    process.add(*texts(6))
    assert process.layer.tiering.evict(SESSION)
    process.way.failure, process.way.methods, process.way.after_effect = unanswered, {"restore"}, True
    process.add("m7")
    process.way.methods, process.way.after_effect = (), False
    process.add("m8")
    process.find_hot_store()
    assert process.context() == texts(8)[-WINDOW:]
    assert process.history() == texts(8)


def test_the_process_dies_before_the_hot_store_is_back() -> None:
    """What it left in the archive is brought together by whoever comes next."""
    world = World()
    dying = world.process()
    dying.add(*texts(5))
    dying.lose_hot_store()
    dying.add("m6", "m7")
    other = world.process()
    assert other.context() == texts(7)[-WINDOW:]
    other.add("m8")
    assert other.history() == texts(8)


@pytest.mark.parametrize("sweeps", [False, True])
def test_a_process_that_never_lost_it_sees_what_another_one_archived(sweeps: bool) -> None:  # noqa: FBT001  # a parameter
    """At the latest when it, or anyone's janitor, looks for such sessions."""
    world = World()
    cut_off, connected = world.process(), world.process()
    connected.add(*texts(3))
    assert connected.context() == texts(3)
    cut_off.lose_hot_store()
    cut_off.add("m4")
    connected.add("m5")
    if sweeps:
        assert connected.layer.reconciler.sweep() == 1
        assert connected.context() == texts(5)[-WINDOW:]
    cut_off.find_hot_store()
    assert cut_off.context() == texts(5)[-WINDOW:]
    assert connected.history() == texts(5)
    assert connected.context() == texts(5)[-WINDOW:]


def test_a_clock_that_is_behind_the_hot_stores_keeps_the_order() -> None:
    world = World()
    process = world.process(clock=SettableClock(world.clock.time - 3600))
    process.add(*texts(3))
    process.lose_hot_store()
    process.add(*texts(3, 4))
    process.find_hot_store()
    process.add("m7")
    assert process.history() == texts(7)
    assert process.context() == texts(7)[-WINDOW:]


def test_two_processes_without_a_hot_store_lose_nothing_to_each_other() -> None:
    world = World()
    first, second = world.process(), world.process()
    for each in (first, second):
        each.lose_hot_store()
    for number in range(20):
        first.add(f"a{number:02}")
        world.clock.advance(-0.001)  # at the same instant
        second.add(f"b{number:02}")
    said = first.history()
    assert said == second.history()
    assert sorted(said) == [f"{name}{number:02}" for name in "ab" for number in range(20)]
    for name in "ab":
        own = [text for text in said if text[0] == name]
        assert own == sorted(own)


def test_a_context_cleared_meanwhile_stays_cleared() -> None:
    process = World().process()
    process.add(*texts(5))
    process.lose_hot_store()
    process.add("m6")
    process.layer.window.clear(SESSION)
    assert process.context() == []
    process.add("m7")
    assert process.context() == ["m7"]
    process.find_hot_store()
    assert process.context() == ["m7"]
    assert process.history() == texts(7)


@pytest.mark.parametrize("operation", ["flush", "forget"])
def test_what_cannot_be_done_without_it_raises(operation: str) -> None:
    process = World().process()
    process.add(*texts(5))
    process.lose_hot_store()
    process.add("m6")
    with pytest.raises(StoreUnavailableError, match="connection refused"):
        getattr(process.layer.window, operation)(SESSION)
    process.find_hot_store()
    assert process.history() == texts(6)


def test_it_is_told_once_each_way(caplog: pytest.LogCaptureFixture) -> None:
    process = World().process()
    process.add(*texts(WINDOW + BATCH))
    with caplog.at_level(logging.INFO, logger="lixcore"):
        process.lose_hot_store()
        process.add(*texts(50, 100))
        process.context()
        assert [record.message for record in caplog.records] == [
            "the hot store is away, sessions are served from the archive until it is back: redis://nowhere: connection refused"
        ]
        process.find_hot_store()
        process.add("after")
        process.context()
    assert len(caplog.records) == 2
    assert caplog.records[1].message.startswith("the hot store is back after ")


def test_a_store_that_is_away_is_asked_once_a_second() -> None:
    process = World().process()
    process.lose_hot_store()
    process.add("m1")
    process.way.calls.clear()
    for _ in range(100):
        process.clock.elapsed += 0.05
        process.clock.elapsed -= 0.001  # what `add` lets pass
        process.add("more")
    assert 4 <= len(process.way.calls) <= 5
    assert set(process.way.calls) == {"describe"}


def test_where_failures_are_the_callers_they_are_raised() -> None:
    process = World().process(stands_in=False)
    process.add("m1")
    process.lose_hot_store()
    for ask in (lambda: process.add("m2"), process.context, process.history):
        with pytest.raises(StoreUnavailableError):
            ask()
    process.find_hot_store()
    assert process.context() == ["m1"]


def busy() -> StoreBusyError:
    return StoreBusyError("a file", "was locked by another process for 5 seconds")


def test_the_archive_does_not_stand_in_for_a_store_that_is_only_busy() -> None:
    """Others use the hot store at this moment, and would not see what is archived."""
    process = World().process()
    process.add("m1")
    process.way.failure = busy
    for ask in (lambda: process.add("m2"), process.context, process.history):
        with pytest.raises(StoreBusyError):
            ask()
    process.way.failure = None  # no time has passed
    process.add("m3")
    assert process.context() == process.history() == ["m1", "m3"]


def out_of_memory() -> StoreFullError:
    return StoreFullError("redis://small", "the server is out of memory")


def test_a_full_hot_store_is_stood_in_for_session_by_session() -> None:
    """It refuses entries and gives what it holds; the session leaves it, which makes room."""
    world = World()
    process = world.process()
    process.add(*texts(5))
    process.add("elsewhere", session=SessionKey("other"))
    process.way.failure, process.way.methods = out_of_memory, {"append", "restore"}
    process.add("m6", "m7")
    assert world.hot.describe(SESSION) is None
    assert process.context() == texts(7)[-WINDOW:]
    assert process.context(SessionKey("other")) == ["elsewhere"]
    process.find_hot_store()
    process.add("m8")
    assert process.context() == texts(8)[-WINDOW:]
    assert process.history() == texts(8)
    assert world.hot.describe(SESSION) is not None


class DeadError(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("calls_before", range(4))
def test_a_crash_while_the_archive_stands_in_leaves_context_and_history_agreeing(
    calls_before: int,
    after_effect: bool,  # noqa: FBT001  # a parameter
) -> None:
    world = World()
    process = world.process()
    process.add(*texts(3))
    process.lose_hot_store()
    archive: Any = FailingStore(world.archive)
    archive.after_effect = after_effect
    for part in (process.layer.window, process.layer.journal):
        part._archive = archive
    left = [calls_before]

    def dead() -> BaseException | None:
        left[0] -= 1
        return DeadError() if left[0] < 0 else None

    archive.methods, archive.failure = {"append"}, dead
    if calls_before < 2:  # the note, the message
        with pytest.raises(DeadError):
            process.add("m4")
    else:
        process.add("m4")
    other = world.process()
    history = other.history()
    assert history in (texts(3), texts(4))
    assert other.context() == history[-WINDOW:]


def test_a_crash_in_the_middle_of_a_clear_leaves_a_fresh_context_or_the_old_one() -> None:
    """The call had not returned; but once the new start is noted, what is cleared does not come back."""
    world = World()
    process = world.process()
    process.add(*texts(3))
    process.way.failure, process.way.methods = DeadError, {"evict"}
    with pytest.raises(DeadError):
        process.layer.window.clear(SESSION)
    assert world.process().context() == []


def test_a_message_whose_session_cannot_be_noted_is_not_stored() -> None:
    world = World()
    process = world.process()
    process.lose_hot_store()
    archive: Any = FailingStore(world.archive)
    archive.methods, archive.failure = {"append"}, lambda: StoreFullError("archive", "no space left")
    process.layer.journal._archive = archive
    with pytest.raises(StoreFullError):
        process.add("m1")
    assert process.history() == []


def test_a_session_that_cannot_be_brought_together_stays_noted_and_keeps_no_other_from_it() -> None:
    world = World()
    process = world.process()
    other = SessionKey("other")
    process.add("m1")
    process.add("n1", session=other)
    process.lose_hot_store()
    process.add("m2")
    process.add("n2", session=other)
    process.find_hot_store()
    archive: Any = FailingStore(world.archive)

    def damaged() -> BaseException:
        return CorruptDataError("a file", "is damaged")

    archive.methods, archive.failure = {"append"}, damaged
    fresh = world.process()
    fresh.layer.tiering._archive = archive
    assert fresh.layer.reconciler.sweep() == 0
    archive.failure = None
    assert world.process().layer.reconciler.sweep() == 2
    assert world.process().layer.reconciler.sweep() == 0
    assert world.process().context() == ["m1", "m2"]
    assert world.process().context(other) == ["n1", "n2"]


def test_the_tenant_of_the_journal_is_nobodys(tmp_path: Path) -> None:
    config = CacheConfig(hot_store="memory", archive_dir=str(tmp_path))
    with pytest.raises(InvalidInputError, match="reserved"), Stack(config) as stack:
        stack.session("s", tenant="\x00lixcore")
