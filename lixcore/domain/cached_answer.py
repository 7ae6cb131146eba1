"""A cached response as the bytes that a similarity index keeps, and back.

The form is a MessagePack array: the version, the query's text or nil, how many seconds the response took to make or nil, and
the response as JSON, which holds integers of any size.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any, Final

import attrs
import msgspec

from lixcore.domain.json_value import JsonValue
from lixcore.errors import CorruptDataError, InvalidInputError

MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
"""How long a response may be as JSON, and how long the text of a query in UTF-8: 16 MiB."""

_VERSION: Final = 1
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[int, str | None, float | None, bytes]).decode
_json = msgspec.json.Encoder().encode
_from_json = msgspec.json.Decoder().decode


@attrs.frozen
class StoredAnswer:
    """What was cached for a query.

    Attributes:
        query: The query's text; None where it was not given.
        seconds: How long the response took to make; None where that was not said.
        response: The response.
    """

    query: str | None
    seconds: float | None
    response: JsonValue


def encode_answer(query: str | None, seconds: float | None, response: JsonValue) -> bytes:
    """Return the bytes of a response that was checked, with the query's text and the seconds it took.

    Raises:
        InvalidInputError: The response is longer than 16 MiB as JSON.
    """
    text = _json(response)
    if len(text) > MAX_ANSWER_BYTES:
        raise InvalidInputError("response", f"takes {len(text):,} bytes as JSON; at most {MAX_ANSWER_BYTES:,} are accepted")
    return _encode((_VERSION, query, seconds, text))


def decode_answer(payload: bytes) -> StoredAnswer:
    """Return what `encode_answer` was given; nothing in it is shared with any other call's.

    Raises:
        CorruptDataError: The bytes are not what `encode_answer` makes.
    """
    try:
        version, query, seconds, text = _decode(payload)
        if version != _VERSION:
            raise CorruptDataError("a cached response", f"has the version {version}; this lixcore reads {_VERSION}")
        if len(text) > MAX_ANSWER_BYTES or not (seconds is None or math.isfinite(seconds)):
            raise CorruptDataError("a cached response", f"has {len(text):,} bytes of JSON and took {seconds} seconds to make")
        response: Any = _from_json(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise CorruptDataError("a cached response", f"cannot be read: {error}") from error
    return StoredAnswer(query, seconds, response)


def text_label(text: str) -> bytes:
    """32 bytes that stand for the text of a query: equal texts have equal ones, no others do. SHA-256."""
    return hashlib.sha256(text.encode()).digest()
