"""The archive in the hot store's stead while more goes wrong: no answer, no room, a crash, an archive that fails as well."""

from __future__ import annotations

from typing import Any

import pytest

from failing_store import FailingStore, unanswered
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, StoreBusyError, StoreFullError, StoreUnavailableError
from outages import SESSION, WINDOW, World, texts


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
