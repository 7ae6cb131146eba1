"""The similarity index in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

import attrs

from lixcore.domain.freshness import is_live, live_rows
from lixcore.domain.scope import Scope, session_owner, tenant_owner
from lixcore.domain.session import SessionKey
from lixcore.domain.similarity import Vectors
from lixcore.errors import ClosedError, InvalidInputError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.cache_size import CacheSize
from lixcore.ports.clock import Clock
from lixcore.ports.similarity_index import IndexEntry, Match
from lixcore_memory.fork_safe_locks import fork_safe_lock
from lixcore_memory.powers import Leases, Tallies

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_ENTRIES: Final = 100_000
"""How many entries all scopes hold together at most. The scopes that were longest not added to leave first."""

_SWEPT_BY_AN_ADD: Final = 2
_ENTRY_BYTES: Final = 400
"""About what an entry takes beside its payload and its vector."""


@attrs.frozen(eq=False)
class _Held:
    """An entry as it is kept; nothing of it is anybody else's to change."""

    vector: NDArray[np.float32]
    payload: bytes
    label: bytes
    source: bytes
    added: float
    expires: float


class _Decoded:
    """The entries of a scope at one moment, ready to be searched. It never changes, so that searching needs no lock."""

    def __init__(self, held: Sequence[_Held]) -> None:
        import numpy as np

        self.held = tuple(held)
        self.vectors = Vectors(np.stack([each.vector for each in held]))
        self.added = np.array([each.added for each in held])
        self.expires = np.array([each.expires for each in held])
        self.by_label: dict[bytes, list[int]] = {}
        for row, each in enumerate(held):
            if each.label:
                self.by_label.setdefault(each.label, []).append(row)


@attrs.define(eq=False)
class _Place:
    """A scope: its entries in order of adding, all of one dimension, and what searches need of them.

    No entry expires before ``first_end`` or was added after ``last_added``, so that most adds need not look at each of them.
    """

    owner: bytes
    held: list[_Held] = attrs.Factory(list)
    first_end: float = float("inf")
    last_added: float = float("-inf")
    decoded: _Decoded | None = None

    def keep(self, held: list[_Held]) -> None:
        """Hold these instead."""
        self.held = held
        self.first_end = min((each.expires for each in held), default=float("inf"))
        self.last_added = max((each.added for each in held), default=float("-inf"))
        self.decoded = None

    def drop_what_is_not_live(self, now: float) -> None:
        """Hold no entry any more that may not be used now."""
        if not is_live(self.last_added, self.first_end, now):
            self.keep([each for each in self.held if is_live(each.added, each.expires, now)])

    def append(self, new: _Held, capacity: int) -> None:
        """Hold one more, and ``capacity`` at most."""
        self.held.append(new)
        del self.held[:-capacity]
        self.first_end = min(self.first_end, new.expires)
        self.last_added = max(self.last_added, new.added)
        self.decoded = None

    def size(self, now: float) -> CacheSize:
        """How many are live, and about what they take."""
        live = [each for each in self.held if is_live(each.added, each.expires, now)]
        return CacheSize(len(live), sum(_ENTRY_BYTES + len(each.payload) + each.vector.nbytes for each in live))


class MemorySimilarityIndex:
    """`lixcore.ports.similarity_index.SimilarityIndex`, `GrantsLeases` and `KeepsTallies`, for the threads of one process.

    The search is exact. One lock guards everything; vectors are compared outside of it. Beyond `MAX_ENTRIES`, the scopes that
    were longest not added to are dropped.
    """

    capabilities: ClassVar[frozenset[Capability]] = frozenset()

    @attrs.frozen
    class Options:
        """It has none."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = fork_safe_lock()
        self._places: dict[bytes, _Place] = {}  # by digest; the one that was added to last comes last
        self._by_owner: dict[bytes, set[bytes]] = {}
        self._entries = 0
        self._to_sweep: list[bytes] = []
        self._leases = Leases()
        self._tallies = Tallies()
        self._closed = False

    @classmethod
    def open(cls, options: Options, context: AdapterContext) -> MemorySimilarityIndex:  # noqa: ARG003  # every adapter is opened alike
        """Make an empty index."""
        return cls(context.clock)

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        """See the port."""
        vector = entry.vector.astype("float32")  # a copy, as ``bytes`` makes of what can change
        payload, label, digest = bytes(entry.payload), bytes(entry.label), scope.digest
        now = self._clock.now()
        with self._lock:
            self._check_open()
            self._tidy(digest, now)
            place = self._places.pop(digest, None) or self._made(scope)
            self._places[digest] = place  # it comes last from now on
            if place.held:
                _check_dimension(vector, len(place.held[-1].vector))
            self._entries -= len(place.held)
            place.append(_Held(vector, payload, label, scope.source, now, now + ttl), capacity)
            self._entries += len(place.held)
            self._sweep(now)
            self._make_room()

    def search(
        self, scope: Scope, vector: NDArray[np.float32] | None, *, label: bytes = b"", k: int, at_least: float
    ) -> Sequence[Match]:
        """See the port."""
        with self._lock:
            self._check_open()
            place = self._places.get(scope.digest)
            if place is None:
                return ()
            if place.decoded is None:
                place.decoded = _Decoded(place.held)
            decoded = place.decoded
        live = live_rows(decoded.added, decoded.expires, self._clock.now())
        if not live.any():
            return ()
        if vector is not None:
            _check_dimension(vector, decoded.vectors.dimension)
        labelled = [row for row in reversed(decoded.by_label.get(label, ())) if live[row]][:k] if label else []
        found = [(row, 1.0) for row in labelled]
        if vector is not None:
            if labelled:
                found = list(zip(labelled, decoded.vectors.cosines_of(labelled, vector), strict=True))
                live[decoded.by_label[label]] = False
            if len(found) < k:
                found += decoded.vectors.most_similar(vector, live.__getitem__, k=k - len(found), at_least=at_least)
        held = decoded.held
        return [
            Match(similarity, at < len(labelled), held[row].added, held[row].payload)
            for at, (row, similarity) in enumerate(found)
        ]

    def forget(self, session: SessionKey) -> int:
        """See the port."""
        source = session_owner(session)
        removed = 0
        now = self._clock.now()
        with self._lock:
            self._check_open()
            owners = (source, tenant_owner(session.tenant))
            for digest in [digest for owner in owners for digest in self._by_owner.get(owner, ())]:
                place = self._places[digest]
                gone = [each for each in place.held if each.source == source]
                if gone:
                    removed += sum(is_live(each.added, each.expires, now) for each in gone)
                    self._entries -= len(gone)
                    place.keep([each for each in place.held if each.source != source])
                    self._drop_if_empty(digest)
        return removed

    def measure(self, session: SessionKey | None = None) -> CacheSize:
        """See the port; payloads and vectors are counted, the rest is estimated."""
        now = self._clock.now()
        with self._lock:
            self._check_open()
            digests: Iterable[bytes] = self._places if session is None else self._by_owner.get(session_owner(session), ())
            sizes = [self._places[digest].size(now) for digest in digests]
        return CacheSize(sum(each.entries for each in sizes), sum(each.size for each in sizes))

    def lease(self, name: str, *, holder: str, seconds: float) -> bool:
        """See `lixcore.ports.leases.GrantsLeases`."""
        now = self._clock.monotonic()
        with self._lock:
            self._check_open()
            return self._leases.take(name, holder, seconds, now=now)

    def end_lease(self, name: str, *, holder: str) -> None:
        """See `lixcore.ports.leases.GrantsLeases`."""
        with self._lock:
            self._check_open()
            self._leases.give_back(name, holder)

    def tally(self, changes: Mapping[str, float]) -> None:
        """See `lixcore.ports.tallies.KeepsTallies`."""
        with self._lock:
            self._check_open()
            self._tallies.add(changes)

    def tallies(self) -> Mapping[str, float]:
        """See `lixcore.ports.tallies.KeepsTallies`."""
        with self._lock:
            self._check_open()
            return self._tallies.all()

    def close(self) -> None:
        """Drop everything."""
        with self._lock:
            self._closed = True
            self._places.clear()
            self._by_owner.clear()
            self._to_sweep.clear()
            self._entries = 0
            self._leases.clear()
            self._tallies.clear()

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError("the memory similarity index")

    def _made(self, scope: Scope) -> _Place:
        self._by_owner.setdefault(scope.owner, set()).add(scope.digest)
        return _Place(scope.owner)

    def _tidy(self, digest: bytes, now: float) -> None:
        """Drop what is not live in a scope, and the scope with its last entry."""
        place = self._places.get(digest)
        if place is not None:
            self._entries -= len(place.held)
            place.drop_what_is_not_live(now)
            self._entries += len(place.held)
            self._drop_if_empty(digest)

    def _drop_if_empty(self, digest: bytes) -> None:
        if not self._places[digest].held:
            owner = self._places.pop(digest).owner
            self._by_owner[owner].discard(digest)
            if not self._by_owner[owner]:
                del self._by_owner[owner]

    def _sweep(self, now: float) -> None:
        """Tidy a few scopes, each in its turn: else those that nobody asks for any more would stay."""
        for _ in range(_SWEPT_BY_AN_ADD):
            if not self._to_sweep:
                self._to_sweep = list(self._places)
            self._tidy(self._to_sweep.pop(), now)

    def _make_room(self) -> None:
        while self._entries > MAX_ENTRIES:
            digest, place = next(iter(self._places.items()))
            # The last scope that is left just got an entry, which stays.
            count = len(place.held) if len(self._places) > 1 else self._entries - MAX_ENTRIES
            place.keep(place.held[count:])
            self._entries -= count
            self._drop_if_empty(digest)


def _check_dimension(vector: NDArray[np.float32], dimension: int) -> None:
    if len(vector) != dimension:
        raise InvalidInputError("embedding", f"has dimension {len(vector):,}; what is cached here has {dimension:,}")
