"""The order of a conversation, and the entries that stores keep in that order."""

from __future__ import annotations

from typing import NewType

import msgspec

Position = NewType("Position", int)
"""Where an entry stands in its session: 1 to 2**63 - 1, strictly increasing within the session for ever.

The hot store assigns it; it survives spill, eviction and restore, and is what makes moving an entry between tiers
idempotent. Only order has a meaning: positions have gaps.
"""

ORIGIN = Position(0)
"""Before every entry."""

MAX_POSITION = Position(2**63 - 1)

SEQUENCE_BITS = 20
"""A time-based position is ``milliseconds << SEQUENCE_BITS | sequence``: enough for the years until 2248."""


DRAWS = 1 << SEQUENCE_BITS - 2
"""How many places there are in a millisecond for what a stand-in stores; see `stand_in_position`."""


def next_position(*, after: Position, now: float) -> Position:
    """The position for a new entry: by the clock, and above ``after`` whatever the clock says.

    A position that carries the time stays unique when a store is wiped and begins anew, where a bare counter would give a
    number a second time.

    Args:
        after: The highest position the session ever had, or `ORIGIN`.
        now: Seconds since the epoch.
    """
    return Position(max(after + 1, int(now * 1000) << SEQUENCE_BITS))


def time_of(position: Position) -> float:
    """When an entry got its position, in seconds since the epoch, by the clock of who gave it.

    An imported message's is next to 1970: those have low numbers.
    """
    return (position >> SEQUENCE_BITS) / 1000


def stand_in_position(*, after: Position, now: float, draw: int) -> Position:
    """The position for an entry that another store than the hot one gives a place to.

    Several processes may give such places at the same instant, unaware of each other and of the hot store, which counts its
    sequence from zero. So this one's sequence is drawn at random, far above what a hot store reaches in a millisecond, and below
    what makes it go on to the next one.

    Args:
        after: The highest position of the session that is known, or `ORIGIN`.
        now: Seconds since the epoch.
        draw: A random number, 0 to `DRAWS` - 1.
    """
    milliseconds = max((after >> SEQUENCE_BITS) + 1, int(now * 1000))
    return Position(milliseconds << SEQUENCE_BITS | DRAWS + draw)


# msgspec builds these in C: a context of twenty is twenty of them, on the hot path.
class Entry(msgspec.Struct, frozen=True, gc=False):
    """One stored message, as adapters see it.

    Attributes:
        position: Its place in the session.
        timestamp: When it was said, in seconds since the epoch; kept exactly, never interpreted.
        payload: The message in the core's encoding; opaque to adapters; may be empty.
    """

    position: Position
    timestamp: float
    payload: bytes
