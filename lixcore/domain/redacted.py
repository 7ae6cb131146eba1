"""A message without what must not be kept: which of its texts are looked at."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from lixcore.domain.json_value import JsonValue
from lixcore.domain.message import Message

USUAL_ROLES = frozenset({"user", "assistant", "system", "tool", "developer", "function"})
"""Roles that name nobody."""


def redacted_message(message: Message, redact: Callable[[str], str]) -> Message:
    """The message with every text redacted that people or models write: the very same one where that changes nothing.

    Those are the content, each text in the metadata that is no key, and a role that is none of `USUAL_ROLES`.

    Raises:
        InvalidInputError: What the redaction made of a text is refused.
    """
    role = message.role if message.role in USUAL_ROLES else redact(message.role)
    content = redact(message.content) if message.content else message.content
    metadata = redacted_json(message.metadata, redact)
    if role is message.role and content is message.content and metadata is message.metadata:
        return message
    return attrs.evolve(message, role=role, content=content, metadata=metadata)


def redacted_json(value: JsonValue, redact: Callable[[str], str]) -> JsonValue:
    """A JSON value with every text in it redacted that is no key: the very same one where that changes nothing."""
    if isinstance(value, str):
        return redact(value) if value else value
    if isinstance(value, dict):
        fields = {key: redacted_json(item, redact) for key, item in value.items()}
        return value if all(fields[key] is item for key, item in value.items()) else fields
    if isinstance(value, list):
        items = [redacted_json(item, redact) for item in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    return value


def is_clean(value: JsonValue, redact: Callable[[str], str]) -> bool:
    """Whether a JSON value has nothing to redact, in keys neither."""
    if isinstance(value, str):
        return not value or redact(value) == value
    if isinstance(value, dict):
        return all(is_clean(key, redact) and is_clean(item, redact) for key, item in value.items())
    return not isinstance(value, list) or all(is_clean(item, redact) for item in value)
