"""Similarity indexes that find wrongly, in one way each: the mistakes of plausible authors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np

from lixcore.domain.scope import Scope
from lixcore.domain.similarity import Vectors, nearest
from lixcore.errors import InvalidInputError
from lixcore.ports.similarity_index import Match
from lixcore_memory import MemorySimilarityIndex
from lixcore_memory.similarity_index import _Decoded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lixcore.domain.similarity import Usable

ALL = 1_000_000


@attrs.frozen(eq=False)
class Query:
    """What a search is given."""

    scope: Scope
    vector: NDArray[np.float32] | None
    label: bytes
    k: int
    at_least: float


class Searching(MemorySimilarityIndex):
    """A base for indexes that change what is asked for or found."""

    def search(
        self, scope: Scope, vector: NDArray[np.float32] | None, *, label: bytes = b"", k: int, at_least: float
    ) -> Sequence[Match]:
        return self.find(Query(scope, vector, label, k, at_least))

    def find(self, query: Query) -> Sequence[Match]:
        return super().search(query.scope, query.vector, label=query.label, k=query.k, at_least=query.at_least)

    def freshly_decoded(self, scope: Scope) -> _Decoded | None:
        """What the coming search reads, to be tampered with."""
        place = self._places.get(scope.digest)
        if place is None:
            return None
        place.decoded = _Decoded(place.held)
        return place.decoded


# How vectors are compared.


class _Compared(Vectors):
    """Finds what `cosines` says of all vectors."""

    def _of(self, rows: NDArray[np.intp] | None) -> NDArray[np.float32]:
        return self._rows if rows is None else self._rows[rows]

    def cosines_of(self, rows: list[int], query: NDArray[np.float32]) -> list[float]:
        found: list[float] = self.cosines(query, np.array(rows, dtype=np.intp)).tolist()
        return found

    def most_similar(
        self, query: NDArray[np.float32], usable: Usable | None = None, *, k: int, at_least: float
    ) -> list[tuple[int, float]]:
        rows = np.arange(len(self))
        counted = np.ones(len(self), dtype=np.bool_) if usable is None else usable(rows)
        cosines = self.cosines(query)
        return [(row, float(cosines[row])) for row in nearest(cosines, counted, k=k, at_least=at_least)]


class _Dots(_Compared):
    def cosines(self, query: NDArray[np.float32], rows: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
        return np.asarray(self._of(rows).astype(np.float64) @ query.astype(np.float64))


class _LongQueries(_Compared):
    def cosines(self, query: NDArray[np.float32], rows: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
        return np.asarray(super().cosines(query, rows) * np.linalg.norm(query.astype(np.float64)))


class _Float32(_Compared):
    def cosines(self, query: NDArray[np.float32], rows: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
        given = self._of(rows)
        return np.asarray((given @ query / np.linalg.norm(given, axis=1) / np.linalg.norm(query)).astype(np.float64))


class _Unsigned(_Compared):
    def cosines(self, query: NDArray[np.float32], rows: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
        sizes: NDArray[np.float64] = np.abs(super().cosines(query, rows))
        return sizes


class _Float16(_Compared):
    def cosines(self, query: NDArray[np.float32], rows: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
        wide = self._of(rows).astype(np.float64)
        near = (wide / np.linalg.norm(wide, axis=1)[:, None]).astype(np.float16).astype(np.float64)
        asked = query.astype(np.float64)
        return np.asarray(np.clip(near @ asked / np.linalg.norm(asked), -1.0, 1.0))


class ComparesByDots(Searching):
    """Models give vectors of length one; the one that it was tried with did."""

    vectors: ClassVar[type[Vectors]] = _Dots

    def find(self, query: Query) -> Sequence[Match]:
        decoded = self.freshly_decoded(query.scope)
        if decoded is not None:
            decoded.vectors = self.vectors(np.stack([each.vector for each in decoded.held]))
        return super().find(query)


class DoesNotNormaliseTheQuery(ComparesByDots):
    """The entries are made to length one when they are added, and the query is forgotten."""

    vectors = _LongQueries


class ComparesInFloat32(ComparesByDots):
    """The vectors are float32, so their product is as well."""

    vectors = _Float32


class TakesTheOppositeForTheSame(ComparesByDots):
    """The sign was lost with a square root."""

    vectors = _Unsigned


class IsApproximate(ComparesByDots):
    """Right where it declares a tolerance, and wrong where it calls itself exact."""

    vectors = _Float16


# What is found of it.


class PutsTheOldestOfEqualsFirst(Searching):
    """Sorting is stable, and the entries come in the order of adding."""

    def find(self, query: Query) -> Sequence[Match]:
        found = super().find(attrs.evolve(query, k=ALL))[::-1]
        return sorted(found, key=lambda match: (not match.is_exact, -match.similarity))[: query.k]


class CutsBeforeItSorts(Searching):
    """LIMIT stands in the inner query."""

    def find(self, query: Query) -> Sequence[Match]:
        found = list(super().find(attrs.evolve(query, k=ALL)))
        first = sorted(found, key=lambda match: int(match.payload))[: query.k]  # the suite's payloads are numbers
        return [match for match in found if match in first]


class GivesOneMore(Searching):
    """A range that includes its end."""

    def find(self, query: Query) -> Sequence[Match]:
        return super().find(attrs.evolve(query, k=query.k + 1))


class MissesAThresholdThatIsMet(Searching):
    """Above, instead of at or above."""

    def find(self, query: Query) -> Sequence[Match]:
        return [match for match in super().find(query) if match.is_exact or match.similarity > query.at_least]


class IgnoresTheThreshold(Searching):
    """The k best are asked for; whether they are good is not."""

    def find(self, query: Query) -> Sequence[Match]:
        return super().find(attrs.evolve(query, at_least=-1.0))


class IgnoresLabels(Searching):
    """The very same text has the very same embedding, so why look for its label."""

    def find(self, query: Query) -> Sequence[Match]:
        return super().find(attrs.evolve(query, label=b""))


class HoldsLabelsToTheThreshold(Searching):
    """One filter, after everything else."""

    def find(self, query: Query) -> Sequence[Match]:
        return [match for match in super().find(query) if match.similarity >= query.at_least]


class RanksLabelsWithTheRest(Searching):
    """One list, sorted by similarity in the end."""

    def find(self, query: Query) -> Sequence[Match]:
        return sorted(super().find(query), key=lambda match: -match.similarity)


class StopsAtTheFirstLabel(Searching):
    """An exact match is all that anybody wants."""

    def find(self, query: Query) -> Sequence[Match]:
        found = super().find(query)
        return found[:1] if found and found[0].is_exact else found


class FindsNothingOfAnotherDimension(Searching):
    """What cannot be compared is not similar."""

    def find(self, query: Query) -> Sequence[Match]:
        try:
            return super().find(query)
        except InvalidInputError:
            return ()


# When it is found.


class IndexThatKeepsWhatItRead(Searching):
    """The decoded scope is kept, and nobody asks whether it is still valid."""

    def find(self, query: Query) -> Sequence[Match]:
        kept: dict[bytes, _Decoded] = self.__dict__.setdefault("kept", {})
        place = self._places.get(query.scope.digest)
        if place is not None:
            place.decoded = kept.setdefault(query.scope.digest, _Decoded(place.held))
        return super().find(query)


class IndexThatBelievesEveryClock(Searching):
    """Only the end is looked at."""

    def find(self, query: Query) -> Sequence[Match]:
        decoded = self.freshly_decoded(query.scope)
        if decoded is not None:
            decoded.added -= 1e9
        return super().find(query)


class FindsTheExpired(Searching):
    """The store expires them sometime; until then they are found."""

    def find(self, query: Query) -> Sequence[Match]:
        decoded = self.freshly_decoded(query.scope)
        if decoded is not None:
            decoded.expires += 1e9
        return super().find(query)


class ExpiresWholeScopes(Searching):
    """Expiry is a property of the key, and the key is the scope."""

    def find(self, query: Query) -> Sequence[Match]:
        decoded = self.freshly_decoded(query.scope)
        if decoded is not None:
            decoded.expires[:] = decoded.expires.max()
        return super().find(query)


class RenewsWhatItFinds(Searching):
    """As a cache that keeps what is used does."""

    def find(self, query: Query) -> Sequence[Match]:
        found = super().find(query)
        place = self._places.get(query.scope.digest)
        if found and place is not None:
            place.keep([attrs.evolve(each, expires=self._clock.now() + 300) for each in place.held])
        return found
