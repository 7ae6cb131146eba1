"""Conversations as lines of JSON, the one shape that is imported and exported.

``{"session_id": …, "messages": [{"role", "content", "timestamp"?, "metadata"?, "embedding"?}, …]}``
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import msgspec

from lixcore.domain.message import Message
from lixcore.domain.session import SessionKey, checked_tenant
from lixcore.errors import InvalidInputError, InvalidLineError

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_KEY_OF = "a key of "
_KEYS = frozenset({"session_id", "messages"})


@attrs.frozen
class Conversation:
    """One line: a session and its messages.

    Attributes:
        session: Whose.
        messages: In order.
        timed: For each message, whether the line gave its timestamp.
        ignored: Names on the line that mean nothing here, such as ``source``.
    """

    session: SessionKey
    messages: Sequence[Message]
    timed: Sequence[bool]
    ignored: frozenset[str]


def parse_line(line: bytes, *, source: str, number: int, tenant: str, now: float) -> Conversation:
    """Check one line whole, so that nothing of a bad one is ever stored.

    Args:
        source: The file's name, for errors.
        number: The line's number, from 1, for errors.
        tenant: Who the session belongs to.
        now: Seconds since the epoch, for messages without a timestamp.

    Raises:
        InvalidLineError: With the line and the path of the field, such as ``messages[3].content``.
    """
    try:
        value = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidLineError(source, number, "line", f"is not JSON: {error}") from None
    except RecursionError:
        raise InvalidLineError(source, number, "line", "nests lists and objects too deep to be read") from None
    try:
        return _conversation(value, tenant=tenant, now=now)
    except InvalidInputError as error:
        raise InvalidLineError(source, number, error.field, error.reason) from None


def _conversation(value: object, *, tenant: str, now: float) -> Conversation:
    if not isinstance(value, dict):
        raise InvalidInputError("line", f"must be a JSON object, not {type(value).__name__}")
    for name in ("session_id", "messages"):
        if name not in value:
            raise InvalidInputError(name, "is missing")
    session, plain = SessionKey(value["session_id"], checked_tenant(tenant)), value["messages"]
    if not isinstance(plain, list):
        raise InvalidInputError("messages", f"must be a list, not {type(plain).__name__}")
    messages = [_message(item, path=f"messages[{index}]", now=now) for index, item in enumerate(plain)]
    timed = [item.get("timestamp") is not None for item in plain]
    return Conversation(session, messages, timed, frozenset(value) - _KEYS)


def _message(item: Any, *, path: str, now: float) -> Message:
    try:
        return Message.from_dict(item, now=now)
    except InvalidInputError as error:
        raise InvalidInputError(_path_within(path, error.field), error.reason) from None


def _path_within(path: str, field: str) -> str:
    if field == "message":
        return path
    if field.startswith(_KEY_OF):  # a bad key has no path of its own: that of the object it stands in is told
        return f"{_KEY_OF}{path}.{field.removeprefix(_KEY_OF)}"
    return f"{path}.{field}"


def format_line(session: SessionKey, messages: Sequence[Message]) -> bytes:
    """One line, newline included, which `parse_line` reads back to the same messages."""
    plain: dict[str, Any] = {"session_id": session.id, "messages": [message.to_dict() for message in messages]}
    try:
        return _encode(plain) + b"\n"
    except OverflowError:  # integers beyond 64 bits, which JSON has and msgspec does not write
        import json

        return json.dumps(plain, ensure_ascii=False).encode() + b"\n"
