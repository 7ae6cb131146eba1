"""Searching messages of one session that are in memory: what no index holds, or all of it where there is none.

It is used in three steps, as an index is::

    held = MessagesInMemory(session, messages, analyzer)        # cuts each text once: keep it to search again
    text = held.search_text(analyzer.query_words(query), k=CANDIDATES, where=where)
    vector = held.search_vector(query_embedding, k=CANDIDATES, where=where)
    neighbours = held.neighbours([hit.position for hit in hits], reach=policy.reach)

and what comes out is ranked by `lixcore.services.searching.findings`. Without an index, ``messages`` are all of the session, and
scores are the very ones of every index. Beside an index they are what it does not hold yet, and ``beside`` is what
`lixcore.ports.archive_index.ArchiveIndex.count_words` says of the session: both together are what is searched.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest
from typing import TYPE_CHECKING

import attrs

from lixcore.domain.bm25 import Corpus, score
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.domain.similarity import Vectors
from lixcore.ports.analyzer import Analyzer
from lixcore.ports.archive_index import IndexedMessage, IndexFilter, IndexHit, Neighbours, WordCounts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@attrs.frozen(eq=False)
class _Held:
    message: IndexedMessage
    words: Sequence[str]


class MessagesInMemory:
    """Some messages of one session, to be searched as `lixcore.ports.archive_index.ArchiveIndex` would.

    It never changes, and may be searched by any number of threads.

    Args:
        session: Whose.
        messages: In any order, at most one for each position; they are kept, not copied.
        analyzer: That of the index, if there is one.
    """

    def __init__(self, session: SessionKey, messages: Iterable[IndexedMessage], analyzer: Analyzer) -> None:
        self.session = session
        self._held = sorted(
            (_Held(message, analyzer.words_of(message.text)) for message in messages), key=lambda held: held.message.position
        )
        self._positions = [held.message.position for held in self._held]
        self._length = sum(len(held.words) for held in self._held)

    def __len__(self) -> int:
        return len(self._held)

    def count_words(self, words: Sequence[str]) -> WordCounts:
        """What texts are scored by: see `lixcore.ports.archive_index.ArchiveIndex.count_words`."""
        return self._counts(words, self._sharing(words))

    def search_text(
        self, words: Sequence[str], *, k: int, where: IndexFilter, beside: WordCounts | None = None
    ) -> Sequence[IndexHit]:
        """The messages that fit some words best, best first; of equal ones the newer first.

        Args:
            words: As the analyzer gives them for a query.
            k: How many at most, one or more.
            where: Which messages; its tenant and sessions are taken to be this session.
            beside: What else of the session is searched, elsewhere.
        """
        sharing = self._sharing(words)
        counts = self._counts(words, sharing)
        if beside is not None:
            counts = _together(counts, beside)
        corpus = Corpus(counts.messages, counts.words)
        rarities = {word: corpus.rarity(count) for word, count in counts.holding.items() if count}
        hits = [
            self._hit(held.message, score(shared, rarities, corpus.drag(len(held.words))))
            for held, shared in sharing
            if _fits(held.message, where)
        ]
        return nsmallest(k, hits, key=lambda hit: (-hit.score, -hit.position))

    def search_vector(self, vector: NDArray[np.float32], *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        """The messages whose embeddings are most similar to a vector, best first; of equal ones the newer first.

        Args:
            vector: float32 of shape (dimension,), finite, not all zeros.
            k: As for `search_text`.
            where: As for `search_text`.
        """
        import numpy as np

        found = [
            (held.message, held.message.embedding)
            for held in self._held
            if held.message.embedding is not None and len(held.message.embedding) == len(vector) and _fits(held.message, where)
        ]
        if not found:
            return ()
        rows = Vectors(np.stack([embedding for _, embedding in found]))
        return [self._hit(found[row][0], cosine) for row, cosine in rows.most_similar(vector, k=k, at_least=-1.0)]

    def neighbours(self, positions: Sequence[Position], *, reach: int) -> Sequence[Neighbours]:
        """What stands next to some positions, in their order; see `lixcore.ports.archive_index.ArchiveIndex.neighbours`."""
        return [neighbours_among(self._positions, position, reach=reach) for position in positions]

    def _sharing(self, words: Sequence[str]) -> list[tuple[_Held, dict[str, int]]]:
        """The messages that have any of some words, with how often they have which."""
        wanted = frozenset(words)
        return [
            (held, {word: held.words.count(word) for word in wanted.intersection(held.words)})
            for held in self._held
            if not wanted.isdisjoint(held.words)
        ]

    def _counts(self, words: Sequence[str], sharing: Sequence[tuple[_Held, Mapping[str, int]]]) -> WordCounts:
        holding = Counter(word for _, shared in sharing for word in shared)
        return WordCounts(len(self._held), self._length, {word: holding[word] for word in words})

    def _hit(self, message: IndexedMessage, score: float) -> IndexHit:
        return IndexHit(self.session, message.position, score, message.timestamp)


def neighbours_among(positions: Sequence[Position], position: Position, *, reach: int) -> Neighbours:
    """What stands next to a position among others.

    Args:
        positions: Of one session, ascending.
        position: Need not be among them.
        reach: How many at most on either side, one or more.
    """
    start, end = bisect_left(positions, position), bisect_right(positions, position)
    return Neighbours(positions[max(0, start - reach) : start][::-1], positions[end : end + reach])


def _together(one: WordCounts, other: WordCounts) -> WordCounts:
    holding = {word: count + other.holding.get(word, 0) for word, count in one.holding.items()}
    return WordCounts(one.messages + other.messages, one.words + other.words, holding)


def _fits(message: IndexedMessage, where: IndexFilter) -> bool:
    return (
        (where.before is None or message.position < where.before)
        and (where.since is None or message.timestamp >= where.since)
        and (where.until is None or message.timestamp < where.until)
        and (where.roles is None or message.role in where.roles)
        and all(message.fields.get(name) == value for name, value in where.fields.items())
    )
