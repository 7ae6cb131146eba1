"""Which rows of a part a filter leaves over, its tenant and sessions aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lixcore.ports.archive_index import IndexFilter
from lixcore_duckdb.engine import Engine, quoted
from lixcore_duckdb.part_reading import Part

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Fitting:
    """A filter.

    Args:
        where: Of a search.
        engine: Looks into the messages, where roles or fields are asked for.
    """

    def __init__(self, where: IndexFilter, engine: Engine) -> None:
        self._where = where
        self._engine = engine
        self.takes_all = where.roles is None and not where.fields and where.since is where.until is where.before is None

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
        if (where.roles is not None or where.fields) and fits.any():
            said = self._matching(part, int(rows[0]), int(rows[-1]))
            places = said.searchsorted(rows)
            places[places == len(said)] = 0
            fits &= (said[places] == rows) if len(said) else np.zeros(len(rows), dtype=np.bool_)
        return fits

    def _matching(self, part: Part, first: int, last: int) -> NDArray[np.uint32]:
        """The rows between two that have one of the roles, and all of the fields; ascending."""
        conditions, parameters = ["row between ? and ?"], [first, last, *(self._where.roles or ())]
        if self._where.roles is not None:
            conditions.append(f"role in ({', '.join('?' * len(self._where.roles))})" if self._where.roles else "false")
        for name, value in self._where.fields.items():
            conditions.append("fields[?] = ?")
            parameters += [name, value]
        query = f"select row from read_parquet({quoted(part.messages())}) where {' and '.join(conditions)} order by row"  # noqa: S608  # parameters
        with self._engine.cursor() as cursor:
            found: NDArray[np.uint32] = cursor.execute(query, parameters).fetchnumpy()["row"]
            return np.asarray(found, dtype=np.uint32)
