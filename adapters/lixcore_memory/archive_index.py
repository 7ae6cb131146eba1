"""The archive index in memory."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from heapq import nsmallest
from typing import TYPE_CHECKING, ClassVar, Final

import attrs

from lixcore.domain.bm25 import Corpus, score
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.domain.words import PlainAnalyzer
from lixcore.errors import ClosedError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.analyzer import Analyzer
from lixcore.ports.archive_index import (
    IndexBatch,
    IndexFilter,
    IndexHit,
    IndexProgress,
    IndexSize,
    Neighbours,
    WordCounts,
)
from lixcore_memory.fork_safe_locks import fork_safe_lock
from lixcore_memory.indexed_session import EmbeddingRows, HeldMessage, IndexedSession

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MESSAGE_BYTES: Final = 500
"""About what a message takes beside its words, its fields and its embedding."""

_POSTING_BYTES: Final = 150
"""About what it takes that a word is in a message."""


class MemoryArchiveIndex:
    """`lixcore.ports.archive_index.ArchiveIndex`, for the threads of one process.

    Texts are cut by the analyzer and scored by `lixcore.domain.bm25`, embeddings are all compared. One lock guards everything;
    texts are cut and vectors compared outside of it.

    Args:
        analyzer: What turns texts into words.
    """

    capabilities: ClassVar[Collection[Capability]] = frozenset()

    @attrs.frozen
    class Options:
        """It has none."""

    def __init__(self, analyzer: Analyzer | None = None) -> None:
        self._analyzer = analyzer or PlainAnalyzer()
        self._lock = fork_safe_lock()
        self._histories: dict[bytes, IndexedSession] = {}  # by digest
        self._tenants: dict[str, set[bytes]] = {}  # the digests of the sessions with messages
        self._rows: dict[str, dict[int, EmbeddingRows]] = {}  # by tenant and dimension; missing where they have to be made
        self._closed = False

    @classmethod
    def open(cls, options: Options, context: AdapterContext) -> MemoryArchiveIndex:  # noqa: ARG003  # every adapter is opened alike
        """Make an empty index."""
        return cls(context.analyzer)

    def add(self, batches: Sequence[IndexBatch]) -> int:
        """See the port."""
        with self._lock:
            self._check_open()
            wanted = [
                (batch.session, message)
                for batch in batches
                for message in batch.messages
                if self._known(batch.session).wants(message.position)
            ]
        cut = [(session, HeldMessage.made_of(message, self._analyzer.words_of(message.text))) for session, message in wanted]
        taken = 0
        with self._lock:
            self._check_open()
            for session, message in cut:
                history = self._made(session)
                if history.wants(message.position):
                    history.take(message)
                    history.session = session
                    self._tenants.setdefault(session.tenant, set()).add(session.digest)
                    self._rows.pop(session.tenant, None)
                    taken += 1
            for batch in batches:
                if batch.lacks is not None:
                    self._made(batch.session).lacks = batch.lacks
        return taken

    def progress(self, sessions: Sequence[SessionKey]) -> Sequence[IndexProgress]:
        """See the port."""
        with self._lock:
            self._check_open()
            return [self._known(session).progress for session in sessions]

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        """See the port."""
        words = self._analyzer.query_words(query)
        with self._lock:
            self._check_open()
            searched = self._searched(where)
            counts = _counted(words, searched)
            corpus = Corpus(counts.messages, counts.words)
            rarities = {word: corpus.rarity(count) for word, count in counts.holding.items() if count}
            hits = [
                IndexHit(session, message.position, score(shared, rarities, corpus.drag(message.length)), message.timestamp)
                for session, each in searched
                for message, shared in each.sharing(rarities)
                if message.fits(where)
            ]
        return nsmallest(k, hits, key=lambda hit: (-hit.score, -hit.position, hit.session.id))

    def search_vector(self, vector: NDArray[np.float32], *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        """See the port."""
        with self._lock:
            self._check_open()
            rows = self._rows_of(where.tenant).get(len(vector))
        if rows is None:
            return ()
        fits = rows.fitting(where)
        if not fits.any():
            return ()
        found = rows.vectors.most_similar(vector, fits.__getitem__, k=k, at_least=-1.0)
        return [
            IndexHit(session, message.position, cosine, message.timestamp)
            for (session, message), cosine in ((rows.messages[row], cosine) for row, cosine in found)
        ]

    def neighbours(self, places: Sequence[tuple[SessionKey, Position]], *, reach: int) -> Sequence[Neighbours]:
        """See the port."""
        with self._lock:
            self._check_open()
            return [_beside(self._known(session).positions, position, reach) for session, position in places]

    def count_words(self, words: Sequence[str], *, where: IndexFilter) -> WordCounts:
        """See the port."""
        with self._lock:
            self._check_open()
            return _counted(words, self._searched(where))

    def forget(self, session: SessionKey, *, through: Position) -> int:
        """See the port."""
        with self._lock:
            self._check_open()
            if through <= self._known(session).forgotten_through:
                return 0
            history = self._made(session)
            removed = history.forget(through)
            if removed:
                self._rows.pop(session.tenant, None)
                if not history.positions:
                    history.session = None
                    self._tenants[session.tenant].discard(session.digest)
                    if not self._tenants[session.tenant]:
                        del self._tenants[session.tenant]
        return removed

    def clear(self) -> None:
        """See the port."""
        with self._lock:
            self._check_open()
            self._drop_everything()

    def measure(self) -> IndexSize:
        """See the port; fields and embeddings are counted, the rest is estimated."""
        with self._lock:
            self._check_open()
            sessions = sum(1 for each in self._histories.values() if each.positions)
            messages = [message for each in self._histories.values() for message in each.messages.values()]
        postings = sum(len(message.occurrences) for message in messages)
        fields = sum(len(name) + len(value) for message in messages for name, value in message.fields.items())
        embeddings = [message.embedding.nbytes for message in messages if message.embedding is not None]
        size = len(messages) * _MESSAGE_BYTES + postings * _POSTING_BYTES + fields + sum(embeddings)
        return IndexSize(len(messages), sessions, len(embeddings), size)

    def close(self) -> None:
        """Drop everything."""
        with self._lock:
            self._closed = True
            self._drop_everything()

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError("the memory archive index")

    def _drop_everything(self) -> None:
        self._histories.clear()
        self._tenants.clear()
        self._rows.clear()

    def _known(self, session: SessionKey) -> IndexedSession:
        return self._histories.get(session.digest) or _NOTHING

    def _made(self, session: SessionKey) -> IndexedSession:
        return self._histories.setdefault(session.digest, IndexedSession())

    def _searched(self, where: IndexFilter) -> list[tuple[SessionKey, IndexedSession]]:
        """The sessions that a filter is about, with a message at least."""
        held = (self._histories[digest] for digest in self._tenants.get(where.tenant, ()))
        found = [(each.session, each) for each in held if each.session is not None]
        return found if where.sessions is None else [each for each in found if each[0].id in where.sessions]

    def _rows_of(self, tenant: str) -> Mapping[int, EmbeddingRows]:
        """A tenant's embeddings by their dimension."""
        rows = self._rows.get(tenant)
        if rows is None:
            by_dimension: dict[int, list[tuple[SessionKey, HeldMessage, NDArray[np.float32]]]] = {}
            for session, each in self._searched(IndexFilter(tenant=tenant)):
                for message in each.messages.values():
                    if message.embedding is not None:
                        row = (session, message, message.embedding)
                        by_dimension.setdefault(len(message.embedding), []).append(row)
            rows = {dimension: EmbeddingRows(found) for dimension, found in by_dimension.items()}
            if tenant in self._tenants:  # of others there may be any number
                self._rows[tenant] = rows
        return rows


def _counted(words: Sequence[str], searched: Sequence[tuple[SessionKey, IndexedSession]]) -> WordCounts:
    return WordCounts(
        messages=sum(len(each.positions) for _, each in searched),
        words=sum(each.words for _, each in searched),
        holding={word: sum(len(each.postings.get(word, ())) for _, each in searched) for word in words},
    )


def _beside(positions: Sequence[Position], position: Position, reach: int) -> Neighbours:
    below, above = bisect_left(positions, position), bisect_right(positions, position)
    return Neighbours(positions[max(0, below - reach) : below][::-1], positions[above : above + reach])


_NOTHING: Final = IndexedSession()
"""What is known of a session that was never heard of; nothing changes it."""
