"""Policies of the semantic cache: what may be cached, and what may answer a query."""

from __future__ import annotations

from typing import Protocol

import attrs

from lixcore.domain.json_value import JsonValue
from lixcore.domain.scope import Scope


@attrs.frozen
class NewAnswer:
    """A response that is about to be cached.

    Attributes:
        scope: Where.
        query: The query's text; None where it was not given.
        response: The response; not to be changed.
        size: What the entry takes without its vector, in bytes.
        seconds: How long the response took to make; None where that is not known.
    """

    scope: Scope
    query: str | None
    response: JsonValue
    size: int
    seconds: float | None


class AdmissionPolicy(Protocol):
    """Decides what is cached."""

    def admits(self, answer: NewAnswer) -> bool:
        """Whether the response may be cached. When it raises, nothing is cached, and the caller gets the error."""
        ...


@attrs.frozen
class MatchCandidate:
    """A cached response that is similar enough to be looked at.

    Attributes:
        query: The text of the query that it was made for; None where it was not given.
        similarity: The cosine of the two queries' embeddings: the configured threshold or more.
        age: How long ago it was cached, in seconds.
        scope: Where it was found.
    """

    query: str | None
    similarity: float
    age: float
    scope: Scope


class MatchPolicy(Protocol):
    """Decides whether a cached response may answer a query."""

    def may_answer(self, query: str | None, candidate: MatchCandidate) -> bool:
        """Whether the candidate answers the query. Candidates are offered best first, until one does.

        A candidate that was cached for exactly the same text is not offered: it answers.

        Args:
            query: The text of the query; None where it was not given.
            candidate: What was found.
        """
        ...
