"""Scopes meet where they are to share, and nowhere else."""

from __future__ import annotations

import copy
from itertools import product
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lixcore.domain.scope import MAX_MODEL_BYTES, MAX_URL_BYTES, Scope, session_owner, tenant_owner
from lixcore.domain.session import SessionKey
from lixcore.errors import InvalidInputError
from lixcore.testing.similarity_index.oracle import identity

TEXT = st.text("aA:/*é\0 |{}\\", max_size=3)  # few characters, so that pairs differ by little
IDS = st.text("aA:/*\0 |", min_size=1, max_size=3)
SCOPES = st.builds(Scope, session=st.builds(SessionKey, id=IDS, tenant=IDS), url=TEXT, model=TEXT, shared=st.booleans())
SEPARATORS = ["", "\0", "\x1f", ":", "/", "|", "*", ",", " ", "\n", "::", "a:", ":a", "\0\0\0\1", "\0\0\0\1a", "\x01"]


@settings(max_examples=300)
@given(SCOPES, SCOPES)
def test_digests_are_equal_exactly_for_scopes_that_share_their_answers(one: Scope, other: Scope) -> None:
    assert (one.digest == other.digest) == (identity(one) == identity(other))
    assert len(one.digest) == len(one.owner) == len(one.source) == 32


@given(SCOPES, SCOPES)
def test_owners_group_a_sessions_own_scopes_and_those_that_a_tenant_shares(one: Scope, other: Scope) -> None:
    def owner(of: Scope) -> tuple[object, ...]:
        return (of.session.tenant, None if of.shared else of.session.id)

    assert (one.owner == other.owner) == (owner(one) == owner(other))
    assert (one.source == other.source) == (one.session == other.session)


@given(SCOPES)
def test_owner_and_source_are_found_without_the_scope(scope: Scope) -> None:
    assert scope.source == session_owner(scope.session)
    assert scope.owner == (tenant_owner(scope.session.tenant) if scope.shared else session_owner(scope.session))
    assert len({session_owner(scope.session), tenant_owner(scope.session.tenant), scope.digest}) == 3


@given(st.text("ab:", min_size=4, max_size=6), st.booleans())
def test_moving_the_borders_between_the_texts_gives_another_digest(text: str, shared: bool) -> None:  # noqa: FBT001  # drawn
    """Their concatenation is the same each time, and so is that with any separator that is in the text."""
    cuts = [(i, j, k) for i in range(1, len(text)) for j in range(i + 1, len(text) + 1) for k in range(j, len(text) + 1)]
    scopes = [Scope(SessionKey(text[i:j], tenant=text[:i]), text[j:k], text[k:], shared=shared) for i, j, k in cuts]
    assert len({scope.digest for scope in scopes}) == len({identity(scope) for scope in scopes})


def test_texts_that_hold_every_separator_never_meet() -> None:
    ids = [f"x{separator}" for separator in SEPARATORS]
    scopes = [
        Scope(SessionKey(session, tenant=tenant), url, model, shared=shared)
        for session, tenant in product(ids[:6], ids[:6])
        for url, model in product(SEPARATORS, SEPARATORS)
        for shared in (False, True)
        if not shared or session == ids[0]
    ]
    assert len({scope.digest for scope in scopes}) == len(scopes)


def test_a_session_that_is_called_like_its_tenant_does_not_own_what_the_tenant_shares() -> None:
    for text in ("default", "\0", "\1", "a"):
        assert session_owner(SessionKey(text, tenant=text)) != tenant_owner(text)
    digest_as_text = SessionKey("a", tenant="b").digest.hex()
    assert session_owner(SessionKey("a", tenant="b")) != tenant_owner(digest_as_text)


def test_what_differs_only_when_normalised_folded_or_cut_differs() -> None:
    texts = ["é", "e\u0301", "É", "E\u0301", "a", "a ", " a", "a\0", "a\0b", "A", "http://x", "http://x/", "HTTP://x", "ﬁ", "fi"]
    scopes = [Scope(SessionKey("s"), url=text) for text in texts] + [Scope(SessionKey("s"), model=text) for text in texts]
    assert len({scope.digest for scope in scopes}) == len(scopes)


def test_long_texts_differ_by_their_last_character() -> None:
    ends = [Scope(SessionKey("s"), url="u" * (MAX_URL_BYTES - 1) + end, model="m" * MAX_MODEL_BYTES) for end in "ab"]
    assert ends[0].digest != ends[1].digest


def test_digests_are_the_same_in_every_process_and_release() -> None:
    """Stores keep them. These are by coreutils.

    The session's: printf '\\0\\0\\0\\7defaultuser-abc' | sha256sum; then, of each part its length and itself: the owner of the
    byte 0 and that, of the byte 1 and the tenant where it is shared; the digest of the owner, the url and the model.
    """
    own = Scope(SessionKey("user-abc"), url="https://x.example/a", model="m-1")
    shared = attrs.evolve(own, shared=True)
    assert own.owner.hex() == own.source.hex() == "e4e34c0129edb9588c74e03fdb40014a04ba8960cd32ee12dbbb0f27b638a36e"
    assert own.digest.hex() == "969fb7396716ed9b45c60f6bdd3971eb5edd868d0d37f3c504f1d50238b5a8a6"
    assert shared.owner.hex() == "51dd60f73f36cd70ec092aed64571bc194bf3d27e810a0facc52a620379d75c2"
    assert shared.digest.hex() == "a1070c4bd5d2657ce489444f03a2cae9e566e0b94640fd125f9542037d88d7b7"


def test_a_changed_copy_has_a_digest_of_its_own() -> None:
    scope = Scope(SessionKey("s"), url="u")
    kept = scope.digest
    changed = [attrs.evolve(scope, url="v"), attrs.evolve(scope, model="m"), attrs.evolve(scope, shared=True)]
    assert len({kept, *(each.digest for each in changed)}) == 4
    assert copy.deepcopy(scope).digest == attrs.evolve(scope).digest == kept
    assert attrs.evolve(scope) == scope


@pytest.mark.parametrize(
    ("url", "model", "field", "reason"),
    [
        (None, "", "url", "must be text, not NoneType"),
        (b"u", "", "url", "must be text, not bytes"),
        ("u" * (MAX_URL_BYTES + 1), "", "url", "is 65,537 bytes long in UTF-8; at most 65,536 are accepted"),
        ("é" * MAX_URL_BYTES, "", "url", "is 131,072 bytes long in UTF-8; at most 65,536 are accepted"),
        ("a\ud800", "", "url", "has a lone surrogate (U+D800) at index 1"),
        ("", 5, "embedding_model", "must be text, not int"),
        ("", "m" * (MAX_MODEL_BYTES + 1), "embedding_model", "is 1,025 bytes long in UTF-8; at most 1,024 are accepted"),
        ("", "\udfff", "embedding_model", "has a lone surrogate (U+DFFF) at index 0"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_url_or_model_is_refused(url: object, model: object, field: str, reason: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Scope(SessionKey("s"), url=url, model=model)
    assert (caught.value.field, caught.value.reason) == (field, reason)


@pytest.mark.parametrize("shared", ["false", "yes", "", 1, 0, None])
def test_only_true_shares(shared: Any) -> None:
    """Nothing else does, also what Python takes for true: who reads ``"false"`` from a file must not share with everybody."""
    with pytest.raises(InvalidInputError) as caught:
        Scope(SessionKey("s"), shared=shared)
    assert (caught.value.field, caught.value.reason) == ("shared", f"must be True or False, not {type(shared).__name__}")


def test_any_other_text_is_a_url_and_a_model() -> None:
    for text in ("", "not a url", "\0", "a\nb", "\U0001d518" * 200):
        assert (Scope(SessionKey("s"), url=text).url, Scope(SessionKey("s"), model=text).model) == (text, text)
