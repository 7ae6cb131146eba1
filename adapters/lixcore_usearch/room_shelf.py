"""The scopes that a process remembers, as many as its memory may hold."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from lixcore_usearch.room import Room


class RoomShelf:
    """Rooms by the digest of their scope; those that were used longest ago leave first.

    Args:
        most: How many bytes they may take, about; one is kept whatever it takes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._rooms: OrderedDict[bytes, tuple[Room, int]] = OrderedDict()
        self._held = 0

    def __iter__(self) -> Iterator[Room]:
        return iter([room for room, _ in self._rooms.values()])

    def get(self, digest: bytes) -> Room | None:
        """The room of a scope, if it is here; it is the one used last from now on."""
        found = self._rooms.get(digest)
        if found is None:
            return None
        self._rooms.move_to_end(digest)
        return found[0]

    def put(self, digest: bytes, room: Room) -> None:
        """Keep a room, or note how large one has become; others leave for it, and what they know is saved."""
        self.drop(digest)
        size = room.nbytes
        self._rooms[digest] = room, size
        self._held += size
        while self._held > self._most and len(self._rooms) > 1:
            oldest = next(iter(self._rooms))
            self._rooms[oldest][0].save()
            self.drop(oldest)

    def drop(self, digest: bytes) -> None:
        """Remember a scope no more; nothing is saved."""
        _, size = self._rooms.pop(digest, (None, 0))
        self._held -= size

    def clear(self) -> None:
        """Remember nothing; nothing is saved."""
        self._rooms.clear()
        self._held = 0
