"""Lines of conversations: what is wrong is named by its path, and what is right comes back the same."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.json_value import MAX_INTEGER_BITS
from lixcore.domain.message import Message
from lixcore.domain.session import SessionKey
from lixcore.errors import InvalidLineError
from lixcore.services.histories.conversation_lines import Conversation, format_line, parse_line

NOW = 1_700_000_000.0
HELLO = '{"role": "user", "content": "hello"}'


def parsed(line: bytes | str) -> Conversation:
    given = line.encode() if isinstance(line, str) else line
    return parse_line(given, source="chats.jsonl", number=7, tenant="default", now=NOW)


def with_messages(*messages: str) -> str:
    return '{"session_id": "s", "messages": [' + ", ".join(messages) + "]}"


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        ("", "line", "is not JSON"),
        ("{", "line", "is not JSON"),
        ("NaN", "line", "is not JSON"),
        (b"\xff", "line", "is not JSON"),
        ('{"session_id": "\\ud800", "messages": []}', "line", "is not JSON"),
        ("[" * 100_000, "line", "nests lists and objects too deep to be read"),
        ("[]", "line", "must be a JSON object, not list"),
        ("null", "line", "must be a JSON object, not NoneType"),
        ('{"messages": []}', "session_id", "is missing"),
        ('{"session_id": "s"}', "messages", "is missing"),
        ('{"session_id": "", "messages": []}', "session_id", "is empty"),
        ('{"session_id": 5, "messages": []}', "session_id", "must be text, not int"),
        ('{"session_id": "s", "messages": {}}', "messages", "must be a list, not dict"),
        (with_messages(HELLO, "5"), "messages[1]", "must be an object, not int"),
        (with_messages("null"), "messages[0]", "must be an object, not NoneType"),
        (with_messages('{"content": "x"}'), "messages[0].role", "is missing"),
        (with_messages(HELLO, HELLO, '{"role": "user"}'), "messages[2].content", "is missing"),
        (with_messages('{"role": "user", "content": null}'), "messages[0].content", "must be text, not NoneType"),
        (with_messages('{"role": "user", "content": "a\\u0000"}'), "messages[0].content", "has a NUL character at index 1"),
        (with_messages('{"role": "user", "content": "", "timestamp": "x"}'), "messages[0].timestamp", "must be seconds"),
        (with_messages('{"role": "user", "content": "", "timestamp": 1e300}'), "messages[0].timestamp", "is 1e+300"),
        (
            with_messages('{"role": "user", "content": "", "metadata": {"a": ["\\u0000"]}}'),
            "messages[0].metadata.a[0]",
            "has a NUL",
        ),
        (
            with_messages('{"role": "user", "content": "", "metadata": {"\\u0000": 1}}'),
            "a key of messages[0].metadata",
            "has a NUL",
        ),
        (with_messages('{"role": "user", "content": "", "embedding": [0, 0]}'), "messages[0].embedding", "is all zeros"),
        (with_messages('{"role": "user", "content": "", "embedding": ["1"]}'), "messages[0].embedding", "must hold numbers"),
        (with_messages('{"role": "user", "content": "", "id": 1}'), "messages[0].id", "is not a field of a message"),
    ],
)
def test_a_bad_line_names_file_line_and_field(line: bytes | str, field: str, reason: str) -> None:
    with pytest.raises(InvalidLineError) as caught:
        parsed(line)
    error = caught.value
    assert (error.source, error.line, error.field) == ("chats.jsonl", 7, field)
    assert error.reason.startswith(reason)
    assert str(error).startswith(f"chats.jsonl, line 7: {field} {reason}")


def test_what_a_line_says_besides_is_ignored_by_name() -> None:
    found = parsed('{"session_id": "s", "source": "x", "messages": [], "lang": "en"}')
    assert found.ignored == {"source", "lang"}
    assert found.messages == []


def test_a_missing_timestamp_is_now_and_known_to_be_missing() -> None:
    found = parsed(
        with_messages(
            HELLO, '{"role": "user", "content": "", "timestamp": 0}', '{"role": "user", "content": "", "timestamp": null}'
        )
    )
    assert [message.timestamp for message in found.messages] == [NOW, 0.0, NOW]
    assert found.timed == [False, True, False]


WIDEST = 2**MAX_INTEGER_BITS - 1
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([2**63, 2**64, WIDEST, -WIDEST])
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
EMBEDDINGS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=4).filter(any)
MESSAGES = st.builds(
    Message,
    role=TEXT.filter(lambda text: 0 < len(text.encode()) <= 64),
    content=TEXT,
    timestamp=st.floats(0, 253_402_300_799),
    metadata=JSON,
    embedding=st.none() | EMBEDDINGS,
)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20), st.lists(MESSAGES, max_size=4))
def test_any_messages_come_back_the_same(session_id: str, messages: list[Message]) -> None:
    line = format_line(SessionKey(session_id), messages)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1, "one line"
    found = parsed(line)
    assert found.session == SessionKey(session_id)
    assert list(found.messages) == messages
    assert [repr(message.metadata) for message in found.messages] == [repr(message.metadata) for message in messages]
    assert all(found.timed)
    for back, message in zip(found.messages, messages, strict=True):
        assert (back.embedding is None) == (message.embedding is None)
        if back.embedding is not None and message.embedding is not None:
            assert back.embedding.tobytes() == np.asarray(message.embedding, np.float32).tobytes()


@given(st.lists(MESSAGES, max_size=3))
def test_a_line_is_plain_json_for_others(messages: list[Message]) -> None:
    plain = json.loads(format_line(SessionKey("s"), messages))
    assert list(plain) == ["session_id", "messages"]
    assert [list(one) for one in plain["messages"]] == [
        ["role", "content", "timestamp", "metadata", *(["embedding"] if message.embedding is not None else [])]
        for message in messages
    ]


@given(
    st.binary(max_size=60)
    | st.text(max_size=60).map(lambda text: text.encode(errors="surrogatepass"))
    | JSON.map(lambda value: json.dumps(value).encode())
)
def test_no_line_whatever_brings_another_error(line: bytes) -> None:
    try:
        parsed(line)
    except InvalidLineError as error:
        assert error.line == 7  # noqa: PT017  # most lines are refused
