"""Archive indexes that are wrong in whose messages they find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexBatch, IndexFilter, IndexHit, IndexProgress
from lixcore_memory import MemoryArchiveIndex
from lixcore_memory.indexed_session import IndexedSession

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Whose it is, and what a search is about.


class _Rewritten(MemoryArchiveIndex):
    """An index that searches with another filter than it was given."""

    def rewritten(self, where: IndexFilter) -> IndexFilter:
        return where

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        return super().search_text(query, k=k, where=self.rewritten(where))

    def search_vector(self, vector: NDArray[np.float32], *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        return super().search_vector(vector, k=k, where=self.rewritten(where))


class ClosesTheRange(_Rewritten):
    """``between since and until``."""

    def rewritten(self, where: IndexFilter) -> IndexFilter:
        return where if where.until is None else attrs.evolve(where, until=where.until + 1e-6)


class TakesEmptyForNone(_Rewritten):
    """``if where.sessions:``."""

    def rewritten(self, where: IndexFilter) -> IndexFilter:
        return attrs.evolve(where, sessions=where.sessions or None, roles=where.roles or None)


class TakesZeroForNone(_Rewritten):
    """``if where.until:``, ``if where.before:``."""

    def rewritten(self, where: IndexFilter) -> IndexFilter:
        return attrs.evolve(where, until=where.until or None, before=where.before or None)


class RepeatsTheFirstRecentTurn(_Rewritten):
    """``position <= before``."""

    def rewritten(self, where: IndexFilter) -> IndexFilter:
        return where if where.before is None else attrs.evolve(where, before=Position(where.before + 1))


class _Folded(MemoryArchiveIndex):
    """An index that knows sessions by something else than their keys."""

    def known_as(self, session: SessionKey) -> SessionKey:
        return session

    def add(self, batches: Sequence[IndexBatch]) -> int:
        return super().add([attrs.evolve(batch, session=self.known_as(batch.session)) for batch in batches])

    def progress(self, sessions: Sequence[SessionKey]) -> Sequence[IndexProgress]:
        return super().progress([self.known_as(session) for session in sessions])

    def forget(self, session: SessionKey, *, through: Position) -> int:
        return super().forget(self.known_as(session), through=through)

    def _searched(self, where: IndexFilter) -> list[tuple[SessionKey, IndexedSession]]:
        asked = (
            None if where.sessions is None else {self.known_as(SessionKey(id_, where.tenant)).id for id_ in where.sessions if id_}
        )
        return super()._searched(attrs.evolve(where, sessions=asked, tenant=self.known_as(SessionKey("x", where.tenant)).tenant))


class FoldsIds(_Folded):
    """A collation that does not regard case."""

    def known_as(self, session: SessionKey) -> SessionKey:
        return SessionKey(session.id.lower(), session.tenant)


class CutsIdsAtNul(_Folded):
    """C strings."""

    def known_as(self, session: SessionKey) -> SessionKey:
        return SessionKey(session.id.split("\0")[0] or "\0", session.tenant)


class IgnoresTenants(_Folded):
    """Session ids are unique anyhow."""

    def known_as(self, session: SessionKey) -> SessionKey:
        return SessionKey(session.id)


class FindsPartsOfFields(MemoryArchiveIndex):
    """``like '%' || ? || '%'``."""

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        hits = super().search_text(query, k=1_000_000, where=attrs.evolve(where, fields={}))
        return [hit for hit in hits if self._has_parts(hit, where)][:k]

    def _has_parts(self, hit: IndexHit, where: IndexFilter) -> bool:
        fields = self._histories[hit.session.digest].messages[hit.position].fields
        return all(value in fields.get(name, "\0missing") for name, value in where.fields.items())


class FiltersTheBestFew(MemoryArchiveIndex):
    """It looks for the nearest first, and leaves out afterwards what was not asked for."""

    def search_vector(self, vector: NDArray[np.float32], *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        best = super().search_vector(vector, k=k, where=IndexFilter(tenant=where.tenant))
        asked = {(hit.session, hit.position) for hit in super().search_vector(vector, k=1_000_000, where=where)}
        return [hit for hit in best if (hit.session, hit.position) in asked]


CASES: list[tuple[Any, Sequence[str]]] = [
    (ClosesTheRange, ["times-are-half-open"]),
    (TakesEmptyForNone, ["an-empty-collection-fits-nothing"]),
    (TakesZeroForNone, ["times-are-half-open", "before-leaves-out-the-position-itself"]),
    (RepeatsTheFirstRecentTurn, ["before-leaves-out-the-position-itself"]),
    (FoldsIds, ["sessions-that-look-alike-never-meet[one0-other0]"]),
    (CutsIdsAtNul, ["sessions-that-look-alike-never-meet[one2-other2]"]),
    (IgnoresTenants, ["no-search-crosses-tenants"]),
    (FindsPartsOfFields, ["fields-are-compared-as-they-are"]),
    (FiltersTheBestFew, ["filters-come-before-the-choice-of-the-best"]),
]
