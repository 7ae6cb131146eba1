"""What every similarity index keeps apart, removes and counts: the part of the suite about scopes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_ground import KEYS_THAT_COLLIDE, SettableClock
from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import IndexEntry, SimilarityIndex
from similarity_oracle import floats, identity, payloads

ONE, TWO, STRANGER = SessionKey("one"), SessionKey("two"), SessionKey("one", tenant="stranger")
ALIKE = ["", "a", "A", "ab", "b", "*", "a*", "a\0", "a\0b", "é", "e\u0301", "%61", "{a}", "a ", "\n", "1", "\\", "a/", "a/../a"]
"""Urls and models that a store mixes up when it cuts, folds, normalises or interprets them."""

SEPARATORS = [*":/|\0 *#?,.-_{}\x1f\n", "::", "sep"]
"""What a store might join texts with."""

SCOPES_THAT_COLLIDE = [
    *((Scope(one), Scope(two)) for one, two in KEYS_THAT_COLLIDE),
    *(
        (Scope(one, url="u", shared=True), Scope(two, url="u", shared=True))
        for one, two in KEYS_THAT_COLLIDE
        if one.tenant != two.tenant
    ),
    *((Scope(one), Scope(one, shared=True)) for one in (ONE, SessionKey("default"), SessionKey("a", tenant="a"))),
    (Scope(ONE, url="a", model="b"), Scope(ONE, url="ab")),
    (Scope(ONE, url="a", model="b"), Scope(ONE, url="b", model="a")),
    (Scope(ONE, url="a"), Scope(ONE, model="a")),
    (Scope(ONE, url="a:b", model="c"), Scope(ONE, url="a", model="b:c")),
    (Scope(SessionKey("one:a"), url="b"), Scope(ONE, url="a:b")),
    (Scope(SessionKey("onea")), Scope(ONE, url="a")),
    (Scope(SessionKey("x", tenant="onea"), shared=True), Scope(SessionKey("x", tenant="one"), url="a", shared=True)),
    (Scope(ONE, url="u" * 60_000 + "a"), Scope(ONE, url="u" * 60_000 + "b")),
    (Scope(ONE, url="http://x/a"), Scope(ONE, url="http://x/a/")),
    (Scope(ONE, url="http://x/a"), Scope(ONE, url="HTTP://X/a")),
]
"""Pairs of scopes that have little between them."""

UP = [1.0, 0.0]
HOUR = 3600.0


def put(store: SimilarityIndex, scope: Scope, payload: bytes, *, ttl: float = HOUR) -> None:
    """Add an entry that points up."""
    store.add(scope, IndexEntry(floats(UP), payload), ttl=ttl, capacity=1000)


class SimilarityIndexScopes:
    """Mixed into `SimilarityIndexContract`."""

    @pytest.mark.parametrize(("one", "two"), SCOPES_THAT_COLLIDE)
    def test_scopes_that_look_alike_never_meet(self, store: SimilarityIndex, one: Scope, two: Scope) -> None:
        assert identity(one) != identity(two), "else this shows nothing"
        put(store, one, b"of one")
        assert payloads(store, two, UP) == set()
        put(store, two, b"of two")
        assert payloads(store, one, UP) == {b"of one"}
        assert payloads(store, two, UP) == {b"of two"}
        store.add(one, IndexEntry(floats(UP), b"newer"), ttl=HOUR, capacity=1)
        assert payloads(store, one, UP) == {b"newer"}
        assert payloads(store, two, UP) == {b"of two"}, "the other scope's capacity is its own"

    def test_urls_and_models_that_look_alike_never_meet(self, store: SimilarityIndex) -> None:
        own = [Scope(ONE, url=text) for text in ALIKE] + [Scope(ONE, model=text) for text in ALIKE if text]
        for between in SEPARATORS:
            own += [Scope(ONE, url=f"a{between}", model="a"), Scope(ONE, url="a", model=f"{between}a")]
        others = [Scope(SessionKey(f"one{between}a"), url="a") for between in SEPARATORS]
        others += [Scope(SessionKey("one"), url=f"a{between}a") for between in SEPARATORS]
        for number, scope in enumerate(own + others):
            put(store, scope, b"%d" % number)
        for number, scope in enumerate(own + others):
            assert payloads(store, scope, UP) == {b"%d" % number}
        assert store.measure(ONE).entries == len(own) + len(SEPARATORS)
        assert store.forget(ONE) == len(own) + len(SEPARATORS)

    def test_scopes_of_any_text_never_meet(self, store: SimilarityIndex) -> None:
        pairs = [("", ""), ("a", ""), ("", "a"), ("a", "a"), ("A", "a"), ("a:", "a"), ("a", ":a"), ("a\0", "a"), ("a", "a\0")]
        sessions = [SessionKey("a"), SessionKey("a:"), SessionKey("a", tenant="a")]

        def build(session: SessionKey, texts: tuple[str, str], shared: bool) -> Scope:  # noqa: FBT001  # drawn
            return Scope(session, url=texts[0], model=texts[1], shared=shared)

        scope = st.builds(build, st.sampled_from(sessions), st.sampled_from(pairs), st.booleans())

        @settings(max_examples=40, deadline=None)
        @given(st.lists(scope, min_size=10, max_size=16))
        def check(scopes: list[Scope]) -> None:
            expected: dict[tuple[object, ...], set[bytes]] = {}
            for number, each in enumerate(scopes):
                put(store, each, b"%d" % number)
                expected.setdefault(identity(each), set()).add(b"%d" % number)
            for each in scopes:
                assert payloads(store, each, UP) == expected[identity(each)]
            for each in scopes:
                store.forget(each.session)
            assert all(payloads(store, each, UP) == set() for each in scopes)

        check()

    def test_what_a_session_shares_all_sessions_of_its_tenant_find(self, store: SimilarityIndex) -> None:
        put(store, Scope(ONE, url="u", shared=True), b"shared by one")
        put(store, Scope(TWO, url="u", shared=True), b"shared by two")
        put(store, Scope(TWO, url="u"), b"own of two")
        for session in (ONE, TWO, SessionKey("three")):
            assert payloads(store, Scope(session, url="u", shared=True), UP) == {b"shared by one", b"shared by two"}
        assert payloads(store, Scope(STRANGER, url="u", shared=True), UP) == set()
        assert payloads(store, Scope(ONE, url="u"), UP) == set()

    # What an entry is: data, and a copy.

    @pytest.mark.parametrize("size", [0, 1, 2**20])
    def test_payloads_of_any_size_come_back_as_they_were(self, store: SimilarityIndex, size: int) -> None:
        payload = bytes(range(256)) * (size // 256) if size > 1 else b"\0" * size
        put(store, Scope(ONE), payload)
        put(store, Scope(ONE), b"another")
        found = store.search(Scope(ONE), floats(UP), k=5, at_least=0.5)
        assert [match.payload == payload for match in found] == [False, True]

    def test_several_large_payloads_come_back_together(self, store: SimilarityIndex) -> None:
        big = [bytes([number]) * (300_000 + number) for number in range(6)]
        for payload in big:
            put(store, Scope(ONE), payload)
        assert payloads(store, Scope(ONE), UP) == set(big)

    def test_what_was_given_may_be_changed_afterwards(self, store: SimilarityIndex) -> None:
        vector = floats([1.0, 0.0])
        payload, label = bytearray(b"payload"), bytearray(b"q" * 32)
        store.add(Scope(ONE), IndexEntry(vector, payload, label), ttl=HOUR, capacity=5)  # type: ignore[arg-type]  # a careless caller
        vector[:] = [0.0, 1.0]
        payload[:] = b"changed"
        label[:] = b"r" * 32
        query = floats(UP)
        for _ in range(2):
            [match] = store.search(Scope(ONE), query, label=b"q" * 32, k=5, at_least=-1.0)
            assert (match.payload, match.is_exact) == (b"payload", True)
            assert match.similarity == pytest.approx(1.0, abs=0.01)
            query[:] = [2.0, 0.0]

    def test_vectors_may_lie_in_memory_as_they_like(self, store: SimilarityIndex) -> None:
        table = np.array([[3.0, 9.0, 4.0, 9.0], [1.0, 9.0, 0.0, 9.0]], dtype=np.float32)
        table.setflags(write=False)
        store.add(Scope(ONE), IndexEntry(table[0, ::2], b"x"), ttl=HOUR, capacity=5)
        [match] = store.search(Scope(ONE), table[1, ::2], k=5, at_least=0.5)
        assert match.similarity == pytest.approx(0.6, abs=0.01)
        [match] = store.search(Scope(ONE), np.asfortranarray(table)[0, ::2], k=5, at_least=0.5)
        assert match.similarity == pytest.approx(1.0, abs=0.01)

    # Forgetting.

    def test_forget_removes_all_that_a_session_added_and_nothing_else(self, store: SimilarityIndex) -> None:
        mine = [
            Scope(ONE),
            Scope(ONE, url="u"),
            Scope(ONE, url="u", model="m"),
            Scope(ONE, shared=True),
            Scope(ONE, url="u", shared=True),
        ]
        others = [Scope(TWO), Scope(TWO, url="u"), Scope(TWO, shared=True), Scope(STRANGER), Scope(STRANGER, shared=True)]
        for number, scope in enumerate([*mine, *others, *mine]):
            put(store, scope, b"%d" % number)
        assert store.forget(ONE) == 10
        assert all(payloads(store, scope, UP) == set() for scope in (Scope(ONE), mine[1], mine[2], mine[4]))
        assert payloads(store, Scope(ONE, shared=True), UP) == {b"7"}, "what another session shares"
        assert payloads(store, Scope(TWO), UP) == {b"5"}
        assert payloads(store, Scope(TWO, url="u"), UP) == {b"6"}
        assert payloads(store, Scope(STRANGER), UP) == {b"8"}
        assert payloads(store, Scope(STRANGER, shared=True), UP) == {b"9"}
        assert store.measure().entries == 5
        assert store.forget(ONE) == 0
        put(store, Scope(ONE), b"again")
        assert payloads(store, Scope(ONE), UP) == {b"again"}

    def test_forget_leaves_sessions_alone_that_look_alike(self, store: SimilarityIndex) -> None:
        sessions = list(dict.fromkeys(session for pair in KEYS_THAT_COLLIDE for session in pair))
        for number, session in enumerate(sessions):
            put(store, Scope(session), b"%d" % number)
            put(store, Scope(session, url="shared", shared=True), b"%d" % number)
        left = {session: b"%d" % number for number, session in enumerate(sessions)}
        for session in sessions[::3]:
            assert store.forget(session) == 2
            del left[session]
            for other in sessions:
                assert payloads(store, Scope(other), UP) == ({left[other]} if other in left else set())
                expected = {payload for one, payload in left.items() if one.tenant == other.tenant}
                assert payloads(store, Scope(other, url="shared", shared=True), UP) == expected

    def test_forget_counts_live_entries_and_removes_all(self, store: SimilarityIndex, clock: SettableClock) -> None:
        put(store, Scope(ONE), b"short", ttl=600)
        put(store, Scope(ONE), b"long")
        put(store, Scope(ONE, url="u"), b"short", ttl=600)
        clock.advance(600)
        assert store.forget(ONE) == 1
        clock.advance(-600)
        assert payloads(store, Scope(ONE), UP) == payloads(store, Scope(ONE, url="u"), UP) == set()

    def test_after_forgetting_a_scope_takes_another_dimension(self, store: SimilarityIndex) -> None:
        put(store, Scope(ONE), b"two numbers")
        store.forget(ONE)
        assert list(store.search(Scope(ONE), floats([1.0, 0.0, 0.0]), k=1, at_least=0.0)) == []
        store.add(Scope(ONE), IndexEntry(floats([1.0, 0.0, 0.0]), b"three"), ttl=HOUR, capacity=5)
        assert payloads(store, Scope(ONE), [1.0, 0.0, 0.0]) == {b"three"}

    # Measuring.

    def test_measure_counts_live_entries(self, store: SimilarityIndex, clock: SettableClock) -> None:
        assert store.measure().entries == 0
        assert store.measure(ONE).entries == 0
        put(store, Scope(ONE), b"x", ttl=600)
        put(store, Scope(ONE, url="u"), b"x" * 100_000)
        put(store, Scope(ONE, shared=True), b"x")
        put(store, Scope(TWO), b"x")
        put(store, Scope(STRANGER), b"x")
        assert store.measure(ONE).entries == 2, "its own scopes only"
        assert store.measure(TWO).entries == 1
        assert store.measure(SessionKey("nobody")).entries == 0
        assert store.measure().entries == 5
        assert 100_000 < store.measure(ONE).size < 1_000_000
        assert 0 < store.measure(TWO).size < 100_000
        assert store.measure().size > 100_000
        clock.advance(600)
        assert store.measure(ONE).entries == 1
        assert store.measure().entries == 4
        store.forget(ONE)
        assert store.measure(ONE).entries == 0
        assert store.measure().entries == 2
