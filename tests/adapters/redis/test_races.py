"""Many threads on one session: what was acknowledged is there, once, until it is taken away on purpose."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hot_sessions import make_hot
from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.hot_store import Appended
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


def test_nothing_is_lost_between_append_evict_and_restore(store: RedisHotStore) -> None:
    """Writers and an evictor with an archive in memory: every acknowledged message is archived or hot, once, in order."""
    session = SessionKey("busy")
    archive: dict[Position, bytes] = {}
    archived = threading.Lock()
    writers_done = threading.Event()

    def rehydrate() -> None:
        ticket = store.ticket(session)
        with archived:
            highest = max(archive, default=ORIGIN)
        store.restore(session, [], next_after=highest, ticket=ticket)

    def write(name: int) -> list[tuple[Position, bytes]]:
        said = []
        for number in range(60):
            payload = b"%d.%d" % (name, number)
            answer: Appended | None = None
            while answer is None:
                answer = store.append(session, 0.0, payload)
                if answer is None:
                    rehydrate()
            said.append((answer.position, payload))
        return said

    def evict() -> int:
        evictions = 0
        while not writers_done.is_set():
            oldest = store.oldest(session, limit=5)
            if oldest:
                with archived:
                    archive.update((entry.position, entry.payload) for entry in oldest)
                evictions += store.evict(session, through=oldest[-1].position)
        return evictions

    with ThreadPoolExecutor(5) as threads:
        evictor = threads.submit(evict)
        said = list(threads.map(write, range(4)))
        writers_done.set()
        assert evictor.result() > 0, "otherwise this shows nothing"
    everything = archive | {entry.position: entry.payload for entry in store.read(session) or ()}
    assert everything == dict(pair for writer in said for pair in writer)
    assert len(everything) == 240
    for writer in said:
        assert [position for position, _ in writer] == sorted(position for position, _ in writer)
