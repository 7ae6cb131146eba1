"""What stands next to messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lixcore.domain.position import Position
from lixcore.ports.archive_index import Neighbours
from lixcore_duckdb.part_reading import Part

if TYPE_CHECKING:
    from numpy.typing import NDArray


def positions_of(parts: dict[int, Part], spans: Sequence[tuple[int, int, int]]) -> NDArray[np.int64]:
    """All positions of a session, ascending.

    Args:
        parts: By their numbers.
        spans: Where its rows are: part, first row, and the row behind the last one.
    """
    held = [parts[part].rows().positions[first:stop] for part, first, stop in spans]
    if len(held) == 1:
        return held[0]
    together = np.concatenate(held) if held else np.empty(0, dtype=np.int64)
    together.sort()
    return together


def beside(positions: NDArray[np.int64], place: Position, reach: int) -> Neighbours:
    """The nearest on either side of a place, which may be among the positions or not."""
    below, above = int(positions.searchsorted(place)), int(positions.searchsorted(place, side="right"))
    before = positions[max(0, below - reach) : below][::-1].tolist()
    after = positions[above : above + reach].tolist()
    return Neighbours([Position(each) for each in before], [Position(each) for each in after])
