"""Rows that may be among the best, and how they become hits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexHit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lixcore_duckdb.part_reading import Part


@attrs.frozen(eq=False)
class Candidates:
    """Rows, as arrays of equal length.

    Attributes:
        scores: float64.
        positions: int64.
        timestamps: float64.
        sessions: uint32, numbers of sessions.
    """

    scores: NDArray[np.float64]
    positions: NDArray[np.int64]
    timestamps: NDArray[np.float64]
    sessions: NDArray[np.uint32]

    @classmethod
    def of(cls, part: Part, rows: NDArray[Any], scores: NDArray[np.float64]) -> Candidates:
        """Rows of a part."""
        facts = part.rows()
        return cls(scores, facts.positions[rows], facts.timestamps[rows], facts.sessions[rows])

    def best(self, k: int) -> Candidates:
        """The best by score and then by position, best first; more than ``k`` where only the ids of sessions tell them apart."""
        chosen = best_places(self.scores, k)
        order = chosen[np.lexsort((-self.positions[chosen], -self.scores[chosen]))]
        if len(order) > k:
            last = order[k - 1]
            as_good = (self.scores[order[k:]] == self.scores[last]) & (self.positions[order[k:]] == self.positions[last])
            order = order[: k + int(np.append(as_good, [False]).argmin())]
        return Candidates(self.scores[order], self.positions[order], self.timestamps[order], self.sessions[order])

    def hits(self, k: int, tenant: str, ids: Mapping[int, str]) -> list[IndexHit]:
        """The best as hits; those of a session that has no id any more were forgotten meanwhile."""
        found = [
            IndexHit(SessionKey(ids[session], tenant), Position(position), score, timestamp)
            for score, position, timestamp, session in zip(
                self.scores.tolist(), self.positions.tolist(), self.timestamps.tolist(), self.sessions.tolist(), strict=True
            )
            if session in ids
        ]
        found.sort(key=lambda hit: (-hit.score, -hit.position, hit.session.id))
        return found[:k]


def best_places(scores: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    """Where the best scores are: ``k``, and those that are as good as the last of them; in any order."""
    if len(scores) <= k:
        return np.arange(len(scores))
    found: NDArray[np.intp] = (scores >= np.partition(scores, -k)[-k]).nonzero()[0]
    return found


def together(found: Sequence[Candidates]) -> Candidates:
    """Those of several parts."""
    return Candidates(
        np.concatenate([each.scores for each in found]),
        np.concatenate([each.positions for each in found]),
        np.concatenate([each.timestamps for each in found]),
        np.concatenate([each.sessions for each in found]),
    )
