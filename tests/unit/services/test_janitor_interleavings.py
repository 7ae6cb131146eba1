"""A janitor and somebody else, stopped and resumed at every call they make to a store."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from interleaving import Actor, interleave
from janitors import DAY, IDLE, House, PlainHotStore, janitor_of
from lixcore.domain.message import Message
from lixcore.domain.session import SessionKey
from stacks import SessionLayer

SESSION = SessionKey("a")
MOST_CALLS = 60
Acting = Callable[[House, Actor], Callable[[], object]]


def watched_layer(house: House, actor: Actor) -> SessionLayer:
    return SessionLayer(actor.watched(house.hot), actor.watched(house.archive), house.clock)


def removes_old(house: House, actor: Actor) -> Callable[[], object]:
    return janitor_of(actor.watched(house.hot), actor.watched(house.archive), house.clock, ttl_days=30).round


def makes_room(house: House, actor: Actor) -> Callable[[], object]:
    return janitor_of(actor.watched(house.hot), actor.watched(house.archive), house.clock, max_sessions=1).round


def adds(house: House, actor: Actor) -> Callable[[], object]:
    layer = watched_layer(house, actor)

    def work() -> None:
        for text in ("new 1", "new 2"):
            layer.window.add(SESSION, Message("user", text, house.clock.now()))

    return work


def reads(house: House, actor: Actor) -> Callable[[], object]:
    layer = watched_layer(house, actor)
    return lambda: layer.window.context(SESSION)


def adds_and_leaves(house: House, actor: Actor) -> Callable[[], object]:
    layer, add = watched_layer(house, actor), adds(house, actor)

    def work() -> None:
        add()
        layer.tiering.evict(SESSION)

    return work


def forgets(house: House, actor: Actor) -> Callable[[], object]:
    layer = watched_layer(house, actor)
    return lambda: layer.window.forget(SESSION)


def old_history(house: House) -> None:
    """A history that is too old, of a session that is not hot."""
    house.say("a", "old 1", "old 2")
    assert house.layer.tiering.evict(SESSION)
    house.clock.advance(31 * DAY)


def idle_sessions(house: House) -> None:
    """Two sessions that nobody used for long, and one in use."""
    for name in "abc":
        house.say(name, "old 1", "old 2")
        house.clock.advance(IDLE / 2)


def every_way_to_switch_twice(begin: Callable[[House], None], acting: Sequence[Acting], check: Callable[[House], None]) -> int:
    """The first makes n calls, the second m, then the first ends, then the second: for all n and m."""
    runs = 0
    for of_first in range(MOST_CALLS):
        for of_second in range(1, MOST_CALLS):
            house = House(PlainHotStore)  # without leases: every process is the janitor
            begin(house)
            actors = [Actor("first"), Actor("second")]
            works = [does(house, actor) for does, actor in zip(acting, actors, strict=True)]
            complete = interleave(actors, works, (of_first, of_second))
            runs += 1
            try:
                check(house)
            except AssertionError as error:
                story = "; ".join(f"{actor.name}: {', '.join(actor.calls)}" for actor in actors)
                raise AssertionError(f"{error} (calls before the other's turn: {of_first}, {of_second}; {story})") from error
            if not all(complete):
                break
        if not complete[0]:
            return runs
    raise AssertionError("it never ends")


def check_new_messages(house: House) -> None:
    """What was added is there, in order, also in the next context; of what was old, all or nothing."""
    said = house.history("a")
    assert said in (["new 1", "new 2"], ["old 1", "old 2", "new 1", "new 2"])
    for _ in range(2):
        context = [message.content for message in house.layer.window.context(SESSION)]
        assert context == said
        assert house.layer.tiering.evict(SESSION)
        assert house.history("a") == said


@pytest.mark.parametrize("user", [adds, adds_and_leaves])
@pytest.mark.parametrize("janitor_first", [True, False])
def test_messages_that_come_while_a_history_is_removed_survive(user: Acting, janitor_first: bool) -> None:  # noqa: FBT001  # a parameter
    acting = [removes_old, user] if janitor_first else [user, removes_old]
    assert every_way_to_switch_twice(old_history, acting, check_new_messages) > 10


@pytest.mark.parametrize("janitor_first", [True, False])
def test_who_reads_while_a_history_is_removed_leaves_all_of_it_or_nothing(janitor_first: bool) -> None:  # noqa: FBT001  # as above
    def check(house: House) -> None:
        said = house.history("a")
        assert said in ([], ["old 1", "old 2"])
        assert [message.content for message in house.layer.window.context(SESSION)] == said
        assert house.layer.tiering.evict(SESSION)
        assert house.history("a") == said

    acting = [removes_old, reads] if janitor_first else [reads, removes_old]
    assert every_way_to_switch_twice(old_history, acting, check) > 10


def test_two_that_remove_the_same_history_do_no_harm() -> None:
    def check(house: House) -> None:
        assert house.history("a") == []

    assert every_way_to_switch_twice(old_history, [removes_old, removes_old], check) > 10


@pytest.mark.parametrize("other", [makes_room, adds, adds_and_leaves, reads])
@pytest.mark.parametrize("janitor_first", [True, False])
def test_whoever_is_at_it_while_a_janitor_makes_room_nothing_is_lost(other: Acting, janitor_first: bool) -> None:  # noqa: FBT001  # as above
    def check(house: House) -> None:
        new = [] if other in {makes_room, reads} else ["new 1", "new 2"]
        assert house.history("a") == ["old 1", "old 2", *new]
        assert house.history("b") == house.history("c") == ["old 1", "old 2"]
        assert "b" not in house.hot_names()
        assert [message.content for message in house.layer.window.context(SESSION)] == ["old 1", "old 2", *new]

    acting = [makes_room, other] if janitor_first else [other, makes_room]
    assert every_way_to_switch_twice(idle_sessions, acting, check) > 10


def test_what_is_forgotten_while_a_janitor_moves_it_stays_forgotten() -> None:
    def check(house: House) -> None:
        assert house.history("a") == []
        assert house.hot.describe(SESSION) is None

    assert every_way_to_switch_twice(idle_sessions, [makes_room, forgets], check) > 10
