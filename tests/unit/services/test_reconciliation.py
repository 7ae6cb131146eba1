"""A hot store that came back with less than it had acknowledged: contexts are compared with the archive first."""

from __future__ import annotations

import copy

import pytest

from lixcore.domain.session import SessionKey
from lixcore_memory import MemoryHotStore
from outages import SESSION, WINDOW, World, texts
from settable_clock import SettableClock

OTHER = SessionKey("other")


class LapsingHotStore(MemoryHotStore):
    """A memory store that can be set back to an earlier state, as a server that restarts from an old snapshot."""

    def __init__(self, clock: SettableClock) -> None:
        super().__init__(clock)
        self.lapse: str | None = None
        self._restarts = 0

    def snapshot(self) -> object:
        return copy.deepcopy(self._sessions)

    def restart(self, snapshot: object) -> None:
        assert isinstance(snapshot, dict)
        self._sessions = copy.deepcopy(snapshot)
        self._restarts += 1
        self.lapse = f"restart {self._restarts}"

    def settle(self, lapse: str) -> None:
        if lapse == self.lapse:
            self.lapse = None


class LapsingWorld(World):
    def __init__(self) -> None:
        super().__init__(LapsingHotStore)
        assert isinstance(self.hot, LapsingHotStore)
        self.store = self.hot


@pytest.mark.parametrize("kept", range(1, 12))
@pytest.mark.parametrize("first_use", ["context", "add", "sweep", "another process"])
def test_written_through_nothing_is_missing_after_an_old_snapshot(kept: int, first_use: str) -> None:
    world = LapsingWorld()
    process = world.process(through=True)
    process.add(*texts(kept))
    snapshot = world.store.snapshot()
    process.add(*texts(12 - kept, kept + 1))
    world.store.restart(snapshot)
    said = texts(12)
    if first_use == "another process":
        process = world.process(through=True)
    if first_use == "add":
        process.add("m13")
        said.append("m13")
    if first_use == "sweep":
        process.layer.reconciler.sweep()
        assert world.store.lapse is None
    assert process.context() == said[-WINDOW:]
    process.add("last")
    assert process.context() == [*said, "last"][-WINDOW:]
    assert process.history() == [*said, "last"]


def test_what_was_archived_is_in_the_context_in_overflow_mode_too() -> None:
    """What was only hot is gone with the server's memory; what was archived must not be hidden by an older window."""
    world = LapsingWorld()
    process = world.process()
    process.add(*texts(3))
    snapshot = world.store.snapshot()
    process.add(*texts(27, 4))
    archived = list(world.archive.read(SESSION))
    world.store.restart(snapshot)
    context = process.context()
    assert context == texts(len(archived))[-WINDOW:]


def test_what_was_cleared_after_the_snapshot_stays_cleared() -> None:
    world = LapsingWorld()
    process = world.process()
    process.add(*texts(3))
    snapshot = world.store.snapshot()
    process.layer.window.clear(SESSION)
    world.store.restart(snapshot)
    assert process.context() == []
    assert process.history() == texts(3)


def test_what_was_forgotten_after_the_snapshot_stays_forgotten() -> None:
    world = LapsingWorld()
    process = world.process()
    process.add(*texts(3))
    snapshot = world.store.snapshot()
    process.layer.window.forget(SESSION)
    world.store.restart(snapshot)
    assert process.context() == []
    assert process.history() == []


@pytest.mark.parametrize("same_process", [True, False])
def test_what_was_forgotten_after_the_snapshot_is_not_read_back_before_anybody_compares(same_process: bool) -> None:  # noqa: FBT001  # a parameter
    world = LapsingWorld()
    process = world.process()
    process.add("secret")
    snapshot = world.store.snapshot()
    process.layer.window.forget(SESSION)
    world.store.restart(snapshot)
    reader = process if same_process else world.process()
    assert reader.history() == []
    assert reader.layer.window.stats(SESSION).messages == 0


def test_a_sweep_compares_every_session_and_tells_all_processes() -> None:
    world = LapsingWorld()
    process, other = world.process(through=True), world.process(through=True)
    process.add(*texts(3))
    process.add(*texts(3), session=OTHER)
    snapshot = world.store.snapshot()
    process.add(*texts(3, 4))
    world.store.restart(snapshot)
    assert other.layer.reconciler.may_disagree(SESSION)
    process.layer.reconciler.sweep()
    assert world.store.lapse is None
    assert other.context() == texts(6)[-WINDOW:]
    assert other.context(OTHER) == texts(3)
    assert not other.layer.reconciler.may_disagree(SESSION)


def test_a_restart_that_lost_nothing_evicts_nothing() -> None:
    world = LapsingWorld()
    process = world.process(through=True)
    process.add(*texts(6))
    world.store.restart(world.store.snapshot())
    process.layer.reconciler.sweep()
    assert world.hot.describe(SESSION) is not None
    assert world.store.lapse is None
