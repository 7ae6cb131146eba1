"""Which rows of a part a filter leaves over, its tenant and sessions aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lixcore.ports.archive_index import IndexFilter
from lixcore_duckdb.hashing import WordHashes
from lixcore_duckdb.part_reading import Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEW: Final = 16


class Fitting:
    """A filter.

    Args:
        where: Of a search.
        hashes: Of the tenant's words; roles and fields are looked up as words are.
    """

    def __init__(self, where: IndexFilter, hashes: WordHashes) -> None:
        self._where = where
        # Each of these must be met, by any of its alternatives.
        self._needed: list[list[int]] = [[hashes.of_field(name, value)] for name, value in where.fields.items()]
        if where.roles is not None:
            self._needed.append([hashes.of_role(role) for role in set(where.roles)])
        self.takes_all = not self._needed and where.since is where.until is where.before is None

    def mask(self, part: Part, rows: NDArray[Any]) -> NDArray[np.bool_]:
        """For each of some ascending rows, whether it fits."""
        where, facts = self._where, part.rows()
        fits = np.ones(len(rows), dtype=np.bool_)
        if where.before is not None:
            fits &= facts.positions[rows] < where.before
        if where.since is not None:
            fits &= facts.timestamps[rows] >= where.since
        if where.until is not None:
            fits &= facts.timestamps[rows] < where.until
        for alternatives in self._needed:
            fits &= _has_any(part, rows, alternatives)
        return fits


def _has_any(part: Part, rows: NDArray[Any], alternatives: Sequence[int]) -> NDArray[np.bool_]:
    found = np.zeros(len(rows), dtype=np.bool_)
    for each in alternatives:
        held, _ = part.postings().of(each)
        if len(held) > _FEW * len(rows):
            places = held.searchsorted(rows)
            places[places == len(held)] = 0
            found |= held[places] == rows
        elif len(held):
            marked = np.zeros(part.facts.messages, dtype=np.bool_)
            marked[held] = True
            found |= marked[rows]
    return found
