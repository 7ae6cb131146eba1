"""Similarity indexes that keep wrongly, in one way each: the mistakes of plausible authors."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

import attrs

from lixcore.domain.scope import Scope, session_owner, tenant_owner
from lixcore.domain.session import SessionKey
from lixcore.ports.cache_size import CacheSize
from lixcore.ports.clock import Clock
from lixcore.ports.similarity_index import IndexEntry, Match
from lixcore_memory import MemorySimilarityIndex
from lixcore_memory.similarity_index import _Held, _Place

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Adding(MemorySimilarityIndex):
    """A base for indexes that do something to a scope around an add."""

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        place = self._places.get(scope.digest)
        if place is not None:
            self.before(place, entry, capacity)
            self._entries = sum(len(each.held) for each in self._places.values())
        super().add(scope, entry, ttl=ttl, capacity=capacity)
        self.after(self._places[scope.digest], capacity)
        self._entries = sum(len(each.held) for each in self._places.values())

    def before(self, place: _Place, entry: IndexEntry, capacity: int) -> None:
        """Nothing, here."""

    def after(self, place: _Place, capacity: int) -> None:
        """Nothing, here."""


class RenewsNeighbours(Adding):
    """EXPIRE on the key of the whole scope, at each add."""

    def after(self, place: _Place, capacity: int) -> None:  # noqa: ARG002  # of the base
        place.keep([attrs.evolve(each, expires=max(each.expires, place.held[-1].expires)) for each in place.held])


class GivesAScopeTheTimeOfItsFirst(Adding):
    """EXPIRE on the key of the whole scope, at the first add only."""

    def after(self, place: _Place, capacity: int) -> None:  # noqa: ARG002  # of the base
        place.keep([attrs.evolve(each, expires=place.held[0].expires) for each in place.held])


class RefusesWhenFull(Adding):
    """A full cache takes nothing more."""

    def before(self, place: _Place, entry: IndexEntry, capacity: int) -> None:  # noqa: ARG002  # of the base
        self.full = place.held[:] if len(place.held) >= capacity else None

    def after(self, place: _Place, capacity: int) -> None:  # noqa: ARG002  # of the base
        if getattr(self, "full", None):
            place.keep(self.full or [])


class HoldsOneMore(Adding):
    """It makes room before it adds, for what is above the capacity by then."""

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        super().add(scope, entry, ttl=ttl, capacity=capacity + 1)


class LetsThoseLeaveThatExpireFirst(Adding):
    """As embedding stores do."""

    def before(self, place: _Place, entry: IndexEntry, capacity: int) -> None:  # noqa: ARG002  # of the base
        while len(place.held) >= capacity:
            first = min(place.held, key=attrgetter("expires"))
            place.keep([each for each in place.held if each is not first])


class GoesByTheClockForOrder(Adding):
    """ORDER BY added."""

    def after(self, place: _Place, capacity: int) -> None:  # noqa: ARG002  # of the base
        place.keep(sorted(place.held, key=attrgetter("added")))


class ReplacesEquals(Adding):
    """A unique index over label and payload."""

    def before(self, place: _Place, entry: IndexEntry, capacity: int) -> None:  # noqa: ARG002  # of the base
        place.keep([each for each in place.held if each.label != entry.label or each.payload != entry.payload] or place.held[:0])


class ReplacesThoseOfItsLabel(Adding):
    """The label is the primary key."""

    def before(self, place: _Place, entry: IndexEntry, capacity: int) -> None:  # noqa: ARG002  # of the base
        place.keep([each for each in place.held if not entry.label or each.label != entry.label])


class TakesTheNewDimension(Adding):
    """The model changed, so what was there is of no use."""

    def before(self, place: _Place, entry: IndexEntry, capacity: int) -> None:  # noqa: ARG002  # of the base
        place.keep([each for each in place.held if len(each.vector) == len(entry.vector)])


class IndexThatCutsPayloadsAtNul(Adding):
    """As a library in C has it."""

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        entry = attrs.evolve(entry, payload=bytes(entry.payload).split(b"\0")[0])
        super().add(scope, entry, ttl=ttl, capacity=capacity)


class KeepsTheCallersArray(MemorySimilarityIndex):
    """A copy costs time, and nobody changes an embedding."""

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        super().add(scope, entry, ttl=ttl, capacity=capacity)
        place = self._places[scope.digest]
        place.keep([*place.held[:-1], attrs.evolve(place.held[-1], vector=entry.vector)])


class CountsTheExpired(MemorySimilarityIndex):
    """They are removed by a job at night."""

    def _tidy(self, digest: bytes, now: float) -> None:
        pass


# Scopes.


class _Scoping(MemorySimilarityIndex):
    """A base for indexes that take some scopes for others."""

    def taken_for(self, scope: Scope) -> Scope:
        return scope

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        super().add(self.taken_for(scope), entry, ttl=ttl, capacity=capacity)

    def search(
        self, scope: Scope, vector: NDArray[np.float32] | None, *, label: bytes = b"", k: int, at_least: float
    ) -> Sequence[Match]:
        return super().search(self.taken_for(scope), vector, label=label, k=k, at_least=at_least)


class JoinsUrlAndModel(_Scoping):
    """f"{url}:{model}"."""

    def taken_for(self, scope: Scope) -> Scope:
        return Scope(scope.session, f"{scope.url}:{scope.model}", shared=scope.shared)


class IndexThatFoldsCase(_Scoping):
    """As a column with a collation that ignores case has it."""

    def taken_for(self, scope: Scope) -> Scope:
        return attrs.evolve(scope, url=scope.url.lower())


class CutsUrlsAtNul(_Scoping):
    """As a library in C has it."""

    def taken_for(self, scope: Scope) -> Scope:
        return attrs.evolve(scope, url=scope.url.split("\0")[0])


class IgnoresTheModel(_Scoping):
    """There is one model."""

    def taken_for(self, scope: Scope) -> Scope:
        return attrs.evolve(scope, model="")


class IgnoresTheTenant(_Scoping):
    """There is one tenant."""

    def taken_for(self, scope: Scope) -> Scope:
        return attrs.evolve(scope, session=SessionKey(scope.session.id))


class SharesWithoutBeingAsked(_Scoping):
    """The tenant's sessions ask the same things."""

    def taken_for(self, scope: Scope) -> Scope:
        return attrs.evolve(scope, shared=True)


class NeverShares(_Scoping):
    """The flag goes into the key like everything else, with the session."""

    def taken_for(self, scope: Scope) -> Scope:
        return attrs.evolve(scope, url=f"shared {scope.url}", shared=False) if scope.shared else scope


# Forgetting and counting.


class LeavesTheSharedPart(MemorySimilarityIndex):
    """DELETE of the session's own scopes."""

    def forget(self, session: SessionKey) -> int:
        kept = self._by_owner.pop(tenant_owner(session.tenant), set())
        removed = super().forget(session)
        self._by_owner[tenant_owner(session.tenant)] = kept
        return removed


class TakesWhatOthersShare(MemorySimilarityIndex):
    """The tenant's scopes are deleted as a whole."""

    def forget(self, session: SessionKey) -> int:
        mine = session_owner(session)
        for digest in self._by_owner.get(tenant_owner(session.tenant), ()):
            place = self._places[digest]
            place.keep([attrs.evolve(each, source=mine) for each in place.held])
        return super().forget(session)


class ForgetsByPrefix(MemorySimilarityIndex):
    """SCAN with the session's id and an asterisk."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.sessions: set[SessionKey] = set()

    def add(self, scope: Scope, entry: IndexEntry, *, ttl: float, capacity: int) -> None:
        self.sessions.add(scope.session)
        super().add(scope, entry, ttl=ttl, capacity=capacity)

    def forget(self, session: SessionKey) -> int:
        alike = {each for each in self.sessions if each.tenant == session.tenant and each.id.startswith(session.id)}
        return sum(super(ForgetsByPrefix, self).forget(each) for each in alike)


class LeavesTheExpired(MemorySimilarityIndex):
    """What is not found needs no removal."""

    def forget(self, session: SessionKey) -> int:
        now, mine = self._clock.now(), session_owner(session)
        left: dict[bytes, list[_Held]] = {
            digest: [each for each in place.held if each.source == mine and each.expires <= now]
            for digest, place in self._places.items()
        }
        owners = {digest: place.owner for digest, place in self._places.items()}
        removed = super().forget(session)
        for digest, held in left.items():
            if held:
                place = self._places.setdefault(digest, _Place(owners[digest]))
                self._by_owner.setdefault(owners[digest], set()).add(digest)
                place.keep([*held, *place.held])
        return removed


class CountsWhatItRemovedThatWasNotLive(MemorySimilarityIndex):
    """The number of rows that DELETE tells."""

    def forget(self, session: SessionKey) -> int:
        before = sum(len(place.held) for place in self._places.values())
        super().forget(session)
        return before - sum(len(place.held) for place in self._places.values())


class MeasuresWhatIsShared(MemorySimilarityIndex):
    """All that the session added."""

    def measure(self, session: SessionKey | None = None) -> CacheSize:
        if session is None:
            return super().measure()
        mine = session_owner(session)
        found = [each for place in self._places.values() for each in place.held if each.source == mine]
        return CacheSize(len(found), sum(400 + len(each.payload) for each in found))


class MeasuresTheExpired(MemorySimilarityIndex):
    """COUNT(*)."""

    def measure(self, session: SessionKey | None = None) -> CacheSize:
        size = super().measure(session)
        return size if session is not None else CacheSize(self._entries, size.size)


class IndexThatWorksOnWhenClosed(MemorySimilarityIndex):
    """There is nothing to give back."""

    def close(self) -> None:
        pass
