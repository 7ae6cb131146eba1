"""Hits of one session by words and by meaning: from the index and what it does not hold yet, or from what is archived and hot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import nsmallest
from typing import TYPE_CHECKING, Final, Protocol

import attrs

from lixcore.domain.message import Message
from lixcore.domain.position import Position
from lixcore.domain.record import decode_message
from lixcore.domain.session import SessionKey
from lixcore.ports.analyzer import Analyzer
from lixcore.ports.archive_index import IndexFilter, IndexHit, IndexProgress, Neighbours
from lixcore.services.conversation.context_window import ContextWindow
from lixcore.services.searching.findings import CANDIDATES, Place, places_of
from lixcore.services.searching.in_memory import MessagesInMemory
from lixcore.services.searching.index_guard import IndexGuard
from lixcore.services.searching.indexed import indexed_message
from lixcore.services.searching.query import Query
from lixcore.services.searching.wholeness import NOTED, went_back

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_ALONE: Final = Neighbours()


@attrs.frozen
class Hits:
    """What was found.

    Attributes:
        text: By words, best first.
        vector: By meaning, best first.
        beside: What stands next to each place of both, for the ranking; empty where it does not want to know.
    """

    text: Sequence[IndexHit]
    vector: Sequence[IndexHit]
    beside: Sequence[Neighbours]


class Source(Protocol):
    """Where hits come from.

    Attributes:
        at_hand: Messages that need not be read any more, by place.
    """

    @property
    def at_hand(self) -> Mapping[Place, Message]:
        """See above."""
        ...

    def neighbours(self, places: Sequence[Place], *, reach: int) -> Sequence[Neighbours]:
        """What stands next to places; see `lixcore.ports.archive_index.ArchiveIndex.neighbours`."""
        ...

    def search(self, query: Query, where: IndexFilter, *, k: int, reach: int) -> Hits:
        """The hits that are to be ranked.

        Args:
            query: What is looked for.
            where: Among which messages.
            k: How many are wanted after the ranking.
            reach: How many neighbours on either side the ranking wants to see.
        """
        ...


class WholeIndex:
    """An index alone: any number of sessions, as far as they are indexed."""

    def __init__(self, index: IndexGuard) -> None:
        self._index = index
        self.at_hand: Mapping[Place, Message] = {}

    def search(self, query: Query, where: IndexFilter, *, k: int, reach: int) -> Hits:
        """See `Source`."""
        most = max(k, CANDIDATES)
        text = self._index.search_text(query.text, k=most, where=where) if query.text else ()
        vector = () if query.vector is None else self._index.search_vector(query.vector, k=most, where=where)
        return Hits(text, vector, _beside(self, text, vector, reach=reach))

    def neighbours(self, places: Sequence[Place], *, reach: int) -> Sequence[Neighbours]:
        """See `Source`."""
        return self._index.neighbours(places, reach=reach)


class SessionInMemory:
    """One session, read as a whole."""

    def __init__(self, window: ContextWindow, session: SessionKey, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self.at_hand, self._held = _read(window, session, analyzer, after=None)

    def search(self, query: Query, where: IndexFilter, *, k: int, reach: int) -> Hits:
        """See `Source`."""
        most = max(k, CANDIDATES)
        text = self._held.search_text(self._analyzer.query_words(query.text), k=most, where=where) if query.text else ()
        vector = () if query.vector is None else self._held.search_vector(query.vector, k=most, where=where)
        return Hits(text, vector, _beside(self, text, vector, reach=reach))

    def neighbours(self, places: Sequence[Place], *, reach: int) -> Sequence[Neighbours]:
        """See `Source`."""
        return self._held.neighbours([position for _, position in places], reach=reach)


class SessionWithIndex:
    """One session: the index up to its watermark, and from there on what is archived or hot, scored by what both hold."""

    def __init__(self, window: ContextWindow, session: SessionKey, analyzer: Analyzer, index: IndexGuard) -> None:
        self._session = session
        self._analyzer = analyzer
        self._index = index
        self._known = self._progress()
        self._watermark = self._known[0].watermark
        self.at_hand, self._tail = _read(window, session, analyzer, after=self._watermark)

    def is_whole(self) -> bool:
        """When all was asked: whether the index had all along what it said at first. False where it was cleared meanwhile."""
        return not went_back(self._known, self._progress())

    def _progress(self) -> tuple[IndexProgress, IndexProgress]:
        of_session, note = self._index.progress([self._session, NOTED])
        return of_session, note

    def search(self, query: Query, where: IndexFilter, *, k: int, reach: int) -> Hits:
        """See `Source`."""
        most = max(k, CANDIDATES)
        text = self._by_text(query.text, where, k=most) if query.text else ()
        vector = () if query.vector is None else self._by_vector(query.vector, where, k=most)
        return Hits(text, vector, _beside(self, text, vector, reach=reach))

    def neighbours(self, places: Sequence[Place], *, reach: int) -> Sequence[Neighbours]:
        """See `Source`."""
        indexed = self._index.neighbours(places, reach=reach)
        if not len(self._tail):
            return indexed
        newer = self._tail.neighbours([position for _, position in places], reach=reach)
        # What moved into the index meanwhile is in both.
        return [
            Neighbours(sorted({*one.before, *other.before}, reverse=True)[:reach], sorted({*one.after, *other.after})[:reach])
            for one, other in zip(indexed, newer, strict=True)
        ]

    def _by_text(self, text: str, where: IndexFilter, *, k: int) -> Sequence[IndexHit]:
        older = self._index.search_text(text, k=k, where=self._indexed(where))
        if not len(self._tail):
            return older
        words = self._analyzer.query_words(text)
        beside = self._index.count_words(words, where=where)
        return _best(older, self._tail.search_text(words, k=k, where=where, beside=beside), k)

    def _by_vector(self, vector: NDArray[np.float32], where: IndexFilter, *, k: int) -> Sequence[IndexHit]:
        older = self._index.search_vector(vector, k=k, where=self._indexed(where))
        return _best(older, self._tail.search_vector(vector, k=k, where=where), k) if len(self._tail) else older

    def _indexed(self, where: IndexFilter) -> IndexFilter:
        """What the tail does not have: the index may have come further since it was asked."""
        end = Position(self._watermark + 1)
        return where if not len(self._tail) else attrs.evolve(where, before=min(end, where.before or end))


def _beside(source: Source, text: Sequence[IndexHit], vector: Sequence[IndexHit], *, reach: int) -> Sequence[Neighbours]:
    """What stands next to each hit. Of one that is alone in its session nobody asks: no other hit can be beside it."""
    if not reach:
        return ()
    places = places_of(text, vector)
    hits = Counter([session.id for session, _ in places])  # all of one tenant; a text is hashed in C
    together = [place for place in places if hits[place[0].id] > 1]
    found = iter(source.neighbours(together, reach=reach) if together else ())
    return [next(found) if hits[session.id] > 1 else _ALONE for session, _ in places]


def _read(
    window: ContextWindow, session: SessionKey, analyzer: Analyzer, *, after: Position | None
) -> tuple[Mapping[Place, Message], MessagesInMemory]:
    messages = {entry.position: decode_message(entry) for entry in window.history(session, after=after)}
    held = [indexed_message(position, message) for position, message in messages.items()]
    return {(session, position): message for position, message in messages.items()}, MessagesInMemory(session, held, analyzer)


def _best(one: Sequence[IndexHit], other: Sequence[IndexHit], k: int) -> Sequence[IndexHit]:
    return nsmallest(k, [*one, *other], key=lambda hit: (-hit.score, -hit.position))
