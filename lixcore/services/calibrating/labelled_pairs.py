"""Pairs of questions of which somebody said whether they ask the same, as lines of JSON.

``{"a": text, "b": text, "same": true or false, …}``, where ``…`` is ``"similarity": number``, or ``"a_embedding": […]`` and
``"b_embedding": […]``, or ``"row_a": index`` and ``"row_b": index`` into an array of embeddings. ``duplicate``, as data sets of
questions have it, may stand for ``same``, and 1 and 0 for true and false.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import attrs
import msgspec

from lixcore.domain.cached_answer import MAX_ANSWER_BYTES
from lixcore.domain.embedding import checked_embedding
from lixcore.domain.similarity import DECIMALS
from lixcore.domain.text import checked_text
from lixcore.errors import InvalidInputError, InvalidLineError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROUNDING: Final = 1e-3
"""By how much a similarity may be beyond 1: those of float16 embeddings are."""

_decode = msgspec.json.Decoder().decode


@attrs.frozen
class LabelledPair:
    """Two questions, and whether they ask the same.

    Attributes:
        a: The text of one.
        b: The text of the other.
        same: Whether an answer to one answers the other.
        similarity: The cosine of their embeddings, -1 to 1.
    """

    a: str
    b: str
    same: bool
    similarity: float


def parse_pair(line: bytes, *, source: str, number: int, embeddings: NDArray[Any] | None = None) -> LabelledPair:
    """Read one line; names that mean nothing here are passed over.

    Args:
        line: The line.
        source: The file's name, for errors.
        number: The line's number, from 1, for errors.
        embeddings: Numbers of shape (count, dimension), for lines with ``row_a`` and ``row_b``.

    Raises:
        InvalidLineError: With the line, the field and the reason.
    """
    try:
        value = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidLineError(source, number, "line", f"is not JSON: {error}") from None
    except RecursionError:
        raise InvalidLineError(source, number, "line", "nests lists and objects too deep to be read") from None
    try:
        return _pair(value, embeddings)
    except InvalidInputError as error:
        raise InvalidLineError(source, number, error.field, error.reason) from None


def _pair(value: object, embeddings: NDArray[Any] | None) -> LabelledPair:
    if not isinstance(value, dict):
        raise InvalidInputError("line", f"must be a JSON object, not {type(value).__name__}")
    texts = [checked_text(_given(value, name), name, max_bytes=MAX_ANSWER_BYTES, allow_nul=True) for name in ("a", "b")]
    return LabelledPair(texts[0], texts[1], _label(value), _similarity(value, embeddings))


def _given(value: dict[str, Any], name: str) -> Any:
    if name not in value:
        raise InvalidInputError(name, "is missing")
    return value[name]


def _label(value: dict[str, Any]) -> bool:
    name = "same" if "same" in value or "duplicate" not in value else "duplicate"
    label = _given(value, name)
    if not isinstance(label, int) or label not in {0, 1}:
        raise InvalidInputError(name, f"must be true or false, or 1 or 0, not {str(label)[:40]}")
    return bool(label)


def _similarity(value: dict[str, Any], embeddings: NDArray[Any] | None) -> float:
    if "similarity" in value:
        return _checked_similarity(value["similarity"])
    if "a_embedding" in value or "b_embedding" in value:
        names = ("a_embedding", "b_embedding")
        one, other = (checked_embedding(_given(value, name), name) for name in names)
    elif "row_a" in value or "row_b" in value:
        names = ("row_a", "row_b")
        one, other = (_row(_given(value, name), name, embeddings) for name in names)
    else:
        raise InvalidInputError(
            "similarity", "is missing, and so are a_embedding and b_embedding, or row_a and row_b, which it could be found from"
        )
    if one.size != other.size:
        raise InvalidInputError(names[1], f"has dimension {other.size:,}, and {names[0]} has {one.size:,}")
    return _cosine(one, other)


def _checked_similarity(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise InvalidInputError("similarity", f"must be a number, not {type(given).__name__}")
    if not (math.isfinite(given) and abs(given) <= 1 + ROUNDING):
        raise InvalidInputError("similarity", f"is {given:g}; a cosine, -1 to 1, is accepted")
    return min(1.0, max(-1.0, float(given)))


def _row(index: object, name: str, embeddings: NDArray[Any] | None) -> NDArray[np.float32]:
    if embeddings is None:
        raise InvalidInputError(name, "is the row of an array; --embeddings FILE.npy names it")
    if isinstance(index, bool) or not isinstance(index, int):
        raise InvalidInputError(name, f"must be a whole number, not {type(index).__name__}")
    if not 0 <= index < len(embeddings):
        raise InvalidInputError(name, f"is {index:,}; the array has the rows 0 to {len(embeddings) - 1:,}")
    return checked_embedding(embeddings[index], name)


def _cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    import numpy as np

    wide, wide_other = one.astype(np.float64), other.astype(np.float64)
    cosine = float(wide @ wide_other / math.sqrt(float(wide @ wide) * float(wide_other @ wide_other)))
    return min(1.0, max(-1.0, round(cosine, DECIMALS)))  # as the search rounds it
