"""Finding messages in whole histories: by their words, by their meaning, or both, over one session or all of a tenant."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import attrs

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@attrs.frozen(eq=False, kw_only=True)
class IndexedMessage:
    """What an index is told of a message. It is derived from the archive, which alone is the truth.

    Attributes:
        position: Its place in the session's order.
        timestamp: When it was said, in seconds since the epoch.
        role: Who said it, such as ``user``.
        text: What was said.
        fields: The texts of its metadata that can be filtered by, by name: those at the top level, with truths as ``true`` and
            ``false`` and numbers as JSON writes them.
        embedding: float32 of shape (dimension,), finite, not all zeros; None where it has none.
    """

    position: Position
    timestamp: float
    role: str
    text: str
    fields: Mapping[str, str] = attrs.Factory(dict)
    embedding: NDArray[np.float32] | None = None


@attrs.frozen(kw_only=True)
class IndexFilter:
    """Which messages a search is about: those for which all of this holds.

    Attributes:
        tenant: Whose sessions; no search crosses tenants.
        sessions: Only these session ids; None for all of the tenant's.
        roles: Only these roles; None for any.
        since: Said at this time or later, in seconds since the epoch; None for no bound.
        until: Said before this time; None for no bound.
        fields: Only messages whose fields have these values.
        before: Only positions below this one; None for no bound. It makes sense for one session only.
    """

    tenant: str
    sessions: Collection[str] | None = None
    roles: Collection[str] | None = None
    since: float | None = None
    until: float | None = None
    fields: Mapping[str, str] = attrs.Factory(dict)
    before: Position | None = None


@attrs.frozen
class IndexHit:
    """A message that was found.

    Attributes:
        session: Whose.
        position: Its place in the session's order.
        score: How well it fits, the higher the better: comparable only with other hits of the same search.
    """

    session: SessionKey
    position: Position
    score: float


@attrs.frozen
class IndexSize:
    """How much an index holds.

    Attributes:
        messages: How many messages.
        sessions: Of how many sessions.
        embeddings: How many of the messages have an embedding.
        stored_bytes: What it takes on the medium, or in memory; None where it cannot tell.
    """

    messages: int
    sessions: int
    embeddings: int
    stored_bytes: int | None = None


class ArchiveIndex(Protocol):
    """Finds messages of what is archived. All that it holds can be made again from the archive: losing it loses nothing.

    One process at a time adds to it, any number search. What was added by a call that returned is found by every search of the
    same process that begins afterwards, and by those of other processes soon. An error is never an empty answer.
    """

    def add(self, session: SessionKey, messages: Sequence[IndexedMessage]) -> int:
        """Take messages of a session, in ascending order of position. Those that it holds already are passed over.

        All of them are taken, or none: after a crash in between, `watermark` is what it was before.

        Returns:
            How many it did not hold before.
        """
        ...

    def watermark(self, session: SessionKey) -> Position:
        """The highest position that it ever took of a session since the session was last forgotten; `ORIGIN` for none."""
        ...

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        """The messages whose texts fit the words of a query best, best first; at equal scores the newer position first.

        Words are compared without regard to case. A message that shares no word with the query is no hit. What counts as a word,
        and how texts are scored, is the index's business; of two messages that differ only in how often, and among how many
        other words, the query's one word occurs, the one where it is denser is not ranked below the other.

        Args:
            query: Any text. It is data: no character of it is an operator. One without words finds nothing.
            k: How many hits at most, one or more.
            where: What is searched.
        """
        ...

    def search_vector(self, vector: NDArray[np.float32], *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        """The messages whose embeddings are most similar to a vector, best first; at equal scores the newer position first.

        The score is the cosine, -1 to 1, of exact search in float64 rounded to 12 decimals. Messages without an embedding, or
        with one of another dimension, are no hits.

        Args:
            vector: float32 of shape (dimension,), finite, not all zeros.
            k: How many hits at most, one or more.
            where: What is searched.
        """
        ...

    def forget(self, session: SessionKey, *, through: Position | None = None) -> int:
        """Remove what it holds of a session, up to a position, or all. It may take positions above it again.

        Returns:
            How many messages it removed.
        """
        ...

    def measure(self) -> IndexSize:
        """How much it holds, of all tenants."""
        ...

    def close(self) -> None:
        """Give back what it uses. Idempotent; every other method raises `ClosedError` from then on."""
        ...
