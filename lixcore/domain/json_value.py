"""JSON values: what a message's metadata may be."""

from __future__ import annotations

import math
from typing import TypeAlias

from lixcore.domain.text import checked_text
from lixcore.errors import InvalidInputError

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
"""``None``, a boolean, a number, text, or a list or a string-keyed dict of these."""

MAX_DEPTH = 64
"""How deep lists and dicts may nest. Deeper values make recursive readers of the archive run out of stack."""

MAX_INTEGER_BITS = 2126
"""How large an integer may be: 640 digits, which Python turns into text and back under any setting of its limit."""

MAX_TEXT_BYTES = 64 * 1024 * 1024
"""How long one string may be, in UTF-8: 64 MiB."""


def checked_json(value: object, field: str, *, depth: int = 0) -> JsonValue:
    """Return a deep copy of ``value`` that shares nothing with it; tuples become lists, as JSON has them.

    Raises:
        InvalidInputError: Something in it is not a JSON value (``NaN`` and infinities are not) or is larger
            than this module's limits, with its path.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return checked_text(value, field, max_bytes=MAX_TEXT_BYTES)
    if isinstance(value, int):
        if value.bit_length() > MAX_INTEGER_BITS:
            raise InvalidInputError(
                field, f"is an integer of {value.bit_length():,} bits; at most {MAX_INTEGER_BITS:,} are accepted"
            )
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidInputError(field, f"is {value}, which JSON does not have")
        return float(value)
    if depth >= MAX_DEPTH:
        raise InvalidInputError(field, f"nests deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        return {
            checked_text(key, f"a key of {field}", max_bytes=MAX_TEXT_BYTES): checked_json(
                item, f"{field}.{key}", depth=depth + 1
            )
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [checked_json(item, f"{field}[{index}]", depth=depth + 1) for index, item in enumerate(value)]
    raise InvalidInputError(field, f"is of type {type(value).__name__}, which JSON does not have")
