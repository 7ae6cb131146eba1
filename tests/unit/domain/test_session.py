"""Any Unicode text is an id, and no two ids are one."""

from __future__ import annotations

import hashlib
import multiprocessing
import threading
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.session import DEFAULT_TENANT, MAX_ID_BYTES, SessionKey
from lixcore.errors import InvalidInputError

IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=500)
HOSTILE = st.text("aA:/*é\0 .{}\\", min_size=1, max_size=4)  # few characters, so that pairs differ by little
HOSTILE_IDS = [
    "*",
    "../../etc/passwd",
    "a:b{c}",
    "\0",
    " ",
    "x" * 500,
    "\U0001d518" * 500,
    "a\nb",
    "CON",
    "e\u0301",
    "é",
    "user\u202egpj",
]

FORK = multiprocessing.get_context("fork")


@given(IDS, IDS)
def test_any_unicode_text_is_an_id_and_a_tenant(session: str, tenant: str) -> None:
    key = SessionKey(session, tenant)
    assert (key.id, key.tenant) == (session, tenant)
    assert len(key.digest) == 32


@pytest.mark.parametrize("session", HOSTILE_IDS)
def test_ids_that_break_out_elsewhere_are_only_text(session: str) -> None:
    assert SessionKey(session).id == session


def test_hostile_ids_have_keys_and_digests_of_their_own() -> None:
    keys = [SessionKey(first, second) for first in HOSTILE_IDS for second in HOSTILE_IDS]
    assert len(set(keys)) == len({key.digest for key in keys}) == len(HOSTILE_IDS) ** 2


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_keys_and_digests_are_equal_exactly_when_both_texts_are(a: str, b: str, c: str, d: str) -> None:
    same = (a, b) == (c, d)
    assert (SessionKey(a, b) == SessionKey(c, d)) == same
    assert (SessionKey(a, b).digest == SessionKey(c, d).digest) == same


@given(st.text("ab/", min_size=3, max_size=6))
def test_moving_the_border_between_tenant_and_id_gives_another_digest(text: str) -> None:
    """The concatenation is the same each time; a digest of that alone would be one."""
    digests = {SessionKey(text[cut:], text[:cut]).digest for cut in range(1, len(text))}
    assert len(digests) == len(text) - 1


def test_a_digest_is_the_same_in_every_process_and_release() -> None:
    """Archives name files by it. This one is by coreutils: printf '\\0\\0\\0\\7defaultuser-abc' | sha256sum."""
    assert SessionKey("user-abc").digest.hex() == "d8e0d42a60a93e8cd88e73ca5f1985afeaed784fea7de70511a659902320530e"


@pytest.mark.parametrize("field", ["id", "tenant"])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "is empty"),
        (None, "must be text, not NoneType"),
        (b"user", "must be text, not bytes"),
        ("a" * (MAX_ID_BYTES + 1), "is 4,097 bytes long in UTF-8; at most 4,096 are accepted"),
        ("a\ud800", "has a lone surrogate (U+D800) at index 1"),
    ],
)
def test_what_is_no_id_is_refused(field: str, value: object, reason: str) -> None:
    texts: dict[str, object] = {"id": "user", "tenant": "acme"}
    with pytest.raises(InvalidInputError) as caught:
        SessionKey(**(texts | {field: value}))
    assert caught.value.field == {"id": "session_id", "tenant": "tenant"}[field]
    assert caught.value.reason == reason


def test_the_default_tenant_is_not_shown() -> None:
    assert str(SessionKey("user-abc")) == "user-abc"
    assert str(SessionKey("user-abc", "acme")) == "acme/user-abc"
    assert SessionKey("user-abc") == SessionKey("user-abc", DEFAULT_TENANT)


def test_a_child_forked_while_a_thread_makes_a_digest_makes_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a lock around it, the child would wait for a thread that it does not have."""
    made, go_on = threading.Event(), threading.Event()
    real = hashlib.sha256

    def slow(data: bytes) -> Any:
        made.set()
        go_on.wait(30)
        return real(data)

    monkeypatch.setattr(hashlib, "sha256", slow)
    thread = threading.Thread(target=lambda: SessionKey("parent").digest)
    thread.start()
    assert made.wait(30)
    monkeypatch.undo()
    child = FORK.Process(target=lambda: SessionKey("child").digest)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 and newer warn of exactly this
        child.start()
    child.join(10)
    ended = child.exitcode
    child.kill()
    go_on.set()
    thread.join()
    assert ended == 0
