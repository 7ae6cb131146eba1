"""What is asked of the semantic cache, checked."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from lixcore.domain.cached_answer import MAX_ANSWER_BYTES, text_label
from lixcore.domain.embedding import checked_embedding
from lixcore.domain.json_value import JsonValue, checked_json
from lixcore.domain.scope import Scope
from lixcore.domain.text import checked_text
from lixcore.errors import InvalidInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Embedding: TypeAlias = "Sequence[float] | NDArray[Any]"
"""An embedding as callers give it: see `lixcore.domain.embedding.checked_embedding`."""


@attrs.frozen
class SemanticQuery:
    """A query.

    Attributes:
        scope: Where to look.
        vector: Its embedding; None where only the text is looked for.
        text: Its text; None where that was not given.
        label: What stands for the text; empty where there is none.
    """

    scope: Scope
    vector: NDArray[np.float32] | None
    text: str | None
    label: bytes

    def flight_key(self) -> bytes:
        """32 bytes that are the same for the same text in the same scope, or without text for the same embedding."""
        # A label has 32 bytes, and what stands for an embedding has more: so they never meet.
        what = self.label or hashlib.sha256(b"" if self.vector is None else self.vector.tobytes()).digest() + b"embedding"
        return hashlib.sha256(self.scope.digest + what).digest()


def checked_query(
    scope: Scope, embedding: Embedding | None, text: str | None, *, dimension: int | None, for_text_only: bool
) -> SemanticQuery:
    """What is asked for.

    Args:
        scope: Where.
        embedding: The query's embedding.
        text: The query's text, up to 16 MiB.
        dimension: How many numbers an embedding has; None for any.
        for_text_only: Whether the embedding may be missing where there is a text.

    Raises:
        InvalidInputError: Which of them is refused, and why.
    """
    vector = None
    if embedding is not None:
        vector = checked_embedding(embedding)
        if dimension is not None and vector.size != dimension:
            raise InvalidInputError("embedding", f"has dimension {vector.size:,}; embedding_dimension is {dimension:,}")
    elif not for_text_only:
        raise InvalidInputError("embedding", "is missing: by it a response is found again")
    elif text is None:
        raise InvalidInputError("embedding", "is missing, and so is query: one of them is needed")
    if text is None:
        return SemanticQuery(scope, vector, None, b"")
    text = checked_text(text, "query", max_bytes=MAX_ANSWER_BYTES, allow_nul=True)
    return SemanticQuery(scope, vector, text, text_label(text))


def checked_response(response: Any) -> JsonValue:
    """A deep copy of a response.

    Raises:
        InvalidInputError: It is None or not a JSON value.
    """
    if response is None:
        raise InvalidInputError("response", "is None, which cannot be told from no response")
    return checked_json(response, "response")


def checked_threshold(value: Any) -> float:
    """A cosine.

    Raises:
        InvalidInputError: It is not a number from -1 to 1.
    """
    threshold = _number(value, "threshold")
    if math.isnan(threshold):
        raise InvalidInputError("threshold", "is NaN")
    if not -1.0 <= threshold <= 1.0:
        raise InvalidInputError("threshold", "is outside of -1 to 1")
    return threshold


def checked_seconds(value: Any) -> float | None:
    """A duration, or None.

    Raises:
        InvalidInputError: It is not a number, not finite, or negative.
    """
    if value is None:
        return None
    seconds = _number(value, "seconds")
    if not 0.0 <= seconds < math.inf:  # which NaN is not either
        raise InvalidInputError("seconds", "must be finite, and zero or more")
    return seconds


def _number(value: Any, field: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InvalidInputError(field, f"must be a number, not {type(value).__name__}")
    try:
        return float(value)
    except OverflowError:  # an integer that no float can hold
        return math.inf if value > 0 else -math.inf  # type: ignore[operator]  # real numbers are ordered
