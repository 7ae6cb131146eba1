"""Two actors on one session, each as if in a process of its own, stopped and resumed at every call they make to a store."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from interleaving import Actor, interleave
from lixcore.domain.message import Message
from lixcore.domain.record import decode_message
from lixcore.domain.session import SessionKey
from lixcore.ports.clock import Clock
from lixcore.ports.cold_archive import ColdArchive
from lixcore.ports.hot_store import HotStore
from lixcore_memory import MemoryArchive, MemoryHotStore
from lixcore_sqlite.hot_store import SqliteHotStore, SqliteOptions
from settable_clock import SettableClock
from stacks import SessionLayer

SESSION = SessionKey("a*b")
WINDOW, BATCH = 3, 2
MOST_CALLS = 100
Acting = Callable[["World", SessionLayer], None]
MakeHot = Callable[[Clock], HotStore]


@attrs.define
class Operation:
    """Something that was done, and when it began and ended, as counted by the world."""

    kind: str
    began: int
    text: str = ""
    found: Sequence[str] = ()
    ended: int | None = None


class World:
    """Stores, what was done to them, and what has to hold whatever the order was."""

    def __init__(self, make_hot: MakeHot) -> None:
        self.clock = SettableClock()
        self.hot = make_hot(self.clock)
        self.archive: ColdArchive = MemoryArchive()
        self.log: list[Operation] = []
        self.ticks = itertools.count()

    def layer(self, actor: Actor | None = None) -> SessionLayer:
        hot: Any = actor.watched(self.hot) if actor else self.hot
        archive: Any = actor.watched(self.archive) if actor else self.archive
        return SessionLayer(hot, archive, self.clock, window=WINDOW, batch=BATCH)

    def do(self, kind: str, work: Callable[[], object], text: str = "") -> None:
        operation = Operation(kind, next(self.ticks), text)
        self.log.append(operation)
        found = work()
        if kind in {"context", "history"}:
            assert isinstance(found, Sequence)
            operation.found = found
        operation.ended = next(self.ticks)

    def add(self, layer: SessionLayer, *texts: str) -> None:
        for text in texts:
            self.clock.time += 0.001 if text.endswith("1") else -0.5  # clocks step back
            message = Message("user", text, self.clock.now())
            self.do("add", lambda message=message: layer.window.add(SESSION, message), text)  # type: ignore[misc]

    def of_kind(self, *kinds: str) -> list[Operation]:
        return [operation for operation in self.log if operation.kind in kinds]


def context(layer: SessionLayer) -> list[str]:
    return [message.content for message in layer.window.context(SESSION)]


def history(layer: SessionLayer) -> list[str]:
    entries = layer.window.history(SESSION)
    positions = [entry.position for entry in entries]
    assert positions == sorted(set(positions))
    return [decode_message(entry).content for entry in entries]


# What a session may be like when the two begin.


def unknown(_: World, __: SessionLayer) -> None:
    pass


def young(world: World, layer: SessionLayer) -> None:
    world.add(layer, "a1", "a2")


def about_to_overflow(world: World, layer: SessionLayer) -> None:
    world.add(layer, *(f"a{number}" for number in range(8)))


def evicted(world: World, layer: SessionLayer) -> None:
    world.add(layer, *(f"a{number}" for number in range(7)))
    assert layer.tiering.evict(SESSION)


def in_both_tiers(world: World, layer: SessionLayer) -> None:
    world.add(layer, *(f"a{number}" for number in range(6)))
    layer.window.flush(SESSION)


def begun_afresh(world: World, layer: SessionLayer) -> None:
    world.add(layer, *(f"a{number}" for number in range(6)))
    world.do("clear", lambda: layer.window.clear(SESSION))
    world.add(layer, "b1", "b2")


# What the two may do.


def adder(world: World, layer: SessionLayer) -> None:
    world.add(layer, "x1", "x2", "x3")


def other_adder(world: World, layer: SessionLayer) -> None:
    world.add(layer, "y1", "y2", "y3")


def evictor(world: World, layer: SessionLayer) -> None:
    world.do("evict", lambda: layer.tiering.evict(SESSION))


def spiller(_: World, layer: SessionLayer) -> None:
    layer.tiering.spill(SESSION)


def flusher(_: World, layer: SessionLayer) -> None:
    layer.window.flush(SESSION)


def clearer(world: World, layer: SessionLayer) -> None:
    world.do("clear", lambda: layer.window.clear(SESSION))


def forgetter(world: World, layer: SessionLayer) -> None:
    world.do("forget", lambda: layer.window.forget(SESSION))


def reader(world: World, layer: SessionLayer) -> None:
    world.do("context", lambda: context(layer))
    world.do("history", lambda: history(layer))


STATES = [unknown, young, about_to_overflow, evicted, in_both_tiers, begun_afresh]
ACTORS = [adder, other_adder, evictor, spiller, flusher, clearer, forgetter, reader]
PAIRS = [
    *((first, second) for first, second in itertools.permutations(ACTORS, 2) if other_adder not in {first, second}),
    *((does, does) for does in ACTORS if does is not adder and does is not other_adder),
    (adder, other_adder),
]


def check(world: World) -> None:
    layer = world.layer()
    held = world.hot.describe(SESSION)
    assert held is None or held.held <= WINDOW + BATCH + 1  # one for the other process that adds at the same instant
    said = history(layer)
    check_nothing_lost(world, said)
    if held is not None and not world.of_kind("evict", "clear", "forget"):
        assert held.held >= min(WINDOW, len(said)), "more was released than what was beyond the window"
    seen = context(layer)
    check_context(world, said, seen)
    assert layer.window.stats(SESSION).messages == len(said)
    assert layer.tiering.evict(SESSION)
    assert context(layer) == seen, "the context differs after an eviction"
    assert history(layer) == said
    for operation in world.of_kind("context", "history"):
        check_reading(world, said, operation)


def check_nothing_lost(world: World, said: list[str]) -> None:
    adds = world.of_kind("add")
    forgets = world.of_kind("forget")
    assert len(said) == len(set(said)), "doubled"
    for prefix in "abxy":
        own = [text for text in said if text[0] == prefix]
        assert own == sorted(own), "out of order"
    for add in adds:
        assert add.ended is not None
        if all(forget.ended is not None and forget.ended < add.began for forget in forgets):
            assert add.text in said, "lost"
        if any(add.ended < forget.began for forget in forgets):
            assert add.text not in said, "remembered"
    for earlier, later in itertools.permutations(adds, 2):
        if earlier.ended is not None and earlier.ended < later.began and {earlier.text, later.text} <= set(said):
            assert said.index(earlier.text) < said.index(later.text), "out of order"


def check_context(world: World, said: list[str], seen: list[str]) -> None:
    clears = world.of_kind("clear")
    starts = [0] if not clears or not said else range(len(said) + 1)
    wanted = [start for start in starts if said[start:][-WINDOW:] == seen]
    assert wanted, f"the context is {seen} of {said}"
    for add in world.of_kind("add"):
        assert add.ended is not None
        if any(add.ended < clear.began for clear in clears):
            assert add.text not in seen, "not cleared"
        if add.text in said[-WINDOW:] and all(clear.ended is not None and clear.ended < add.began for clear in clears):
            assert add.text in seen, "cleared what came after"


def check_reading(world: World, said: list[str], reading: Operation) -> None:
    found = list(reading.found)
    assert len(found) == len(set(found))
    if world.of_kind("forget"):
        return  # what it read may be gone by now
    before = [add.text for add in world.of_kind("add") if add.ended is not None and add.ended < reading.began]
    possible = [said[:end] for end in range(len(before), len(said) + 1)]
    if reading.kind == "history":
        assert found in possible
    elif not world.of_kind("clear"):
        assert found in [view[-WINDOW:] for view in possible]
    else:
        assert found in [view[start:][-WINDOW:] for view in possible for start in range(len(view) + 1)]


def run(make_hot: MakeHot, state: Acting, acting: tuple[Acting, Acting], calls: tuple[int, int]) -> Sequence[bool]:
    world = World(make_hot)
    state(world, world.layer())
    actors = [Actor("first"), Actor("second")]

    def work(actor: Actor, does: Acting) -> Callable[[], object]:
        layer = world.layer(actor)
        return lambda: does(world, layer)

    complete = interleave(actors, [work(*pair) for pair in zip(actors, acting, strict=True)], calls)
    try:
        check(world)
    except AssertionError as error:
        story = "; ".join(f"{actor.name}: {', '.join(actor.calls)}" for actor in actors)
        raise AssertionError(f"{error} (calls before the other's turn: {calls}; {story}; {world.log})") from error
    return complete


def every_way_to_switch_twice(make_hot: MakeHot, state: Acting, acting: tuple[Acting, Acting]) -> int:
    """The first makes n calls, the second m, then the first ends, then the second: for all n and m."""
    runs = 0
    for calls_of_first in range(MOST_CALLS):
        for calls_of_second in range(1, MOST_CALLS):
            runs += 1
            complete = run(make_hot, state, acting, (calls_of_first, calls_of_second))
            if not all(complete):
                break
        if not complete[0]:
            return runs
    raise AssertionError("it never ends")


def name(value: object) -> str:
    return getattr(value, "__name__", "")


@pytest.mark.share(8)
@pytest.mark.parametrize("state", STATES, ids=name)
@pytest.mark.parametrize(("first", "second"), PAIRS, ids=name)
def test_whoever_is_stopped_wherever_nothing_is_lost_doubled_or_reordered(state: Acting, first: Acting, second: Acting) -> None:
    """Every way to switch twice between two actors, from every state."""
    assert every_way_to_switch_twice(MemoryHotStore, state, (first, second)) > 1


@pytest.mark.parametrize(
    ("state", "first", "second"),
    [(evicted, reader, clearer), (evicted, adder, clearer), (evicted, adder, forgetter), (in_both_tiers, evictor, adder)],
    ids=name,
)
def test_the_same_holds_on_a_store_in_a_file(tmp_path: Path, state: Acting, first: Acting, second: Acting) -> None:
    """Those pairs that lean most on what the port says of tickets, with the SQLite store."""
    number = itertools.count()
    opened: list[SqliteHotStore] = []

    def make_hot(clock: Clock) -> HotStore:
        while opened:
            opened.pop().close()
        opened.append(SqliteHotStore(SqliteOptions(path=str(tmp_path / f"{next(number)}.sqlite3"), synchronous="normal"), clock))
        return opened[0]

    try:
        assert every_way_to_switch_twice(make_hot, state, (first, second)) > 1
    finally:
        for store in opened:
            store.close()
