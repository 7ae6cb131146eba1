"""What is asked of a search, checked where it comes in: no character of it has a meaning, and no value is guessed at."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from lixcore.domain.embedding import checked_embedding
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.domain.text import checked_text
from lixcore.errors import InvalidInputError
from lixcore.ports.archive_index import MAX_QUERY_BYTES, IndexFilter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_HITS: Final = 10_000
"""How many messages one search may give."""

MOST_NEIGHBOURS: Final = 100
"""How many neighbours on either side a hit may come with."""


@attrs.frozen(eq=False)
class Query:
    """What is looked for: words, a meaning, or both.

    Attributes:
        text: Empty where only the embedding counts.
        vector: float32 of shape (dimension,), finite, not all zeros; None where only the words count.
    """

    text: str
    vector: NDArray[np.float32] | None

    @classmethod
    def checked(
        cls, query: str | None, query_embedding: Sequence[float] | NDArray[Any] | None, *, dimension: int | None
    ) -> Query:
        """Check what a caller gave.

        Args:
            query: Text of up to `MAX_QUERY_BYTES`; may be empty or None where there is an embedding.
            query_embedding: Finite numbers, not all zero; may be None.
            dimension: How many numbers it must have; None for any.

        Raises:
            InvalidInputError: One of them is refused, or there is neither.
        """
        text = "" if query is None else checked_text(query, "query", max_bytes=MAX_QUERY_BYTES, allow_nul=True)
        if not text.strip():
            text = ""
        if query_embedding is None:
            if not text:
                raise InvalidInputError("query", "is empty; give words to look for, or a query_embedding")
            return cls(text, None)
        vector = checked_embedding(query_embedding, "query_embedding")
        if dimension is not None and vector.size != dimension:
            raise InvalidInputError(
                "query_embedding", f"has dimension {vector.size:,}; embedding_dimension of the configuration is {dimension:,}"
            )
        return cls(text, vector)


@attrs.frozen(kw_only=True)
class Narrowing:
    """Which messages are looked at, beside whose: all of these must hold. None, and no fields, leave it open.

    Attributes:
        roles: Who said it.
        since: Said at this time or later, in seconds since the epoch.
        until: Said before this time.
        fields: What the metadata says at its top level, by name.
    """

    roles: Collection[str] | None = None
    since: float | None = None
    until: float | None = None
    fields: Mapping[str, str] = attrs.Factory(dict)

    @classmethod
    def checked(
        cls,
        *,
        roles: Collection[str] | None = None,
        since: float | None = None,
        until: float | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> Narrowing:
        """Check what a caller gave. Of fields, truths and numbers stand for themselves, as JSON writes them.

        Raises:
            InvalidInputError: One of them is refused.
        """
        since, until = _time(since, "since"), _time(until, "until")
        if since is not None and until is not None and since > until:
            raise InvalidInputError("since", f"is {since:.15g}, which is after until ({until:.15g}): nothing can be found")
        return cls(
            roles=None if roles is None else checked_texts(roles, "roles"), since=since, until=until, fields=_fields(fields)
        )

    def of(self, tenant: str, sessions: Collection[str] | None, *, before: Position | None = None) -> IndexFilter:
        """The filter for some sessions of a tenant."""
        return IndexFilter(
            tenant=tenant,
            sessions=sessions,
            roles=self.roles,
            since=self.since,
            until=self.until,
            fields=self.fields,
            before=before,
        )


EVERYTHING: Final = Narrowing()


def checked_count(value: object, field: str, *, at_least: int = 0, at_most: int = MOST_HITS) -> int:
    """Return ``value`` if it is a whole number within bounds.

    Raises:
        InvalidInputError: It is not.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInputError(field, f"must be a whole number, not {type(value).__name__}")
    if not at_least <= value <= at_most:
        shown = f"{value:,}" if value.bit_length() < 64 else f"an integer of {value.bit_length()} bits"  # noqa: PLR2004  # of any length
        raise InvalidInputError(field, f"is {shown}; {at_least:,} to {at_most:,} are accepted")
    return value


def checked_texts(values: object, field: str) -> frozenset[str]:
    """Return ``values`` as a set if it is a collection of texts; one text is none, as it would be its letters.

    Raises:
        InvalidInputError: It is not.
    """
    if isinstance(values, str | bytes) or not isinstance(values, Collection):
        raise InvalidInputError(field, f"must be a list of texts, not {type(values).__name__}")
    for value in values:
        if not isinstance(value, str):
            raise InvalidInputError(field, f"must be a list of texts, and has {type(value).__name__}")
    return frozenset(values)


def checked_sessions(values: object, tenant: str) -> frozenset[str]:
    """Return ``values`` as a set of session ids.

    Raises:
        InvalidInputError: It is none.
    """
    return frozenset(SessionKey(value, tenant).id for value in checked_texts(values, "sessions"))


def _time(value: object, field: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInputError(field, f"must be seconds since the epoch as a number, not {type(value).__name__}")
    try:
        seconds = float(value)
    except OverflowError:
        seconds = math.inf
    if not math.isfinite(seconds):
        raise InvalidInputError(field, "is not finite; seconds since the epoch are accepted")
    return seconds


def _fields(values: object) -> Mapping[str, str]:
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise InvalidInputError("fields", f"must be a mapping of names to values, not {type(values).__name__}")
    fields: dict[str, str] = {}
    for name, value in values.items():
        if not isinstance(name, str):
            raise InvalidInputError("fields", f"must have texts as names, not {type(name).__name__}")
        if isinstance(value, bool | int | float):
            fields[name] = json.dumps(value)
        elif isinstance(value, str):
            fields[name] = value
        else:
            reason = f"must be a text, a number or a truth, not {type(value).__name__}: only those can be filtered by"
            raise InvalidInputError(f"fields.{name}", reason)
    return fields
