"""What every similarity index keeps apart: sessions, tenants, URLs, models, and what is shared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.ports.similarity_index import IndexEntry, SimilarityIndex
from lixcore.testing.ground.hostile import KEYS_THAT_COLLIDE
from lixcore.testing.ground.profiles import examples, left_out
from lixcore.testing.ground.rules import rule
from lixcore.testing.similarity_index.indexes import (
    HOUR,
    UP,
    IndexGround,
    put_in,
)
from lixcore.testing.similarity_index.oracle import floats, identity, payloads

SESSION, TWO, STRANGER = SessionKey("one"), SessionKey("two"), SessionKey("one", tenant="stranger")
_PLAIN = [f"text-{number}" for number in range(19)]
_HOSTILE = [
    "",
    "a",
    "A",
    "ab",
    "b",
    "*",
    "a*",
    "a\0",
    "a\0b",
    "é",
    "e\u0301",
    "%61",
    "{a}",
    "a ",
    "\n",
    "1",
    "\\",
    "a/",
    "a/../a",
]
ALIKE = _PLAIN if left_out("hostile-ids") else _HOSTILE
"""Urls and models that a store mixes up when it cuts, folds, normalises or interprets them."""

SEPARATORS = ["-separator-"] if left_out("hostile-ids") else [*":/|\0 *#?,.-_{}\x1f\n", "::", "sep"]
"""What a store might join texts with."""

_COLLIDING = [
    *((Scope(one), Scope(two)) for one, two in KEYS_THAT_COLLIDE),
    *(
        (Scope(one, url="u", shared=True), Scope(two, url="u", shared=True))
        for one, two in KEYS_THAT_COLLIDE
        if one.tenant != two.tenant
    ),
    *((Scope(one), Scope(one, shared=True)) for one in (SESSION, SessionKey("default"), SessionKey("a", tenant="a"))),
    (Scope(SESSION, url="a", model="b"), Scope(SESSION, url="ab")),
    (Scope(SESSION, url="a", model="b"), Scope(SESSION, url="b", model="a")),
    (Scope(SESSION, url="a"), Scope(SESSION, model="a")),
    (Scope(SESSION, url="a:b", model="c"), Scope(SESSION, url="a", model="b:c")),
    (Scope(SessionKey("one:a"), url="b"), Scope(SESSION, url="a:b")),
    (Scope(SessionKey("onea")), Scope(SESSION, url="a")),
    (Scope(SessionKey("x", tenant="onea"), shared=True), Scope(SessionKey("x", tenant="one"), url="a", shared=True)),
    (Scope(SESSION, url="u" * 60_000 + "a"), Scope(SESSION, url="u" * 60_000 + "b")),
    (Scope(SESSION, url="http://x/a"), Scope(SESSION, url="http://x/a/")),
    (Scope(SESSION, url="http://x/a"), Scope(SESSION, url="HTTP://X/a")),
]
SCOPES_THAT_COLLIDE = [(Scope(SESSION, url="one"), Scope(TWO, url="two"))] if left_out("hostile-ids") else _COLLIDING
"""Pairs of scopes that have little between them."""


class IndexScopes(IndexGround):
    """Scopes never meet."""

    @pytest.mark.parametrize(("one", "two"), SCOPES_THAT_COLLIDE)
    @rule("Where two scopes meet, one user is given what was answered to another, or to a question about another page.")
    def test_scopes_that_look_alike_never_meet(self, store: SimilarityIndex, one: Scope, two: Scope) -> None:
        assert identity(one) != identity(two), "else this shows nothing"
        put_in(store, one, b"of one")
        assert payloads(store, two, UP) == set()
        put_in(store, two, b"of two")
        assert payloads(store, one, UP) == {b"of one"}
        assert payloads(store, two, UP) == {b"of two"}
        store.add(one, IndexEntry(floats(UP), b"newer"), ttl=HOUR, capacity=1)
        assert payloads(store, one, UP) == {b"newer"}
        assert payloads(store, two, UP) == {b"of two"}, "the other scope's capacity is its own"

    @rule("URLs and models are any text: a store that joins, folds or cuts them takes one for another.")
    def test_urls_and_models_that_look_alike_never_meet(self, store: SimilarityIndex) -> None:
        own = [Scope(SESSION, url=text) for text in ALIKE] + [Scope(SESSION, model=text) for text in ALIKE if text]
        for between in SEPARATORS:
            own += [Scope(SESSION, url=f"a{between}", model="a"), Scope(SESSION, url="a", model=f"{between}a")]
        others = [Scope(SessionKey(f"one{between}a"), url="a") for between in SEPARATORS]
        others += [Scope(SessionKey("one"), url=f"a{between}a") for between in SEPARATORS]
        for number, scope in enumerate(own + others):
            put_in(store, scope, b"%d" % number)
        for number, scope in enumerate(own + others):
            assert payloads(store, scope, UP) == {b"%d" % number}
        assert store.measure(SESSION).entries == len(own) + len(SEPARATORS)
        assert store.forget(SESSION) == len(own) + len(SEPARATORS)

    @rule("Parts that are joined with a separator meet as soon as one of them holds it.")
    def test_scopes_of_any_text_never_meet(self, store: SimilarityIndex) -> None:
        plain = [("one", "two"), ("three", "four"), ("five", "six")]
        hostile = [("", ""), ("a", ""), ("", "a"), ("a", "a"), ("A", "a"), ("a:", "a"), ("a", ":a"), ("a\0", "a"), ("a", "a\0")]
        sessions = [SESSION, TWO] if left_out("hostile-ids") else [SessionKey("a"), SessionKey("a:"), SessionKey("a", tenant="a")]

        def build(session: SessionKey, texts: tuple[str, str], shared: bool) -> Scope:  # noqa: FBT001  # drawn
            return Scope(session, url=texts[0], model=texts[1], shared=shared)

        scope = st.builds(
            build, st.sampled_from(sessions), st.sampled_from(plain if left_out("hostile-ids") else hostile), st.booleans()
        )

        @examples(40)
        @given(st.lists(scope, min_size=10, max_size=16))
        def check(scopes: list[Scope]) -> None:
            expected: dict[tuple[object, ...], set[bytes]] = {}
            for number, each in enumerate(scopes):
                put_in(store, each, b"%d" % number)
                expected.setdefault(identity(each), set()).add(b"%d" % number)
            for each in scopes:
                assert payloads(store, each, UP) == expected[identity(each)]
            for each in scopes:
                store.forget(each.session)
            assert all(payloads(store, each, UP) == set() for each in scopes)

        check()

    @rule("Sharing is asked for entry by entry: nobody else's sessions may see what is not, and all of the tenant's what is.")
    def test_what_a_session_shares_all_sessions_of_its_tenant_find(self, store: SimilarityIndex) -> None:
        put_in(store, Scope(SESSION, url="u", shared=True), b"shared by one")
        put_in(store, Scope(TWO, url="u", shared=True), b"shared by two")
        put_in(store, Scope(TWO, url="u"), b"own of two")
        for session in (SESSION, TWO, SessionKey("three")):
            assert payloads(store, Scope(session, url="u", shared=True), UP) == {b"shared by one", b"shared by two"}
        assert payloads(store, Scope(STRANGER, url="u", shared=True), UP) == set()
        assert payloads(store, Scope(SESSION, url="u"), UP) == set()
