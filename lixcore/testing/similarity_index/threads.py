"""What every similarity index does when many threads use it at once."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import IndexEntry, SimilarityIndex
from lixcore.testing.ground.rules import rule
from lixcore.testing.ground.threads import at_once
from lixcore.testing.similarity_index.indexes import (
    HOUR,
    ONE,
    UP,
    IndexGround,
)
from lixcore.testing.similarity_index.oracle import ALL, floats, payloads

SESSION = ONE.session
WRITERS = 6
EACH = 20


def adder(store: SimilarityIndex, writer: int, *, scope: Scope = ONE, capacity: int = 1000) -> Callable[[], None]:
    """Work for a thread: adds ``<writer>:<number>``, in its own direction, and looks whether it is there."""

    def work() -> None:
        for number in range(EACH):
            payload = b"%d:%d" % (writer, number)
            store.add(scope, IndexEntry(floats([1.0, float(writer)]), payload, b"%032d" % number), ttl=HOUR, capacity=capacity)
            if capacity >= WRITERS * EACH:
                assert payload in payloads(store, scope, UP)

    return work


def check_newest_of_each(found: set[bytes], writers: int, each: int, capacity: int) -> None:
    """As many as the capacity allows, and of each writer none without all the later ones."""
    assert len(found) == min(capacity, writers * each)
    for writer in range(writers):
        numbers = sorted(int(payload.split(b":")[1]) for payload in found if payload.startswith(b"%d:" % writer))
        assert numbers == list(range(each - len(numbers), each))


class IndexThreads(IndexGround):
    """Many threads."""

    @rule("One process answers many users at once: an add that another one overwrites is a model's call paid for nothing.")
    def test_of_the_adds_of_many_threads_none_is_lost(self, store: SimilarityIndex) -> None:
        at_once(*(adder(store, writer) for writer in range(WRITERS)))
        assert payloads(store, ONE, UP) == {b"%d:%d" % (w, n) for w in range(WRITERS) for n in range(EACH)}
        assert store.measure().entries == WRITERS * EACH
        for writer in range(WRITERS):
            order = [match.payload for match in store.search(ONE, floats([1.0, float(writer)]), k=EACH, at_least=0.9)]
            assert order == [b"%d:%d" % (writer, number) for number in reversed(range(EACH))]

    @rule("Adding and making room are one step: between two steps the store holds more than it has room for.")
    def test_no_instant_shows_more_than_the_capacity(self, store: SimilarityIndex) -> None:
        finished = Event()
        seen: list[int] = []

        def watch() -> None:
            while not (finished.is_set() and seen):
                seen.append(len(store.search(ONE, floats(UP), k=ALL, at_least=-1.0)))
                seen.append(store.measure(SESSION).entries)

        def add() -> None:
            at_once(*(adder(store, writer, capacity=10) for writer in range(WRITERS)))
            finished.set()

        at_once(watch, add)
        assert max(seen) <= 10
        check_newest_of_each(payloads(store, ONE, UP), WRITERS, EACH, 10)

    @rule("Sessions have nothing to do with one another; state that they share in the adapter shows under load only.")
    def test_threads_in_different_scopes_do_not_disturb_one_another(self, store: SimilarityIndex) -> None:
        scopes = [Scope(SESSION, url=str(number), shared=number % 2 == 1) for number in range(WRITERS)]
        at_once(*(adder(store, writer, scope=scope) for writer, scope in enumerate(scopes)))
        for writer, scope in enumerate(scopes):
            assert payloads(store, scope, UP) == {b"%d:%d" % (writer, number) for number in range(EACH)}

    @rule("People are forgotten while others talk: what both touch, the shared scope, must lose just what is one's.")
    def test_forgetting_meanwhile_leaves_others_alone(self, store: SimilarityIndex) -> None:
        shared = Scope(SESSION, shared=True)
        theirs = Scope(SessionKey("two"), shared=True)
        removed: list[int] = []

        def forget() -> None:
            removed.extend(store.forget(SESSION) for _ in range(EACH))

        at_once(adder(store, 1, scope=shared, capacity=100), adder(store, 2, scope=theirs, capacity=100), forget)
        removed.append(store.forget(SESSION))
        assert sum(removed) == EACH
        assert payloads(store, theirs, UP) == {b"2:%d" % number for number in range(EACH)}
