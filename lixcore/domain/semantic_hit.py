"""What the semantic cache found."""

from __future__ import annotations

import attrs

from lixcore.domain.json_value import JsonValue


@attrs.frozen
class SemanticHit:
    """A cached response, and why it was found.

    Attributes:
        response: The response; the caller's own, to be changed at will.
        similarity: The cosine of the two queries' embeddings, -1 to 1; 1.0 where only the text was asked for.
        age: How long ago it was cached, in seconds.
        matched_query: The text of the query that it was made for; None where that was not given.
        is_exact: Whether that is the text that was asked for, character by character.
        seconds: How long it took to make; None where that is not known.
    """

    response: JsonValue
    similarity: float
    age: float
    matched_query: str | None
    is_exact: bool
    seconds: float | None
