"""What the hot store and the archive hold of one session, side by side: pure functions over their entries."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise
from typing import Final

import attrs

from lixcore.domain.position import MAX_POSITION, ORIGIN, SEQUENCE_BITS, Entry, Position
from lixcore.domain.record import decode_message
from lixcore.errors import CorruptDataError

_FARTHEST: Final = 1 << SEQUENCE_BITS - 2
"""How far from its old position a message is put at most, where there is room: within the same millisecond."""

_STEPS: Final = 8
"""How often that is halved in search of a place before the next message."""

_NOWHERE: Final[frozenset[Position]] = frozenset()


@attrs.frozen
class Differences:
    """Where two tiers disagree on a session, as sets of positions; all empty when they agree.

    Attributes:
        conflicts: Both hold an entry there, and not the same one.
        missing: The archive holds an entry there, above the oldest hot one, that is not hot: the context lacks it.
        unordered: A hot entry stands behind one of this position or a higher one.
        unreadable: What is hot there is no message.
        forgotten: What is hot there was removed from the archive for good.
    """

    conflicts: frozenset[Position] = _NOWHERE
    missing: frozenset[Position] = _NOWHERE
    unordered: frozenset[Position] = _NOWHERE
    unreadable: frozenset[Position] = _NOWHERE
    forgotten: frozenset[Position] = _NOWHERE

    def __bool__(self) -> bool:
        return bool(self.conflicts or self.missing or self.unordered or self.unreadable or self.forgotten)

    def also_in(self, other: Differences) -> Differences:
        """What both found: a message on its way from one tier to the other is seen between them once, and not twice."""
        return Differences(
            self.conflicts & other.conflicts,
            self.missing & other.missing,
            self.unordered & other.unordered,
            self.unreadable & other.unreadable,
            self.forgotten & other.forgotten,
        )


def differences(hot: Sequence[Entry], archived: Sequence[Entry], *, forgotten_through: Position = ORIGIN) -> Differences:
    """Compare a session's entries.

    Entries leave the hot store from its oldest end only, and come back as the newest of the archive. So an archived entry
    above the oldest hot one is hot as well, if the archive was read first; unless something went wrong.

    Args:
        hot: All hot entries, in the store's order, read after the archive.
        archived: Those of the archive from the oldest hot one on, or more.
        forgotten_through: Of the archive.
    """
    held = {entry.position: entry for entry in hot}
    oldest = min(held, default=MAX_POSITION)
    return Differences(
        conflicts=frozenset(entry.position for entry in archived if held.get(entry.position, entry) != entry),
        missing=frozenset(entry.position for entry in archived if entry.position > oldest and entry.position not in held),
        unordered=frozenset(after.position for before, after in pairwise(hot) if after.position <= before.position),
        unreadable=frozenset(entry.position for entry in hot if not _is_message(entry)),
        forgotten=frozenset(entry.position for entry in hot if entry.position <= forgotten_through),
    )


def parted(hot: Sequence[Entry], archived: Sequence[Entry]) -> Sequence[Entry]:
    """The hot entries as the archive can take them: each at its own position, unless another one is archived there.

    Such an entry gets a position of its own, right behind the other one where there is room, so that it stays before all that
    was said after it. Where that is follows from the entry alone as far as possible: when the work is cut off and begun
    again, the copy that was archived the first time is found, and the same position comes out.

    Args:
        hot: All hot entries.
        archived: Those of the archive from the oldest hot one on, or more.

    Returns:
        What to archive, ascending, no two at one position; what is archived already may be among it.

    Raises:
        CorruptDataError: An entry stands so high that no position above it is left.
    """
    own = {entry.position: entry for entry in hot}
    there = {entry.position: entry for entry in archived}
    taken = own.keys() | there.keys()
    result: list[Entry] = []
    claimed: set[Position] = set()
    for entry in own.values():
        if there.get(entry.position, entry) == entry:
            result.append(entry)
            continue
        place = _copy_of(entry, own, there, claimed)
        if place is None:
            place = _free_place(entry, taken)
        claimed.add(place)
        taken.add(place)
        result.append(Entry(place, entry.timestamp, entry.payload))
    return sorted(result, key=lambda entry: entry.position)


def _copy_of(
    entry: Entry, own: Mapping[Position, Entry], there: Mapping[Position, Entry], claimed: set[Position]
) -> Position | None:
    """Where an earlier attempt archived the entry; None when there was none."""
    farthest, *nearer = _near_places(entry)
    for place in (*nearer, *_filled_from(farthest, own.keys() | there.keys())):
        found = there.get(place)
        # What is archived at a hot entry's own position is that entry, also if it says the same as this one.
        is_copy = found is not None and (found.timestamp, found.payload) == (entry.timestamp, entry.payload)
        if is_copy and own.get(place) != found and place not in claimed:
            return place
    return None


def _free_place(entry: Entry, taken: AbstractSet[Position]) -> Position:
    following = min((position for position in taken if position > entry.position), default=MAX_POSITION)
    places = _near_places(entry)
    place = next((place for place in places if place < following), None)
    if place is None:  # no gap: rather behind others than not at all
        place = Position(max(_filled_from(places[0], taken), default=places[0] - 1) + 1)
    if place > MAX_POSITION:
        raise CorruptDataError(f"the entry at position {entry.position}", "stands so high that no position above it is left")
    return place


def _near_places(entry: Entry) -> Sequence[Position]:
    """Places behind the entry's, farthest first, which only its position and content decide.

    None is so near that another message, perhaps one that says the same, is to be expected there: a store whose clock stands
    still counts up one by one.
    """
    digest = hashlib.sha256(struct.pack("<qd", entry.position, entry.timestamp) + entry.payload).digest()
    offset = _FARTHEST // 2 + int.from_bytes(digest[:8], "little") % (_FARTHEST // 2)
    return [Position(entry.position + (offset >> step)) for step in range(_STEPS)]


def _filled_from(place: Position, taken: AbstractSet[Position]) -> Iterator[Position]:
    """The places from this one on, up to the first that is free."""
    while place in taken:
        yield place
        place = Position(place + 1)


def _is_message(entry: Entry) -> bool:
    try:
        decode_message(entry)
    except CorruptDataError:
        return False
    return True
