"""The list of a scope's entries, in memory: 24 bytes for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from lixcore.domain.freshness import is_live, live_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SPARE: Final = 64


class Roster:
    """Numbers and times of entries, in the order of adding; a *row* is a place in it.

    Args:
        entries: Number, when added and when over, in ascending order of numbers.
    """

    def __init__(self, entries: Sequence[tuple[int, float, float]]) -> None:
        import numpy as np

        self._np = np
        self._start, self._end = 0, len(entries)
        self._numbers = np.array([number for number, _, _ in entries], dtype=np.int64)
        self._added = np.array([added for _, added, _ in entries], dtype=np.float64)
        self._expires = np.array([expires for _, _, expires in entries], dtype=np.float64)
        self._first_end, self._last_added = float("inf"), float("-inf")
        self._find_bounds()  # no entry's time is over before the one bound, none was added after the other

    def __len__(self) -> int:
        return self._end - self._start

    @property
    def numbers(self) -> NDArray[np.int64]:
        """int64 of shape (entries,), ascending; not to be kept across a change."""
        return self._numbers[self._start : self._end]

    @property
    def nbytes(self) -> int:
        """What it takes of the memory."""
        return 24 * len(self._numbers)

    def live(self, now: float) -> NDArray[np.bool_]:
        """Which rows are live, see `lixcore.domain.freshness.is_live`: bool of shape (entries,)."""
        if is_live(self._last_added, self._first_end, now):  # then each is: no need to look at many
            return self._np.ones(len(self), dtype=self._np.bool_)
        rows = slice(self._start, self._end)
        usable = live_rows(self._added[rows], self._expires[rows], now)
        if usable.all():  # those that set the bounds have left
            self._find_bounds()
        return usable

    def rows_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of entries; -1 where there is none."""
        mine = self.numbers
        if not len(mine):
            return self._np.full(len(numbers), -1, dtype=self._np.int64)
        rows = self._np.searchsorted(mine, numbers)
        rows[rows == len(mine)] = 0
        rows[mine[rows] != numbers] = -1
        return rows

    def append(self, number: int, added: float, expires: float) -> None:
        """Add an entry; its number is higher than any here."""
        if self._end == len(self._numbers):
            self._make_room()
        self._numbers[self._end], self._added[self._end], self._expires[self._end] = number, added, expires
        self._end += 1
        self._first_end = min(self._first_end, expires)
        self._last_added = max(self._last_added, added)

    def remove(self, numbers: NDArray[np.int64]) -> None:
        """Take entries out; those that are not here are passed over. The numbers ascend."""
        if self._np.array_equal(self.numbers[: len(numbers)], numbers):  # those that were added first, as is usual
            self._start += len(numbers)
            return
        kept = ~self._np.isin(self.numbers, numbers)
        for column in (self._numbers, self._added, self._expires):
            part = column[self._start : self._end][kept]
            column[self._start : self._start + len(part)] = part
        self._end = self._start + int(kept.sum())

    def _find_bounds(self) -> None:
        rows = slice(self._start, self._end)
        self._first_end = float(self._expires[rows].min(initial=float("inf")))
        self._last_added = float(self._added[rows].max(initial=float("-inf")))

    def _make_room(self) -> None:
        size = len(self) + len(self) // 4 + _SPARE
        rows = slice(self._start, self._end)
        count = len(self)
        self._numbers, self._added, self._expires = (
            self._np.concatenate([self._numbers[rows], self._np.zeros(size - count, dtype=self._np.int64)]),
            self._np.concatenate([self._added[rows], self._np.zeros(size - count)]),
            self._np.concatenate([self._expires[rows], self._np.zeros(size - count)]),
        )
        self._start, self._end = 0, count
