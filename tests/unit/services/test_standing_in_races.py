"""A process that lost the hot store, and one that did not, stopped and resumed at every call they make to a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from interleaving import Actor, interleave
from lixcore.ports.hot_store import HotStore
from outages import SESSION, WINDOW, Process, World
from plain_names import show_names_of

MOST_CALLS = 60
Acting = Callable[[Process], object]


class Turns:
    """How many calls the first may make, and then the second, before both go on to their ends."""

    def __init__(self, seconds: Sequence[int]) -> None:
        self._seconds = seconds
        self._skips = False

    def skip_seconds(self) -> None:
        """The second has no more calls to make than it was given: more of them would be the same again."""
        self._skips = True

    def __iter__(self) -> Iterator[tuple[int, int]]:
        for first in range(MOST_CALLS):
            for second in self._seconds:
                yield first, second
                if self._skips:
                    self._skips = False
                    break


class WatchedWorld(World):
    """Stores of which each process has its own view, whose calls wait for their turn."""

    def seen_by(self, actor: Actor) -> Process:
        world = World.__new__(World)
        world.clock = self.clock
        hot: Any = actor.watched(self.hot)
        archive: Any = actor.watched(self.archive)
        world.hot, world.archive = hot, archive
        return world.process()


def adds(process: Process) -> None:
    process.add("x1", "x2")


def comes_back(process: Process) -> None:
    process.add("x1")
    process.find_hot_store()
    process.add("x2")


def clears(process: Process) -> None:
    process.add("x1")
    process.layer.window.clear(SESSION)
    process.add("x2")


def other_adds(process: Process) -> None:
    process.add("y1", "y2")


def other_sweeps(process: Process) -> None:
    process.layer.reconciler.sweep()


def other_sweeps_and_adds(process: Process) -> None:
    process.layer.reconciler.sweep()
    process.add("y1")


def other_evicts(process: Process) -> None:
    process.layer.tiering.evict(SESSION)
    process.context()


@pytest.mark.share(6)
@pytest.mark.parametrize("dies", [False, True], ids=["lives", "dies"])
@pytest.mark.parametrize("other", [other_adds, other_sweeps, other_sweeps_and_adds, other_evicts])
@pytest.mark.parametrize("cut_off", [adds, comes_back, clears])
def test_whatever_comes_in_between_the_context_ends_as_the_end_of_the_history(
    cut_off: Acting,
    other: Acting,
    dies: bool,  # noqa: FBT001  # a parameter
) -> None:
    """What is acknowledged is in the context of whoever comes next, also when the one who added it is gone by then."""
    turns = Turns(range(MOST_CALLS) if other is other_sweeps else (0, 1, 2, 3, 5, 8, 13, 21, 34))
    for first, second in turns:
        world = WatchedWorld()
        before = world.process()
        before.add("a1", "a2", "a3")
        actors = Actor("cut off"), Actor("connected")
        lost, connected = (world.seen_by(actor) for actor in actors)
        lost.lose_hot_store()
        was_complete = interleave(actors, [lambda: cut_off(lost), lambda: other(connected)], [first, second])  # noqa: B023  # used up here
        look = world.process() if dies else lost
        if not dies:
            lost.find_hot_store()
        check(world.hot, look, cleared=cut_off is clears)
        if not was_complete[0]:
            return
        if not was_complete[1]:
            turns.skip_seconds()
    raise AssertionError("the process that is cut off makes more calls than are tried")


class UsedAtOnce:
    """A hot store where somebody uses a session as soon as it was evicted, which makes it hot again."""

    def __init__(self, hot: HotStore, user: Process) -> None:
        self._hot = hot
        self._user = user
        show_names_of(hot, self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hot, name)

    def evict(self, *args: Any, **kwargs: Any) -> bool:
        is_absent = self._hot.evict(*args, **kwargs)
        self._user.context()
        return is_absent


def test_a_sweep_that_took_a_note_off_too_early_puts_it_back() -> None:
    """A message goes to the archive between the session's eviction and the removal of its note; who sent it dies."""
    turns = Turns(range(MOST_CALLS))
    for first, second in turns:
        world = WatchedWorld()
        world.process().add("a1", "a2", "a3")
        actors = Actor("cut off"), Actor("sweeps")
        lost = world.seen_by(actors[0])
        lost.lose_hot_store()
        used: Any = UsedAtOnce(world.hot, world.process())
        plain, world.hot = world.hot, used
        sweeping = world.seen_by(actors[1])
        world.hot = plain
        was_complete = interleave(
            actors,
            [lambda: lost.add("x1", "x2"), lambda: other_sweeps(sweeping)],  # noqa: B023  # used up here
            [first, second],
        )
        check(world.hot, world.process(), cleared=False)
        if not was_complete[0]:
            return
        if not was_complete[1]:
            turns.skip_seconds()
    raise AssertionError("the process that is cut off makes more calls than are tried")


def test_two_threads_of_one_process_of_which_one_finds_the_hot_store_again() -> None:
    """The other one is still storing in the archive what it could not store there before."""
    turns = Turns(range(0, MOST_CALLS, 2))
    for first, second in turns:
        world = World()
        world.process().add("a1", "a2", "a3")
        actors = Actor("adds"), Actor("finds")
        hot: Any = actors[0].watched(actors[1].watched(world.hot))
        archive: Any = actors[0].watched(actors[1].watched(world.archive))
        world.hot, world.archive = hot, archive
        process = world.process()
        process.lose_hot_store()

        def finds(process: Process = process) -> None:
            process.find_hot_store()
            process.add("y1")
            process.context()

        was_complete = interleave(actors, [lambda: process.add("x1", "x2"), finds], [first, second])  # noqa: B023  # used up here
        check(world.hot, process, cleared=False)
        if not was_complete[0]:
            return
        if not was_complete[1]:
            turns.skip_seconds()
    raise AssertionError("the thread makes more calls than are tried")


def check(hot: HotStore, look: Process, *, cleared: bool) -> None:
    context, history = look.context(), look.history()
    assert len(history) == len(set(history)), "doubled"
    assert {"a1", "a2", "a3", "x1", "x2"} <= set(history), "lost"
    for name in "axy":
        own = [text for text in history if text[0] == name]
        assert own == sorted(own), "reordered"
    if cleared:
        assert "x2" in context
        assert "x1" not in context
    else:
        assert context == history[-WINDOW:]
    assert look.layer.tiering.evict(SESSION)
    assert look.context() == context
    assert hot.describe(SESSION) is not None
