"""A process whose clock is ahead of the hot store's stands in, so that positions in the archive are above those still to come."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from lixcore.domain.message import Message
from outages import SESSION, WINDOW, Process, World
from settable_clock import SettableClock

AHEAD = 5.0


def process_ahead(world: World) -> Process:
    """A process that stood in, by its own clock, and still does."""
    ahead = world.process(clock=SettableClock(world.clock.time + AHEAD))
    ahead.lose_hot_store()
    ahead.add("ahead")
    return ahead


def before(process: Process, method: str, work: Callable[[], object], *, times: int = 1) -> None:
    """Have something done just before the process's next calls of a method of the hot store."""
    left = times

    def done() -> None:
        nonlocal left
        if left:
            left -= 1
            work()

    process.way.methods, process.way.failure = frozenset({method}), done


@pytest.mark.parametrize("meanwhile", [1, 2, 3])
def test_a_clear_loses_nothing_that_is_added_to_the_hot_store_meanwhile(meanwhile: int) -> None:
    """The fresh context starts above what others add for the next five seconds; that is no reason to drop it."""
    world = World()
    process, other = world.process(), world.process()
    process.add("old")
    other.add("older")  # it has looked at the journal, and has no reason to look again
    process_ahead(world)
    added = [f"meanwhile {number}" for number in range(meanwhile)]
    left = list(added)
    before(process, "evict", lambda: other.add(left.pop(0)), times=meanwhile)
    process.layer.window.clear(SESSION)
    assert process.history() == other.history() == ["old", "older", *added, "ahead"]


def test_what_is_added_after_a_clear_is_in_the_context_for_good() -> None:
    world = World()
    process, other = world.process(), world.process()
    process.add("old")
    other.add("older")
    process_ahead(world)
    before(process, "evict", lambda: other.add("meanwhile"))
    process.layer.window.clear(SESSION)
    other.add("after")
    assert process.layer.tiering.evict(SESSION)
    assert process.context() == other.context() == ["after"]


def test_messages_keep_their_order_where_the_stores_cannot_be_brought_together_at_once() -> None:
    """Others add to the session all the time, so it cannot leave the hot store, which counts from its own clock."""
    world = World()
    other = world.process()
    other.add("o1")
    ahead = process_ahead(world)
    ahead.find_hot_store()
    before(ahead, "evict", lambda: other.add("o"), times=3)
    world.clock.advance(0.001)
    ahead.layer.window.add(SESSION, Message("user", "ahead 2", ahead.clock.now()))
    said = ahead.history()
    assert said.index("ahead") < said.index("ahead 2")
    ahead.layer.reconciler.sweep()
    assert ahead.context() == other.context() == ahead.history()[-WINDOW:]


def test_messages_keep_their_order_while_another_thread_brings_the_stores_together() -> None:
    """The thread that looks for the hot store has the session in hand, and others keep it from leaving."""
    world = World()
    other = world.process()
    other.add("o1")
    ahead = process_ahead(world)
    ahead.find_hot_store()
    assert ahead.context()[-1] == "ahead", "the journal is read"
    ahead.lose_hot_store()
    ahead.add("ahead 2")
    ahead.find_hot_store()
    assert ahead.layer.guard is not None
    assert ahead.layer.guard.probe()
    ahead.layer.reconciler.look_at_journal()
    work = threading.Thread(target=lambda: ahead.layer.window.add(SESSION, Message("user", "ahead 3", ahead.clock.now())))
    calls = 0

    def others_go_on() -> None:
        nonlocal calls
        calls += 1
        world.clock.advance(0.001)
        other.layer.window.add(SESSION, Message("user", f"o {calls}", world.clock.now()))
        if calls == 1:
            work.start()
            work.join()

    ahead.way.methods, ahead.way.failure = frozenset({"evict"}), others_go_on
    ahead.layer.reconciler.sweep()
    ahead.way.failure = None
    mine = [text for text in ahead.history() if text.startswith("ahead")]
    assert mine == ["ahead", "ahead 2", "ahead 3"]
