"""Finding rows by their embeddings, exactly, as `lixcore.domain.similarity` compares them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lixcore.domain.similarity import Vectors
from lixcore_duckdb.candidates import Candidates
from lixcore_duckdb.fitting import Fitting
from lixcore_duckdb.part_reading import Embeddings, Part
from lixcore_duckdb.state_reading import Ranges, Searched

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lixcore.domain.similarity import Usable


def best_by_vector(
    parts: Sequence[Part], searched: Searched, vector: NDArray[np.float32], fitting: Fitting, *, k: int
) -> list[Candidates]:
    """The most similar ones, of each part."""
    best = []
    for part in parts:
        ranges = searched.ranges.get(part.facts.number)
        embeddings = None if ranges is None else part.embeddings(len(vector))
        if ranges is None or embeddings is None:
            continue
        vectors, first, usable = _compared(part, embeddings, ranges, fitting)
        if vectors is None:
            continue
        found = vectors.most_similar(vector, usable, k=k + 1, at_least=-1.0)
        if len(found) > k and found[k][1] == found[k - 1][1]:
            # Which of those that are equally similar come first depends on their positions.
            found = vectors.most_similar(vector, usable, k=len(vectors), at_least=found[k][1])
        places = np.array([place for place, _ in found], dtype=np.intp) + first
        scores = np.array([cosine for _, cosine in found], dtype=np.float64)
        best.append(Candidates.of(part, embeddings.rows[places], scores))
    return best


def _compared(part: Part, embeddings: Embeddings, ranges: Ranges, fitting: Fitting) -> tuple[Vectors | None, int, Usable | None]:
    """The vectors to be compared, where they begin among those of the part, and which of them count; None if none does."""
    places: Any = ranges.places_in(embeddings.rows)
    count = len(embeddings.rows)
    if isinstance(places, slice) and (places.stop - places.start) * 2 < count:
        # Those of few sessions of many: a table of their own, whose lengths are measured for this search only.
        vectors, first, held = Vectors(embeddings.values[places]), places.start, embeddings.rows[places]
        allowed = None if fitting.takes_all else fitting.mask(part, held)
        return (None if not len(held) else vectors), first, None if allowed is None else allowed.__getitem__
    allowed = np.zeros(count, dtype=np.bool_)
    allowed[places] = True if fitting.takes_all else fitting.mask(part, embeddings.rows[places])
    if not allowed.any():
        return None, 0, None
    return embeddings.vectors, 0, None if allowed.all() else allowed.__getitem__
