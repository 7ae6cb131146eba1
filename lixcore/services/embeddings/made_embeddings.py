"""What the callers of `UrlEmbeddings.get_or_compute` make, brought into order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lixcore.domain.web_address import shown_url
from lixcore.errors import InvalidInputError


def named_by_url(url: str) -> str:
    """What the embedding of a URL is called in errors."""
    return f"embeddings[{shown_url(url)!r}]"


def in_order(made: Any, asked: Sequence[str]) -> Any:
    """What a caller's function returned, as one embedding for each URL in their order.

    Args:
        made: A sequence, an array or a mapping from URL to embedding; the embeddings themselves are not looked at.
        asked: The URLs that the function was called with.

    Raises:
        InvalidInputError: It is none of these, or has too many or too few (field ``fn``).
    """
    if isinstance(made, Mapping):
        if lacking := [url for url in asked if url not in made]:
            raise InvalidInputError("fn", f"returned no embedding for {shown_url(lacking[0])!r}")
        return [made[url] for url in asked]
    try:
        rows = None if isinstance(made, (str, bytes)) else made[:]  # what has no order, such as a set, has no slices
    except (TypeError, LookupError):
        rows = None
    if rows is None:
        raise InvalidInputError("fn", f"must return a sequence or a mapping of embeddings, not {type(made).__name__}")
    if len(rows) != len(asked):
        raise InvalidInputError("fn", f"must return an embedding for each URL, {len(asked):,}, not {len(rows):,}")
    return rows
