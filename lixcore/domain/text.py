"""Checks of text, where it enters."""

from __future__ import annotations

from lixcore.errors import InvalidInputError


def checked_text(value: object, field: str, *, max_bytes: int, allow_empty: bool = True, allow_nul: bool = False) -> str:
    """Return ``value``, as a plain string, if it is text that can be stored as UTF-8 and comes back the same.

    Raises:
        InvalidInputError: It is not a string, is empty where it may not be, is longer than ``max_bytes`` in UTF-8, or holds
            a lone surrogate (it has no UTF-8 form) or a NUL (which databases and C libraries cut text at).
    """
    if not isinstance(value, str):
        raise InvalidInputError(field, f"must be text, not {type(value).__name__}")
    if not value and not allow_empty:
        raise InvalidInputError(field, "is empty")
    if value.isascii():  # the common case, and free: CPython keeps it as a flag
        size = len(value)
    else:
        try:
            size = len(value.encode())
        except UnicodeEncodeError as error:
            code = ord(value[error.start])
            raise InvalidInputError(field, f"has a lone surrogate (U+{code:04X}) at index {error.start}") from None
    if size > max_bytes:
        raise InvalidInputError(field, f"is {size:,} bytes long in UTF-8; at most {max_bytes:,} are accepted")
    if not allow_nul and "\0" in value:
        raise InvalidInputError(field, f"has a NUL character at index {value.index(chr(0))}")
    # A subclass, such as an Enum's member, would not come back as what went in, and encoders refuse it.
    return value if type(value) is str else str.__str__(value)
