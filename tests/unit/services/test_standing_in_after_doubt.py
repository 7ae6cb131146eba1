"""A message whose add was given up, and which the hot store takes later, while the archive stands in for what came after it."""

from __future__ import annotations

import pytest

from lixcore.domain.message import Message
from lixcore.domain.position import SEQUENCE_BITS, Position
from lixcore.domain.record import encode_message
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreBusyError, StoreUnavailableError
from lixcore.services.tiers import guarded_hot_store
from outages import SESSION, WINDOW, Process, World

LATE = 5.0  # seconds


def gives_up(
    process: Process, text: str, session: SessionKey = SESSION, *, kind: type[StoreUnavailableError] = StoreUnavailableError
) -> None:
    """Add a message that the hot store may take within the next seconds, and not later."""
    at_most = Position(int((process.clock.now() + LATE) * 1000) + 1 << SEQUENCE_BITS)
    error = kind("redis://nowhere", "timed out", outcome_unknown=True, at_most=at_most)
    process.way.failure = lambda: error
    with pytest.raises(StoreUnavailableError, match="timed out"):
        process.layer.window.add(session, Message("user", text, process.clock.now()))


def arrives(world: World, text: str, session: SessionKey = SESSION) -> None:
    """The hot store takes it after all, at the last moment."""
    payload = encode_message(Message("user", text, world.clock.now()))
    world.clock.advance(LATE - 0.5)
    assert world.hot.append(session, world.clock.now(), payload) is not None


@pytest.mark.parametrize("meanwhile", [1, WINDOW, 3 * WINDOW])
@pytest.mark.parametrize("is_back", [False, True])
@pytest.mark.parametrize("kind", [StoreUnavailableError, StoreBusyError])
def test_it_stands_where_its_sender_put_it(
    meanwhile: int,
    is_back: bool,  # noqa: FBT001  # a parameter
    kind: type[StoreUnavailableError],
) -> None:
    world = World()
    process = world.process()
    process.add("m0")
    gives_up(process, "m1", kind=kind)
    process.lose_hot_store()
    after = [f"m{number}" for number in range(2, 2 + meanwhile)]
    process.add(*after)
    if not is_back:
        arrives(world, "m1")
        process.find_hot_store()
        assert process.context() == ["m0", "m1", *after][-WINDOW:]
        assert process.history() == ["m0", "m1", *after]
    else:
        process.find_hot_store()
        assert process.context() == ["m0", *after][-WINDOW:]
        process.add("last")
        assert process.history() == ["m0", *after, "last"]


def test_a_fresh_context_begins_after_it() -> None:
    world = World()
    process = world.process()
    process.add("m0")
    gives_up(process, "m1")
    process.lose_hot_store()
    process.layer.window.clear(SESSION)
    process.add("m2")
    arrives(world, "m1")
    process.find_hot_store()
    assert process.context() == ["m2"]
    assert process.history() == ["m0", "m1", "m2"]


def test_other_sessions_are_not_put_ahead_by_it() -> None:
    world = World()
    process = world.process()
    other = SessionKey("other")
    process.add("m0")
    process.add("o0", session=other)
    gives_up(process, "m1")
    process.lose_hot_store()
    process.add("o1", session=other)
    world.clock.advance(1.0)
    world.process().add("o2", session=other)
    process.find_hot_store()
    assert process.history(other) == ["o0", "o1", "o2"]


def test_any_number_of_doubts_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number of sessions they are kept for all at once."""
    monkeypatch.setattr(guarded_hot_store, "MOST_DOUBTED", 3)
    world = World()
    process = world.process()
    sessions = [SessionKey(f"s{number}") for number in range(10)]
    for session in sessions:
        process.add("m0", session=session)
    for session in sessions:
        gives_up(process, "m1", session)
        process.way.failure = None
        process.layer.guard.absence = None  # type: ignore[union-attr]  # found again, and no time has passed
    process.lose_hot_store()
    for session in sessions:
        process.add("m2", session=session)
    payload = encode_message(Message("user", "m1", world.clock.now()))
    world.clock.advance(LATE - 0.5)
    for session in sessions:
        world.hot.append(session, world.clock.now(), payload)
    process.find_hot_store()
    assert [process.history(session) for session in sessions] == [["m0", "m1", "m2"]] * 10
