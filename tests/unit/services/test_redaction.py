"""Redaction on its way to the stores: which texts it sees, and what becomes of its failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.message import Message
from lixcore.domain.redacted import is_clean, redacted_json
from lixcore.domain.session import SessionKey
from lixcore.errors import PolicyFailedError
from lixcore.services.histories.conversation_lines import Conversation
from lixcore.services.histories.import_conversations import Importer
from lixcore.services.redaction import NO_REDACTION, Redaction
from lixcore_memory import MemoryArchive, MemoryHotStore
from settable_clock import SettableClock
from stacks import SessionLayer

SESSION = SessionKey("one")
TEXTS = st.text("sx", max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


class Hides:
    """Takes every ``s`` out."""

    def redact(self, text: str) -> str:
        return text.replace("s", "*")


class Answers:
    """Does what the test says."""

    def __init__(self, answer: Callable[[str], Any]) -> None:
        self.redact = answer


REDACTION = Redaction(Hides())


def naive(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("s", "*")
    if isinstance(value, list):
        return [naive(item) for item in value]
    return {key: naive(item) for key, item in value.items()} if isinstance(value, dict) else value


@given(JSON)
def test_every_text_in_a_value_is_redacted_but_no_key(value: Any) -> None:
    redacted = redacted_json(value, Hides().redact)
    assert redacted == naive(value)
    if naive(value) == value:
        assert redacted is value


@given(JSON)
def test_a_value_is_clean_when_neither_its_texts_nor_its_keys_have_anything(value: Any) -> None:
    assert is_clean(value, Hides().redact) == ("s" not in repr(value).replace("False", ""))


def test_a_message_is_redacted_in_content_metadata_and_unusual_roles_only() -> None:
    call = {"id": "s1", "function": {"name": "say", "arguments": '{"to": "s"}'}}
    message = Message("boss", "yes", 1.0, {"tool_calls": [call], "s": 1}, [1.0, 2.0])
    redacted = REDACTION.of(message)
    assert (redacted.role, redacted.content, redacted.timestamp) == ("bo**", "ye*", 1.0)
    assert redacted.metadata == {
        "tool_calls": [{"id": "*1", "function": {"name": "*ay", "arguments": '{"to": "*"}'}}],
        "s": 1,
    }
    assert redacted.embedding is not None
    assert redacted.embedding.tolist() == [1.0, 2.0]
    usual = Message("assistant", "x", 1.0)
    assert REDACTION.of(usual) is usual
    assert NO_REDACTION.of(message) is message


def raises(_: str) -> str:
    raise ValueError("quotes the secret")


FAILURES = [raises, lambda _: None, lambda text: text.encode(), lambda _: "\ud800", lambda _: "nul \0"]


def layer(redaction: Redaction) -> SessionLayer:
    clock = SettableClock()
    return SessionLayer(MemoryHotStore(clock), MemoryArchive(), clock, through=True, redaction=redaction)


@pytest.mark.parametrize("answer", FAILURES)
def test_where_it_fails_nothing_is_stored_and_the_error_quotes_nothing(answer: Callable[[str], Any]) -> None:
    redaction = Redaction(Answers(answer))
    used = layer(redaction)
    with pytest.raises(PolicyFailedError, match="redaction of") as failure:
        used.window.add(SESSION, Message("user", "secret", 1.0))
    assert "secret" not in str(failure.value)
    importer = Importer(used.hot, used.archive, used.window, redaction)
    with pytest.raises(PolicyFailedError):
        importer.add(Conversation(SESSION, [Message("user", "secret", 1.0)], [True], frozenset()))
    importer.flush()
    assert used.hot.describe(SESSION) is None
    assert list(used.archive.sessions()) == []


def test_a_failure_that_a_plugin_is_named_for_is_told_as_it_is() -> None:
    failure = PolicyFailedError("a plugin", "lixcore_redact", "why")

    def fails(_: str) -> str:
        raise failure

    with pytest.raises(PolicyFailedError) as told:
        Redaction(Answers(fails)).of(Message("user", "x", 1.0))
    assert told.value is failure


def test_an_import_that_is_run_again_stores_nothing_twice_and_knows_what_it_redacted() -> None:
    used = layer(REDACTION)
    conversation = Conversation(SESSION, [Message("user", "yes", 1.0), Message("user", "no", 2.0)], [True, True], frozenset())
    for _ in range(2):
        importer = Importer(used.hot, used.archive, used.window, REDACTION)
        importer.add(conversation)
        importer.flush()
    assert importer.counts.present_messages == 2
    assert [message.content for message in used.window.context(SESSION)] == ["ye*", "no"]
