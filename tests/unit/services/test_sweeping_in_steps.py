"""Bringing thousands of sessions together holds up neither a fork nor an end: it is done session by session."""

from __future__ import annotations

import pytest

from lixcore.domain.session import SessionKey
from lixcore.services.outage import stand_in_journal
from lixcore.services.outage.seeker import Seeker
from outages import Process, World

SESSIONS = [SessionKey(f"session {number}") for number in range(7)]


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    """A process that stood in for some sessions, of which each is hot as well, and has the hot store back."""
    monkeypatch.setattr(stand_in_journal, "AT_ONCE", 3)
    process = World().process()
    for session in SESSIONS:
        process.add("before", session=session)
    process.lose_hot_store()
    for session in SESSIONS:
        process.add("meanwhile", session=session)
    process.find_hot_store()
    return process


def seeker_of(process: Process) -> Seeker:
    assert process.layer.guard is not None
    return Seeker(process.layer.guard, process.layer.reconciler)


def hot(process: Process) -> int:
    return len(process.layer.hot.sessions())


def test_a_step_is_one_session(process: Process) -> None:
    seeker = seeker_of(process)
    counts = []
    while seeker.work() is not None:
        counts.append(hot(process))
    assert counts == [6, 5, 4, 3, 2, 1, 0]
    assert not process.layer.journal.has_notes()


@pytest.mark.parametrize("steps", range(1, 8))
def test_what_is_left_at_an_end_in_the_middle_is_found_by_the_next_process(process: Process, steps: int) -> None:
    seeker = seeker_of(process)
    for _ in range(steps):
        assert seeker.work() == 0.0
    other = Process(process.world, process.clock)
    other.layer.reconciler.sweep()
    for session in SESSIONS:
        assert other.context(session) == other.history(session) == ["before", "meanwhile"]
    assert not other.layer.journal.has_notes()


def test_a_forked_child_leaves_the_sweep_to_its_parent(process: Process) -> None:
    seeker = seeker_of(process)
    assert seeker.work() == 0.0
    seeker.begin_afresh()
    assert hot(process) == len(SESSIONS) - 1
    assert seeker.work() == 0.0, "it begins one of its own where it has a reason to"
    while seeker.work() is not None:
        pass
    assert not process.layer.journal.has_notes()
