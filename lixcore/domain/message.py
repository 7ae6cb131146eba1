"""What was said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from lixcore.domain.embedding import checked_embedding
from lixcore.domain.json_value import MAX_TEXT_BYTES, JsonValue, checked_json
from lixcore.domain.text import checked_text
from lixcore.errors import InvalidInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_ROLE_BYTES = 64
MAX_TIMESTAMP = 253_402_300_800.0
"""The year 10000: a later one is a mistake, most likely milliseconds."""

_KEYS = frozenset({"role", "content", "timestamp", "metadata", "embedding"})


def _role(value: object) -> str:
    return checked_text(value, "role", max_bytes=MAX_ROLE_BYTES, allow_empty=False)


def _content(value: object) -> str:
    return checked_text(value, "content", max_bytes=MAX_TEXT_BYTES)


def _timestamp(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInputError("timestamp", f"must be seconds since the epoch as a number, not {type(value).__name__}")
    if not 0 <= value < MAX_TIMESTAMP:  # a NaN is not, either
        shown = f"{value:g}" if isinstance(value, float) else f"an integer of {value.bit_length()} bits"  # it may have any length
        raise InvalidInputError("timestamp", f"is {shown}; seconds since 1970 and before the year 10000 are accepted")
    return float(value)


def _metadata(value: object) -> JsonValue:
    return {} if value is None else checked_json(value, "metadata")


def _embedding(value: object) -> NDArray[np.float32] | None:
    return None if value is None else checked_embedding(value)  # type: ignore[arg-type]  # it checks the type itself


@attrs.frozen(eq=False)
class Message:
    """One message of a conversation, checked when it is made.

    Attributes:
        role: Who speaks: ``user``, ``assistant``, ``system``, ``tool`` or any other text of 1 to 64 UTF-8 bytes.
        content: What is said: text of up to 64 MiB in UTF-8; may be empty.
        timestamp: When, in seconds since the epoch, before the year 10000; kept exactly.
        metadata: Any JSON value; ``{}`` unless given. Tool calls stand here, as ``tool_calls`` of the message that calls and
            ``tool_call_id`` of each result, with the shapes that LLM interfaces use.
        embedding: None, or float32 of shape (dimension,).

    Raises:
        InvalidInputError: A field is refused; it names the field and the reason.
    """

    role: str = attrs.field(converter=_role)
    content: str = attrs.field(converter=_content)
    timestamp: float = attrs.field(converter=_timestamp)
    metadata: JsonValue = attrs.field(default=None, converter=_metadata)
    embedding: NDArray[np.float32] | None = attrs.field(default=None, converter=_embedding)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any], *, now: float) -> Message:
        """Make one from a plain dict; ``now`` stands in for a missing timestamp.

        Raises:
            InvalidInputError: A field is missing, refused, or not one of role, content, timestamp, metadata, embedding.
        """
        if not isinstance(value, Mapping):
            raise InvalidInputError("message", f"must be an object, not {type(value).__name__}")
        for key in ("role", "content"):
            if key not in value:
                raise InvalidInputError(key, "is missing")
        for key in value:
            if key not in _KEYS:
                raise InvalidInputError(str(key), f"is not a field of a message; those are {', '.join(sorted(_KEYS))}")
        timestamp = value.get("timestamp")
        return cls(
            role=value["role"],
            content=value["content"],
            timestamp=now if timestamp is None else timestamp,
            metadata=value.get("metadata"),
            embedding=value.get("embedding"),
        )

    def for_context(self) -> dict[str, Any]:
        """A plain dict of role, content, timestamp and metadata, ready for an LLM call."""
        return {"role": self.role, "content": self.content, "timestamp": self.timestamp, "metadata": self.metadata}

    def to_dict(self) -> dict[str, Any]:
        """As `for_context`, with the embedding (a list of floats) where there is one."""
        plain = self.for_context()
        if self.embedding is not None:
            plain["embedding"] = self.embedding.tolist()
        return plain

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.role, self.content, self.timestamp))


_set = object.__setattr__


def restored_message(
    role: str, content: str, timestamp: float, metadata: JsonValue, embedding: NDArray[np.float32] | None
) -> Message:
    """A `Message` of stored fields, which were checked when they came in: a context of twenty is made of these."""
    message = Message.__new__(Message)
    _set(message, "role", role)
    _set(message, "content", content)
    _set(message, "timestamp", timestamp)
    _set(message, "metadata", metadata)
    _set(message, "embedding", embedding)
    return message
