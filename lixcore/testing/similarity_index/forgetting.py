"""What every similarity index removes and counts: the part of the contract about forgetting and measuring."""

from __future__ import annotations

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import IndexEntry, SimilarityIndex
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.hostile import KEYS_THAT_COLLIDE
from lixcore.testing.ground.rules import rule
from lixcore.testing.similarity_index.indexes import (
    HOUR,
    UP,
    IndexGround,
    put_in,
)
from lixcore.testing.similarity_index.oracle import floats, payloads

SESSION, TWO, STRANGER = SessionKey("one"), SessionKey("two"), SessionKey("one", tenant="stranger")


class IndexForgetting(IndexGround):
    """What a session added, and nothing else."""

    @rule("Who asks to be forgotten is promised that nothing is left, also of what was shared; others lose nothing.")
    def test_forget_removes_all_that_a_session_added_and_nothing_else(self, store: SimilarityIndex) -> None:
        mine = [
            Scope(SESSION),
            Scope(SESSION, url="u"),
            Scope(SESSION, url="u", model="m"),
            Scope(SESSION, shared=True),
            Scope(SESSION, url="u", shared=True),
        ]
        others = [Scope(TWO), Scope(TWO, url="u"), Scope(TWO, shared=True), Scope(STRANGER), Scope(STRANGER, shared=True)]
        for number, scope in enumerate([*mine, *others, *mine]):
            put_in(store, scope, b"%d" % number)
        assert store.forget(SESSION) == 10
        assert all(payloads(store, scope, UP) == set() for scope in (Scope(SESSION), mine[1], mine[2], mine[4]))
        assert payloads(store, Scope(SESSION, shared=True), UP) == {b"7"}, "what another session shares"
        assert payloads(store, Scope(TWO), UP) == {b"5"}
        assert payloads(store, Scope(TWO, url="u"), UP) == {b"6"}
        assert payloads(store, Scope(STRANGER), UP) == {b"8"}
        assert payloads(store, Scope(STRANGER, shared=True), UP) == {b"9"}
        assert store.measure().entries == 5
        assert store.forget(SESSION) == 0
        put_in(store, Scope(SESSION), b"again")
        assert payloads(store, Scope(SESSION), UP) == {b"again"}

    @rule("Forgetting by a pattern or a prefix removes what belongs to others.")
    def test_forget_leaves_sessions_alone_that_look_alike(self, store: SimilarityIndex) -> None:
        sessions = list(dict.fromkeys(session for pair in KEYS_THAT_COLLIDE for session in pair))
        for number, session in enumerate(sessions):
            put_in(store, Scope(session), b"%d" % number)
            put_in(store, Scope(session, url="shared", shared=True), b"%d" % number)
        left = {session: b"%d" % number for number, session in enumerate(sessions)}
        for session in sessions[::3]:
            assert store.forget(session) == 2
            del left[session]
            for other in sessions:
                assert payloads(store, Scope(other), UP) == ({left[other]} if other in left else set())
                expected = {payload for one, payload in left.items() if one.tenant == other.tenant}
                assert payloads(store, Scope(other, url="shared", shared=True), UP) == expected

    @rule("What is over its time is not counted, but it is still there for who reads the store: it has to go as well.")
    def test_forget_counts_live_entries_and_removes_all(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put_in(store, Scope(SESSION), b"short", ttl=600)
        put_in(store, Scope(SESSION), b"long")
        put_in(store, Scope(SESSION, url="u"), b"short", ttl=600)
        clock.advance(600)
        assert store.forget(SESSION) == 1
        clock.advance(-600)
        assert payloads(store, Scope(SESSION), UP) == payloads(store, Scope(SESSION, url="u"), UP) == set()

    @rule("A session that begins anew may do so with another model; what is gone must not stand in its way.")
    def test_after_forgetting_a_scope_takes_another_dimension(self, store: SimilarityIndex) -> None:
        put_in(store, Scope(SESSION), b"two numbers")
        store.forget(SESSION)
        assert list(store.search(Scope(SESSION), floats([1.0, 0.0, 0.0]), k=1, at_least=0.0)) == []
        store.add(Scope(SESSION), IndexEntry(floats([1.0, 0.0, 0.0]), b"three"), ttl=HOUR, capacity=5)
        assert payloads(store, Scope(SESSION), [1.0, 0.0, 0.0]) == {b"three"}

    @rule("Operators size their stores by these figures, and a session's figure must be its own.")
    def test_measure_counts_live_entries(self, store: SimilarityIndex, clock: SettableClock) -> None:
        assert store.measure().entries == 0
        assert store.measure(SESSION).entries == 0
        put_in(store, Scope(SESSION), b"x", ttl=600)
        put_in(store, Scope(SESSION, url="u"), b"x" * 100_000)
        put_in(store, Scope(SESSION, shared=True), b"x")
        put_in(store, Scope(TWO), b"x")
        put_in(store, Scope(STRANGER), b"x")
        assert store.measure(SESSION).entries == 2, "its own scopes only"
        assert store.measure(TWO).entries == 1
        assert store.measure(SessionKey("nobody")).entries == 0
        assert store.measure().entries == 5
        assert 100_000 < store.measure(SESSION).size < 1_000_000
        assert 0 < store.measure(TWO).size < 100_000
        assert store.measure().size > 100_000
        clock.advance(600)
        assert store.measure(SESSION).entries == 1
        assert store.measure().entries == 4
        store.forget(SESSION)
        assert store.measure(SESSION).entries == 0
        assert store.measure().entries == 2
