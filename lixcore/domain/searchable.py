"""What a message is found by: the text that is searched, and the fields that are filtered by.

It stands here so that a message is found alike whether it is in an index, only in the archive, or only in the hot store.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from lixcore.domain.json_value import JsonValue
from lixcore.domain.message import Message
from lixcore.domain.redacted import USUAL_ROLES

MAX_VALUE_BYTES: Final = 4096
"""How much of one text in the metadata is searched, in UTF-8; one that is longer is no field."""

_SPEAKERS: Final = ("speaker", "name", "author", "user_name", "username")

_KEY_OF_ID: Final = re.compile(r"(?:^|[_\-. ])(?:u?u?id|hash|digest|checksum|signature|token)s?$|[a-z]I[dD]$", re.IGNORECASE)

_NO_WORDS: Final = re.compile(
    r"data:[^,]*;base64,.*"
    r"|[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}"  # a UUID
    r"|(?=[a-f]*[0-9])[0-9a-f]{16,}"  # a digest
    r"|(?=[^0-9]*[0-9])(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])[A-Za-z0-9+/_=-]{24,}",  # base64, or a random id
    re.DOTALL,
)


def searchable_text(message: Message) -> str:
    """What a message is found by, in words: who speaks, what is said, and the texts at the top level of its metadata.

    A role tells who speaks unless it is a usual one, such as ``user``; so do ``speaker``, ``name`` and the like in the metadata.
    Values that no one searches for are left out: those that look like ids, digests or base64, or are called like one.
    """
    return "\n".join(part for part in _parts(message) if part)


def searchable_fields(message: Message) -> Mapping[str, str]:
    """What a message can be filtered by: texts, numbers and truths at the top level of its metadata, by name.

    Numbers and truths are as JSON writes them. Texts of more than `MAX_VALUE_BYTES` are left out.
    """
    if not isinstance(message.metadata, dict):
        return {}
    return {name: text for name, value in message.metadata.items() if (text := _field(value)) is not None}


def _parts(message: Message) -> Iterator[str]:
    texts = _texts(message.metadata)
    if message.role not in USUAL_ROLES:
        yield message.role
    for name in _SPEAKERS:
        if name in texts:
            yield texts.pop(name)
    yield message.content
    yield from texts.values()


def _texts(metadata: JsonValue) -> dict[str, str]:
    if not isinstance(metadata, dict) or not metadata:
        return {}
    return {
        name: _start(value)
        for name, value in metadata.items()
        if isinstance(value, str) and not _KEY_OF_ID.search(name) and not _NO_WORDS.fullmatch(value)
    }


def _start(text: str) -> str:
    """As much of a text as is searched; no character in parts."""
    if len(text) * 4 <= MAX_VALUE_BYTES:
        return text
    return text[:MAX_VALUE_BYTES].encode()[:MAX_VALUE_BYTES].decode(errors="ignore")


def _field(value: JsonValue) -> str | None:
    if isinstance(value, str):
        return value if _start(value) == value else None
    return json.dumps(value) if isinstance(value, bool | int | float) else None
