"""What all parts of the hot store's contract use: a store to open, sessions made hot, and spills."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeAlias

import pytest

from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import HotStore
from lixcore.testing.ground.contract import Contract

OpenStore: TypeAlias = Callable[[], HotStore]
"""Opens the same place again and again."""


class HotStoreGround(Contract):
    """Gives the parts of the contract their stores."""

    prefix: ClassVar[str] = "hot-store"

    @pytest.fixture
    def open_store(self, open_adapter: OpenStore) -> OpenStore:
        """Opens the same place again and again."""
        return open_adapter

    @pytest.fixture
    def store(self, open_store: OpenStore) -> HotStore:
        """An empty store."""
        return open_store()


def make_hot(store: HotStore, session: SessionKey, entries: Sequence[Entry] = (), *, next_after: int | None = None) -> None:
    """Restore as callers do: a store may refuse a good ticket now and then, but not always."""
    after = Position(next_after if next_after is not None else entries[-1].position if entries else 0)
    for _ in range(20):
        if store.restore(session, entries, next_after=after, ticket=store.ticket(session)):
            return
    raise AssertionError("20 tickets in a row were refused for a session that is absent")


def empty(store: HotStore) -> None:
    """Forget every hot session, so that the examples of a property test begin alike."""
    for activity in store.sessions():
        store.forget(activity.session)


def move_away(store: HotStore, session: SessionKey, *, evict: bool) -> list[Entry]:
    """One step of a spill: read the oldest, note them as an archive would, then release them or evict the session."""
    moved = list(store.oldest(session, limit=7))
    through = moved[-1].position if moved else ORIGIN
    _ = store.evict(session, through=through) if evict else store.release(session, through=through)
    return moved


def check_all_once_and_in_order(entries: Sequence[Entry], writers: int, count: int) -> None:
    """Every ``<writer>:<number>`` is there once, each writer's in its own order, and positions rise."""
    positions = [one.position for one in entries]
    assert positions == sorted(set(positions))
    for writer in range(writers):
        own = [one.payload for one in entries if one.payload.startswith(b"%d:" % writer)]
        assert own == [b"%d:%d" % (writer, number) for number in range(count)]
    assert len(entries) == writers * count
