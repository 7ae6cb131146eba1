"""What every hot store does when many threads use it at once."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from threading import Event

import pytest

from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import HotStore
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.entries import entry
from lixcore.testing.ground.rules import rule
from lixcore.testing.ground.threads import at_once
from lixcore.testing.hot_store.stores import HotStoreGround, check_all_once_and_in_order, make_hot, move_away

ONE = SessionKey("one")


class HotStoreThreads(HotStoreGround):
    """Many threads."""

    @rule("One process serves many users at once: a lost or doubled message shows only under load, and to them.")
    def test_appends_of_many_threads_are_all_there_once(self, store: HotStore) -> None:
        make_hot(store, ONE)

        def work(writer: int) -> Callable[[], list[int]]:
            def run() -> list[int]:
                answers = [store.append(ONE, NOON, b"%d:%d" % (writer, number)) for number in range(25)]
                return [answer.held for answer in answers if answer is not None]

            return run

        held = at_once(*(work(writer) for writer in range(8)))
        check_all_once_and_in_order(store.read(ONE) or (), 8, 25)
        assert sorted(chain.from_iterable(held)) == list(range(1, 201))

    @rule("Many requests find a session absent at the same instant: if two restores hold, messages are doubled or lost.")
    def test_of_many_restores_at_once_one_holds(self, store: HotStore) -> None:
        for number in range(5):
            session = SessionKey(f"s{number}")

            def work(writer: int, session: SessionKey = session) -> bool:
                ticket = store.ticket(session)
                return store.restore(session, [entry(writer, b"%d" % writer)], next_after=Position(writer), ticket=ticket)

            done = at_once(*(lambda writer=writer: work(writer) for writer in range(1, 5)))
            winners = [b"%d" % writer for writer, won in enumerate(done, 1) if won]
            assert len(winners) <= 1
            assert [one.payload for one in store.read(session) or ()] == winners

    @pytest.mark.parametrize("evict", [False, True], ids=["release", "evict"])
    @rule("The spill runs while people talk: a message that comes between its read and its release is nowhere else.")
    def test_nothing_is_lost_between_appends_and_a_spill(self, store: HotStore, evict: bool) -> None:  # noqa: FBT001  # a parameter
        make_hot(store, ONE)
        moved: list[Entry] = []
        finished = Event()

        def append() -> None:
            highest = Position(0)
            for number in range(120):
                while (answer := store.append(ONE, NOON, b"0:%d" % number)) is None:
                    store.restore(ONE, (), next_after=highest, ticket=store.ticket(ONE))
                highest = answer.position
            finished.set()

        def spill() -> None:
            while not finished.is_set():
                moved.extend(move_away(store, ONE, evict=evict))

        at_once(append, spill)
        check_all_once_and_in_order([*moved, *(store.read(ONE) or ())], 1, 120)
