"""Which parts become one.

Parts of about the same size do when there are `FAN_IN` of them, so that a message is written again once for each tier that it
rises to: of a million added in ten thousands, twice. A part of which somebody was forgotten is always written anew.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import attrs

FAN_IN: Final = 8
_SMALLEST: Final = 2_000


@attrs.frozen
class PartSize:
    """What is asked to choose parts by.

    Attributes:
        number: The part's.
        messages: Its rows.
        forgotten: How many of these count no more.
    """

    number: int
    messages: int
    forgotten: int

    @property
    def tier(self) -> int:
        """How large it is, in powers of `FAN_IN`."""
        left = self.messages - self.forgotten
        return 0 if left < _SMALLEST else 1 + int(math.log(left / _SMALLEST, FAN_IN))


def chosen(parts: Sequence[PartSize], *, most: int, forgotten: bool) -> list[int]:
    """Which parts become one next; empty when there is nothing to gain.

    Args:
        parts: All there are.
        most: From how many parts of one tier on these become one.
        forgotten: Whether those are written anew of which somebody was forgotten.
    """
    tiers: dict[int, list[PartSize]] = {}
    for each in parts:
        tiers.setdefault(each.tier, []).append(each)
    for _, alike in sorted(tiers.items()):
        if len(alike) >= most:
            return [each.number for each in alike]
    for _, alike in sorted(tiers.items()):
        if forgotten and (touched := [each.number for each in alike if each.forgotten]):
            return touched
    return []
