"""Archive indexes that are wrong in what they put first, by words and by meaning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from lixcore.domain.bm25 import Corpus, score
from lixcore.domain.words import query_words
from lixcore.ports.archive_index import IndexFilter, IndexHit
from lixcore_memory import MemoryArchiveIndex
from lixcore_memory.indexed_session import HeldMessage, IndexedSession

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lixcore.domain.session import SessionKey

ALL = 1_000_000


class _Scored(MemoryArchiveIndex):
    """An index that gives other scores."""

    def scored(self, hit: IndexHit, held: HeldMessage, searched: Sequence[IndexedSession], words: Sequence[str]) -> float:
        raise NotImplementedError

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        words = query_words(query)
        searched = [each for _, each in self._searched(where)]
        found = []
        for hit in super().search_text(query, k=ALL, where=where):
            held = self._histories[hit.session.digest].messages[hit.position]
            found.append(attrs.evolve(hit, score=self.scored(hit, held, searched, words)))
        found = [hit for hit in found if hit.score > 0]
        return sorted(found, key=lambda hit: (-hit.score, -hit.position, hit.session.id))[:k]


class LosesCommonWords(_Scored):
    """The rarity of the original BM25, which is below zero for a word that most messages have."""

    def scored(self, hit: IndexHit, held: HeldMessage, searched: Sequence[IndexedSession], words: Sequence[str]) -> float:  # noqa: ARG002  # others use it
        total = sum(len(each.positions) for each in searched)
        holding = [sum(len(each.postings.get(word, ())) for each in searched) for word in words if word in held.occurrences]
        return sum(math.log((total - some + 0.5) / (some + 0.5)) for some in holding)


class PrefersTheLonger(_Scored):
    """It takes a message's length for a merit."""

    def scored(self, hit: IndexHit, held: HeldMessage, searched: Sequence[IndexedSession], words: Sequence[str]) -> float:  # noqa: ARG002  # as above
        return hit.score + held.length


class CountsTheBestWordOnly(_Scored):
    """The score of a message is that of its best word."""

    def scored(self, hit: IndexHit, held: HeldMessage, searched: Sequence[IndexedSession], words: Sequence[str]) -> float:  # noqa: ARG002  # as above
        return max(held.occurrences.get(word, 0) for word in words) / held.length


class _ScoredAmongAll(MemoryArchiveIndex):
    """An index whose statistics are of more than what is searched."""

    def counted(self, where: IndexFilter) -> list[tuple[SessionKey, IndexedSession]]:
        raise NotImplementedError

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        hits = super().search_text(query, k=ALL, where=where)
        counted = [each for _, each in self.counted(where)]
        corpus = Corpus(sum(len(each.positions) for each in counted), max(1, sum(each.words for each in counted)))
        holding = {word: sum(len(each.postings.get(word, ())) for each in counted) for word in query_words(query)}
        rarities = {word: corpus.rarity(some) for word, some in holding.items()}
        scored = []
        for hit in hits:
            held = self._histories[hit.session.digest].messages[hit.position]
            shared = {word: held.occurrences[word] for word in rarities if word in held.occurrences}
            scored.append(attrs.evolve(hit, score=score(shared, rarities, corpus.drag(held.length))))
        return sorted(scored, key=lambda hit: (-hit.score, -hit.position, hit.session.id))[:k]


class MixesTenantsStatistics(_ScoredAmongAll):
    """One index has one table of words."""

    def counted(self, where: IndexFilter) -> list[tuple[SessionKey, IndexedSession]]:  # noqa: ARG002  # that is what is wrong
        return [(each.session, each) for each in self._histories.values() if each.session is not None]


class MixesSessionsStatistics(_ScoredAmongAll):
    """A tenant has one table of words."""

    def counted(self, where: IndexFilter) -> list[tuple[SessionKey, IndexedSession]]:
        return self._searched(IndexFilter(tenant=where.tenant))


class PutsOldMessagesFirst(MemoryArchiveIndex):
    """A stable sort of what comes in order."""

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        hits = super().search_text(query, k=ALL, where=where)
        return sorted(hits, key=lambda hit: (-hit.score, hit.position))[:k]

    def search_vector(self, vector: NDArray[np.float32], *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        hits = super().search_vector(vector, k=ALL, where=where)
        return sorted(hits, key=lambda hit: (-hit.score, hit.position))[:k]


class ChoosesByScoreAlone(MemoryArchiveIndex):
    """The k best are chosen by score alone, and only then put in order."""

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        hits = sorted(super().search_text(query, k=ALL, where=where), key=lambda hit: (-hit.score, hit.position))[:k]
        return sorted(hits, key=lambda hit: (-hit.score, -hit.position, hit.session.id))


class FindsOneTooMany(MemoryArchiveIndex):
    """``limit k + 1``, to see whether there is more."""

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        return super().search_text(query, k=k + 1, where=where)


# By meaning.


class _Compared(MemoryArchiveIndex):
    """An index that compares vectors in another way."""

    def similarity(self, one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
        raise NotImplementedError

    def search_vector(self, vector: NDArray[np.float32], *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        found = []
        for hit in super().search_vector(vector, k=ALL, where=where):
            embedding = self._histories[hit.session.digest].messages[hit.position].embedding
            assert embedding is not None
            found.append(attrs.evolve(hit, score=self.similarity(vector, embedding)))
        return sorted(found, key=lambda hit: (-hit.score, -hit.position, hit.session.id))[:k]


class TakesAllForUnitVectors(_Compared):
    """It takes vectors for unit vectors."""

    def similarity(self, one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
        return float(one.astype("float64") @ other.astype("float64"))


class RoundsCosinesToFloat32(_Compared):
    """The database's own function for the cosine of FLOAT[n]."""

    def similarity(self, one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
        return float((one @ other) / np.sqrt(np.float32((one @ one) * (other @ other))))


class LeavesOutTheUnlike(MemoryArchiveIndex):
    """A threshold of zero, which nobody asked for."""

    def search_vector(self, vector: NDArray[np.float32], *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        return [hit for hit in super().search_vector(vector, k=k, where=where) if hit.score > 0]


class PutsZerosForNoEmbedding(MemoryArchiveIndex):
    """A column that is not null."""

    def search_vector(self, vector: NDArray[np.float32], *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        hits = list(super().search_vector(vector, k=k, where=where))
        without = [
            IndexHit(session, at, -1.0, held.timestamp)
            for session, each in self._searched(where)
            for at, held in each.messages.items()
            if held.embedding is None and held.fits(where)
        ]
        return [*hits, *without][:k]


CASES: list[tuple[Any, Sequence[str]]] = [
    (LosesCommonWords, ["a-word-that-every-message-has-finds-them-all"]),
    (PrefersTheLonger, ["more-often-among-no-more-words-is-not-ranked-below"]),
    (CountsTheBestWordOnly, ["all-words-are-not-ranked-below-some"]),
    (MixesTenantsStatistics, ["scores-depend-on-the-tenants-messages-only"]),
    (MixesSessionsStatistics, ["scores-depend-on-the-sessions-searched-only"]),
    (PutsOldMessagesFirst, ["of-equals-the-newer-comes-first", "of-equally-similar-ones-the-newer-comes-first"]),
    (ChoosesByScoreAlone, ["of-equals-the-newer-comes-first"]),
    (FindsOneTooMany, ["a-word-that-every-message-has-finds-them-all"]),
    (TakesAllForUnitVectors, ["the-length-of-a-vector-does-not-count"]),
    (RoundsCosinesToFloat32, ["near-parallel-vectors-are-told-apart"]),
    (LeavesOutTheUnlike, ["the-opposite-is-a-hit-too"]),
    (PutsZerosForNoEmbedding, ["a-message-without-an-embedding-is-no-hit"]),
]
