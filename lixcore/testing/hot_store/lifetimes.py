"""What every hot store does when it is closed, when it is opened again, and when its place is damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lixcore.domain.position import ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError, StoreError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.hot_store import HotInfo, HotStore, Ticket
from lixcore.ports.hot_store_powers import MeasuresSessions
from lixcore.ports.leases import GrantsLeases
from lixcore.testing.ground.clock import NOON, SettableClock
from lixcore.testing.ground.damage import has_path, ruin_files, unusable_path
from lixcore.testing.ground.entries import entry, facts
from lixcore.testing.ground.places import fresh_options
from lixcore.testing.ground.rules import rule
from lixcore.testing.hot_store.stores import HotStoreGround, OpenStore, make_hot

ONE, TWO = SessionKey("one"), SessionKey("two")
HOUR = 3600.0


class HotStoreLifetimes(HotStoreGround):
    """Closed, opened again, damaged."""

    @rule("After close() the connection is gone: an empty answer would be taken for an empty conversation.")
    def test_a_closed_store_says_so(self, store: HotStore) -> None:
        make_hot(store, ONE)
        store.close()
        store.close()
        uses: list[Callable[[], object]] = [
            lambda: store.append(ONE, NOON, b"x"),
            lambda: store.read(ONE),
            lambda: store.oldest(ONE, limit=1),
            lambda: store.ticket(ONE),
            lambda: store.restore(ONE, (), next_after=ORIGIN, ticket=Ticket(b"")),
            lambda: store.release(ONE, through=ORIGIN),
            lambda: store.evict(ONE, through=ORIGIN),
            lambda: store.forget(ONE),
            lambda: store.describe(ONE),
            store.sessions,
        ]
        if isinstance(store, GrantsLeases):
            uses += [lambda: store.lease("a", holder="b", seconds=1), lambda: store.end_lease("a", holder="b")]
        if isinstance(store, MeasuresSessions):
            uses += [lambda: store.sizes([ONE])]
        for use in uses:
            with pytest.raises(ClosedError):
                use()

    @rule("Several parts of an application open the same store: one that closes its own must not break the others.")
    def test_closing_one_leaves_the_others_open(self, open_store: OpenStore) -> None:
        self.needs(Capability.SHARED)
        first, second = open_store(), open_store()
        make_hot(first, ONE, [entry(1)])
        first.close()
        assert facts(second.read(ONE)) == facts([entry(1)])
        assert second.append(ONE, NOON, b"x")

    @rule("Every deployment restarts its processes: what is lost then was told to users as stored.")
    def test_what_was_acknowledged_is_there_after_a_reopening(self, open_store: OpenStore, clock: SettableClock) -> None:
        self.needs(Capability.PERSISTENT)
        first = open_store()
        make_hot(first, ONE, [entry(1, b"restored", -0.0)])
        make_hot(first, TWO)
        clock.advance(5)
        answer = first.append(ONE, NOON, b"appended")
        held = facts(first.read(ONE))
        first.close()
        clock.advance(-HOUR)
        second = open_store()
        assert facts(second.oldest(ONE, limit=9)) == held
        assert second.describe(ONE) == HotInfo(2, Position(1), Position(held[-1][0]), NOON + 5)
        assert second.describe(TWO) == HotInfo(0, None, None, NOON)
        again = second.append(ONE, NOON, b"x")
        assert answer is not None
        assert again is not None
        assert again.position > answer.position

    @rule("Disks fail: damage that is taken for an absent session is answered with a conversation that has no history.")
    def test_damaged_files_are_an_error_and_not_emptiness(self, open_store: OpenStore, tmp_path: Path) -> None:
        self.needs(Capability.PERSISTENT)
        first = open_store()
        make_hot(first, ONE, [entry(1)])
        assert first.append(ONE, NOON, b"x")
        first.close()
        ruin_files(tmp_path)
        with pytest.raises(StoreError):  # when it is opened, or by the call
            open_store().read(ONE)

    @rule("The application catches StoreError and goes on without the store: any other error ends the request of a user.")
    def test_a_place_that_cannot_be_used_is_an_error_of_the_store(
        self, options: Any, context: AdapterContext, tmp_path: Path
    ) -> None:
        if not has_path(options):
            pytest.skip("no option of it names a file or a directory")
        elsewhere = fresh_options(options, unusable_path(tmp_path))
        with pytest.raises(StoreError):  # when it is opened, or by the call
            self.adapter.open(elsewhere, context).read(ONE)
