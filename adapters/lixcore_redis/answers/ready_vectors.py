"""Scopes that this process has read, ready to be searched again while the server says that they are still the same."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from lixcore.domain.freshness import is_live, live_rows
from lixcore.domain.similarity import Vectors
from lixcore.errors import InvalidInputError
from lixcore_redis.answers.similarity_records import (
    HEAD_BYTES,
    Head,
    Place,
    identifiers,
    is_sound,
    labelled,
    place_of,
    read_times,
    times_of,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FEW: Final = 8
_OBJECT_BYTES: Final = 2048
"""About what a scope takes besides its bytes."""


class ReadyScope:
    """The entries of a scope as they were at one version of its index. Threads share it; what it was made of never changes.

    Args:
        index: The index's bytes.
        head: Its head, read.
        rows: The vectors of its records, in their order.
        tail: The newest bytes of the payloads, as far as they were read.
        check: The request that asks for the head again.

    Attributes:
        version: The head's bytes, which every write changes.
        is_current: False when this process knows that the server holds another version by now.
        size: About how many bytes it takes here, without payloads that were asked for one by one.
    """

    def __init__(
        self,
        index: bytes,
        head: Head,
        rows: NDArray[np.float32],
        *,
        tail: bytes,
        check: bytes,
    ) -> None:
        self.version = index[:HEAD_BYTES]
        self.check = check
        self.is_current = True
        self.size = _OBJECT_BYTES + len(index) + rows.nbytes + 2 * len(tail)
        self._head = head
        self._index = index
        self._rows = rows
        self._vectors = Vectors(rows)
        self._tail = tail
        self._tail_begins = head.text_bytes - len(tail)
        self._payloads: dict[bytes, bytes] = {}
        self._entries: dict[int, tuple[float, bytes]] = {}

    def find(
        self, vector: NDArray[np.float32] | None, *, label: bytes, k: int, at_least: float, now: float
    ) -> list[tuple[int, float, bool]]:
        """Row, similarity and whether the label is its own, in the order of `lixcore.ports.similarity_index.SimilarityIndex`.

        Raises:
            InvalidInputError: The dimension differs from that of the live entries.
        """
        import numpy as np

        exact = [row for row in labelled(self._index, label) if self._is_live(row, now)] if label else []
        if vector is None:
            return [(row, 1.0, True) for row in exact[:k]]
        if len(vector) != self._head.dimension:
            if not live_rows(*read_times(self._index, self._head), now).any():
                return []
            raise InvalidInputError("embedding", f"has dimension {len(vector):,}; the entries here have {self._head.dimension:,}")

        def usable(rows: NDArray[np.intp]) -> NDArray[np.bool_]:
            if len(rows) <= _FEW:
                return np.array([row not in exact and self._is_live(row, now) for row in rows.tolist()])
            added, expires = read_times(self._index, self._head)
            live = live_rows(added[rows], expires[rows], now)
            return live & ~np.isin(rows, exact) if exact else live

        others = [(row, cosine, False) for row, cosine in self._vectors.most_similar(vector, usable, k=k, at_least=at_least)]
        if not exact:
            return others
        cosines = self._vectors.cosines_of(exact, vector)
        return [*((row, cosine, True) for row, cosine in zip(exact, cosines, strict=True)), *others][:k]

    def _is_live(self, row: int, now: float) -> bool:
        return is_live(*times_of(self._index, row), now)

    def entry(self, row: int) -> tuple[float, bytes] | None:
        """When an entry was added, and its payload; None when that is not at hand, or what is at hand is not the entry's.

        Raises:
            ValueError: The entry is not as it was added.
        """
        known = self._entries.get(row)
        if known is None:
            if not is_sound(self._index, row, self._rows[row]):
                raise ValueError("has a damaged entry, or a damaged vector")
            payload = self._payload(row)
            if payload is None:
                return None
            known = self._entries[row] = (times_of(self._index, row)[0], payload)
        return known

    def _payload(self, row: int) -> bytes | None:
        place = place_of(self._index, row)
        kept = self._payloads.get(place.identifier)
        if kept is None:
            begin = place.begin - self._tail_begins
            if begin < 0:
                return None
            kept = self._tail[begin : begin + place.length]
            if not place.holds(kept):
                return None
        return kept

    def place(self, row: int) -> Place:
        """Where an entry's payload is on the server."""
        return place_of(self._index, row)

    def accept(self, place: Place, payload: bytes) -> bool:
        """Keep a payload that was read; False when it is not the one of that place."""
        if not place.holds(payload):
            return False
        self._payloads[place.identifier] = payload
        return True

    def inherit(self, former: ReadyScope) -> int:
        """Take over the payloads of entries that an earlier version had as well; return how many bytes that is."""
        known = former._payloads.copy()  # at once, as other threads may add to it
        if not known:
            return 0
        taken = {identifier: known[identifier] for identifier in identifiers(self._index) if identifier in known}
        self._payloads.update(taken)
        return sum(map(len, taken.values()))


class _Shelf:
    """What one process has ready, used last at the end. The lock guards all of it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.scopes: OrderedDict[bytes, tuple[ReadyScope, int]] = OrderedDict()
        self.held = 0


class ReadyVectors:
    """The scopes used last, up to a number of bytes.

    A forked child begins with none: they are kept by process id, so that it needs no lock of its parent's.

    Args:
        most: How many bytes at most.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._shelves: dict[int, _Shelf] = {}

    @property
    def held(self) -> int:
        """About how many bytes are held."""
        return self._shelf().held

    def get(self, digest: bytes) -> ReadyScope | None:
        """What is ready of a scope."""
        shelf = self._shelf()
        with shelf.lock:
            found = shelf.scopes.get(digest)
            if found is None:
                return None
            shelf.scopes.move_to_end(digest)
            return found[0]

    def keep(self, digest: bytes, scope: ReadyScope, size: int) -> None:
        """Keep a scope in place of an earlier version; those that were not used for longest leave to make room."""
        shelf = self._shelf()
        with shelf.lock:
            self._remove(shelf, digest)
            if size > self._most:
                return
            shelf.scopes[digest] = (scope, size)
            shelf.held += size
            self._make_room(shelf)

    def grew(self, digest: bytes, scope: ReadyScope, by: int) -> None:
        """Note that a scope holds more than when it was kept."""
        shelf = self._shelf()
        with shelf.lock:
            found = shelf.scopes.get(digest)
            if found is None or found[0] is not scope:
                return
            shelf.scopes[digest] = (scope, found[1] + by)
            shelf.held += by
            self._make_room(shelf)

    def drop(self, digest: bytes) -> None:
        """Keep a scope no longer."""
        shelf = self._shelf()
        with shelf.lock:
            self._remove(shelf, digest)

    def clear(self) -> None:
        """Keep none."""
        shelf = self._shelf()
        with shelf.lock:
            shelf.scopes.clear()
            shelf.held = 0

    def _make_room(self, shelf: _Shelf) -> None:
        while shelf.held > self._most:
            _, (_, size) = shelf.scopes.popitem(last=False)
            shelf.held -= size

    @staticmethod
    def _remove(shelf: _Shelf, digest: bytes) -> None:
        found = shelf.scopes.pop(digest, None)
        if found is not None:
            shelf.held -= found[1]

    def _shelf(self) -> _Shelf:
        pid = os.getpid()
        return self._shelves.get(pid) or self._first_use(pid)

    def _first_use(self, pid: int) -> _Shelf:
        shelf = self._shelves.setdefault(pid, _Shelf())  # atomic: threads of a new process agree on one
        for other in [known for known in self._shelves if known != pid]:
            self._shelves.pop(other, None)
        return shelf
