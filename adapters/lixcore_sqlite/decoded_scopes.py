"""Scopes as a process keeps them ready for searching."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lixcore.domain.freshness import live_rows
from lixcore.domain.similarity import Vectors
from lixcore.errors import InvalidInputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ROW_BYTES = 400
"""About what an entry takes in memory beside its vector."""


class DecodedScope:
    """The entries of a scope, without their payloads.

    Args:
        version: The scope's version when they were read.
        rows: ``number, added, expires, label, vector`` of each, in order of adding; at least one.
        dimension: How many numbers each vector has.

    Raises:
        ValueError, TypeError: A row is not what the index writes.
    """

    def __init__(self, version: int, rows: Sequence[tuple[Any, ...]], dimension: int) -> None:
        import numpy as np

        numbers, added, expires, labels, blobs = zip(*rows, strict=True)
        if not all(type(blob) is bytes and len(blob) == 4 * dimension for blob in blobs):
            raise ValueError("a vector has another dimension")
        if {*map(type, added), *map(type, expires)} != {float} or {*map(type, labels)} != {bytes}:
            raise TypeError("a time is no number, or a label no blob")
        vectors = np.frombuffer(b"".join(blobs), "<f4").reshape(len(rows), dimension)
        if not (np.isfinite(vectors).all() and vectors.any(axis=1).all()):
            raise ValueError("a vector has no direction")
        self.version = version
        self.added: Sequence[float] = added
        self.dimension = dimension
        self.numbers: Sequence[int] = numbers
        self._added = np.array(added, np.float64)
        self._expires = np.array(expires, np.float64)
        self._vectors = Vectors(vectors)
        self._by_label: dict[bytes, list[int]] = {}
        for row, label in enumerate(labels):
            if label:
                self._by_label.setdefault(label, []).append(row)
        self.size = len(rows) * (dimension * 4 + _ROW_BYTES)

    def find(
        self, query: NDArray[np.float32] | None, label: bytes, *, k: int, at_least: float, now: float
    ) -> list[tuple[int, float, bool]]:
        """The rows that `lixcore.ports.similarity_index.SimilarityIndex.search` asks for: row, similarity, whether by its label.

        Raises:
            InvalidInputError: The query has another dimension, and some entry is live.
        """
        usable = live_rows(self._added, self._expires, now)
        if not usable.any():
            return []
        exact = [row for row in reversed(self._by_label.get(label, ())) if usable[row]][:k] if label else []
        if query is None:
            return [(row, 1.0, True) for row in exact]
        if query.shape != (self.dimension,):
            raise InvalidInputError(
                "embedding", f"has dimension {len(query):,}; what is cached in its place has {self.dimension:,}"
            )
        found: list[tuple[int, float, bool]] = []
        if exact:
            cosines = self._vectors.cosines_of(exact, query)
            found = [(row, cosine, True) for row, cosine in zip(exact, cosines, strict=True)]
            usable[exact] = False
        if len(exact) < k:
            others = self._vectors.most_similar(query, usable.__getitem__, k=k - len(exact), at_least=at_least)
            found += [(row, cosine, False) for row, cosine in others]
        return found


class DecodedScopes:
    """Those that were used last, up to so many bytes. It has no lock: whoever uses it has the turn on the database.

    Args:
        max_bytes: How many bytes may be kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._size = 0
        self._kept: OrderedDict[bytes, DecodedScope] = OrderedDict()

    def get(self, digest: bytes, version: int) -> DecodedScope | None:
        """What is kept of a scope, if it has this version."""
        found = self._kept.get(digest)
        if found is None or found.version != version:
            return None
        self._kept.move_to_end(digest)
        return found

    def keep(self, digest: bytes, scope: DecodedScope) -> None:
        """Keep a scope in place of what is kept of it; those that were not used for longest make room."""
        self.drop(digest)
        if scope.size > self._max_bytes:
            return
        self._kept[digest] = scope
        self._size += scope.size
        while self._size > self._max_bytes:
            _, left = self._kept.popitem(last=False)
            self._size -= left.size

    def drop(self, digest: bytes) -> None:
        """Keep nothing of a scope."""
        left = self._kept.pop(digest, None)
        if left is not None:
            self._size -= left.size

    def clear(self) -> None:
        """Keep nothing."""
        self._kept.clear()
        self._size = 0
