"""Many threads on one session: what was acknowledged is there, once, until it is taken away on purpose."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hot_sessions import make_hot
from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore_redis import RedisHotStore


def test_one_of_many_restores_wins(open_store: Callable[..., RedisHotStore], session: SessionKey) -> None:
    stores = [open_store(), open_store()]
    for turn in range(20):
        tickets = [stores[i % 2].ticket(session) for i in range(8)]
        together = threading.Barrier(8)

        def restore(i: int) -> bool:
            together.wait()  # noqa: B023  # used within its turn
            entries = [Entry(Position(1), 0.0, b"%d" % i)]
            return stores[i % 2].restore(session, entries, next_after=Position(1), ticket=tickets[i])  # noqa: B023

        with ThreadPoolExecutor(8) as threads:
            won = list(threads.map(restore, range(8)))
        assert won.count(True) == 1, turn
        found = stores[0].read(session)
        assert found is not None
        assert [entry.payload for entry in found] == [b"%d" % won.index(True)]
        assert stores[1].forget(session).entries == 1


def test_a_ticket_is_void_once_the_session_was_hot(store: RedisHotStore, session: SessionKey) -> None:
    for leave in (lambda: store.evict(session, through=Position(2**63 - 1)), lambda: store.forget(session)):
        old = store.ticket(session)
        make_hot(store, session, b"said meanwhile")
        assert leave()
        assert not store.restore(session, [], next_after=ORIGIN, ticket=old)
        assert store.read(session) is None


def test_a_ticket_is_void_once_an_absent_session_was_evicted(store: RedisHotStore, session: SessionKey) -> None:
    old = store.ticket(session)
    assert store.evict(session, through=ORIGIN)
    assert not store.restore(session, [], next_after=ORIGIN, ticket=old)


class Tiers:
    """One session, hot in a store or archived in memory."""

    def __init__(self, store: RedisHotStore, session: SessionKey) -> None:
        self.store = store
        self.session = session
        self.archive: dict[Position, bytes] = {}
        self.lock = threading.Lock()

    def say(self, payload: bytes) -> tuple[Position, bytes]:
        while (answer := self.store.append(self.session, 0.0, payload)) is None:
            ticket = self.store.ticket(self.session)
            with self.lock:
                highest = max(self.archive, default=ORIGIN)
            self.store.restore(self.session, [], next_after=highest, ticket=ticket)
        return answer.position, payload

    def evict(self) -> bool:
        oldest = self.store.oldest(self.session, limit=1000)
        with self.lock:
            self.archive.update((entry.position, entry.payload) for entry in oldest)
        return self.store.evict(self.session, through=oldest[-1].position if oldest else ORIGIN)


def test_nothing_is_lost_between_append_evict_and_restore(store: RedisHotStore) -> None:
    """Writers and evictors at once: every acknowledged message is archived or hot, once, in order."""
    tiers = Tiers(store, SessionKey("busy"))
    writers_done = threading.Event()

    def evict_while_nobody_writes() -> None:
        assert tiers.evict()

    now_and_then = threading.Barrier(4, action=evict_while_nobody_writes)

    def write(name: int) -> list[tuple[Position, bytes]]:
        said = []
        for number in range(60):
            if number % 10 == 0:
                now_and_then.wait(timeout=60)
            said.append(tiers.say(b"%d.%d" % (name, number)))
        return said

    def keep_evicting() -> None:
        while not writers_done.is_set():
            tiers.evict()

    with ThreadPoolExecutor(5) as threads:
        evictor = threads.submit(keep_evicting)
        said = list(threads.map(write, range(4)))
        writers_done.set()
        evictor.result()
    everything = tiers.archive | {entry.position: entry.payload for entry in store.read(tiers.session) or ()}
    assert everything == dict(pair for writer in said for pair in writer)
    assert len(everything) == 240
    for writer in said:
        assert [position for position, _ in writer] == sorted(position for position, _ in writer)
