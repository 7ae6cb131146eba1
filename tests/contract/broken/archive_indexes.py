"""Archive indexes that are wrong in what they take, forget and filter by. Each stands beside the rules that must catch it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from broken import archive_index_files as files
from broken import archive_index_rankings as rankings
from lixcore.domain.position import ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexBatch, IndexFilter, IndexHit, IndexProgress, IndexSize
from lixcore_memory import MemoryArchiveIndex
from lixcore_memory.indexed_session import IndexedSession

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# What is taken.


class StopsAtTheWatermark(MemoryArchiveIndex):
    """It takes for old whatever is below what it holds."""

    def add(self, batches: Sequence[IndexBatch]) -> int:
        fresh = []
        for batch in batches:
            mark = self.progress([batch.session])[0].watermark
            fresh.append(attrs.evolve(batch, messages=[each for each in list(batch.messages) if each.position > mark]))
        return super().add(fresh)


class WritesOver(MemoryArchiveIndex):
    """The last word counts, as in a table with a primary key."""

    def add(self, batches: Sequence[IndexBatch]) -> int:
        for batch in batches:
            held = self._histories.get(batch.session.digest)
            if held is not None:
                keep = {each.position for each in list(batch.messages)}
                for position in keep & held.messages.keys():
                    one = held.messages.pop(position)
                    held.positions.remove(position)
                    held.words -= one.length
                    for word in one.occurrences:
                        del held.postings[word][position]
        return super().add(batches)


class CountsWhatItWasGiven(MemoryArchiveIndex):
    """It says how many it was given, not how many it took."""

    def add(self, batches: Sequence[IndexBatch]) -> int:
        super().add(batches)
        return sum(len(batch.messages) for batch in batches)


class TakesOneBatchAfterTheOther(MemoryArchiveIndex):
    """A transaction for each session."""

    def add(self, batches: Sequence[IndexBatch]) -> int:
        return sum(super(TakesOneBatchAfterTheOther, self).add([batch]) for batch in batches)


class LeavesOutWhatHasNoWords(MemoryArchiveIndex):
    """What cannot be found by words need not be kept."""

    def add(self, batches: Sequence[IndexBatch]) -> int:
        return super().add(
            [
                attrs.evolve(batch, messages=[each for each in list(batch.messages) if each.text.strip(" \n\0")])
                for batch in batches
            ]
        )


class FitsOneDimension(MemoryArchiveIndex):
    """A column ``FLOAT[n]``."""

    dimension: int | None = None

    def add(self, batches: Sequence[IndexBatch]) -> int:
        for batch in batches:
            for message in list(batch.messages):
                if message.embedding is not None:
                    self.dimension = self.dimension or len(message.embedding)
                    if len(message.embedding) != self.dimension:
                        raise ValueError(len(message.embedding))
        return super().add(batches)


class KeepsTheCallersArray(MemoryArchiveIndex):
    """Copying takes time."""

    def add(self, batches: Sequence[IndexBatch]) -> int:
        taken = super().add(batches)
        for batch in batches:
            held = self._histories.get(batch.session.digest, IndexedSession())
            for message in batch.messages:
                if message.position in held.messages:
                    held.messages[message.position] = attrs.evolve(held.messages[message.position], embedding=message.embedding)
        return taken


class AnswersInAnOrderOfItsOwn(MemoryArchiveIndex):
    """``select … where session in (…)`` gives rows in any order, and each once."""

    def progress(self, sessions: Sequence[SessionKey]) -> Sequence[IndexProgress]:
        return super().progress(sorted(set(sessions), key=lambda session: session.digest))


# What is forgotten.


class TakesTheForgottenAgain(MemoryArchiveIndex):
    """It removes, and remembers nothing."""

    def forget(self, session: SessionKey, *, through: Position) -> int:
        removed = super().forget(session, through=through)
        self._made(session).forgotten_through = ORIGIN
        return removed


class ForgetsLessAgain(MemoryArchiveIndex):
    """The last mark counts, not the highest."""

    def forget(self, session: SessionKey, *, through: Position) -> int:
        removed = super().forget(session, through=through)
        self._made(session).forgotten_through = through
        return removed


class ForgetsOnlyWhatItHolds(MemoryArchiveIndex):
    """Nothing is there, so there is nothing to do."""

    def forget(self, session: SessionKey, *, through: Position) -> int:
        return super().forget(session, through=through) if self.progress([session])[0].messages else 0


class ForgetsWholeSessions(MemoryArchiveIndex):
    """It does not look at ``through``."""

    def forget(self, session: SessionKey, *, through: Position) -> int:
        removed = super().forget(session, through=max(through, self.progress([session])[0].last_position))
        self._made(session).forgotten_through = through
        return removed


class LeavesTheEmbeddings(MemoryArchiveIndex):
    """They are in another table."""

    def forget(self, session: SessionKey, *, through: Position) -> int:
        rows = dict(self._rows_of(session.tenant))
        removed = super().forget(session, through=through)
        self._rows[session.tenant] = rows
        return removed


class KeepsItsMarksWhenCleared(MemoryArchiveIndex):
    """``delete from messages``, and not from the table of marks."""

    def clear(self) -> None:
        marks = {digest: each.forgotten_through for digest, each in self._histories.items()}
        super().clear()
        self._histories = {digest: IndexedSession(forgotten_through=mark) for digest, mark in marks.items()}


class CountsTheForgotten(MemoryArchiveIndex):
    """Scores go by statistics that nobody corrects: those of segments, as long as these are not merged."""

    def forget(self, session: SessionKey, *, through: Position) -> int:
        held = self._made(session)
        words = held.words
        removed = super().forget(session, through=through)
        held.words = words
        return removed


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


# How it ends.


class FindsNothingWhenClosed(MemoryArchiveIndex):
    """Everything was dropped, and that is what it searches."""

    def _check_open(self) -> None:
        pass


class CountsSessionsWithoutMessages(MemoryArchiveIndex):
    """A row of marks is a session to it."""

    def measure(self) -> IndexSize:
        return attrs.evolve(super().measure(), sessions=len(self._histories))


class ForgetsWhatItLacks(MemoryArchiveIndex):
    """Each add begins with a new row of marks."""

    def add(self, batches: Sequence[IndexBatch]) -> int:
        return super().add([attrs.evolve(batch, lacks=batch.lacks or 0) for batch in batches])


CASES: list[tuple[Any, Sequence[str]]] = [
    (StopsAtTheWatermark, ["what-comes-late-is-taken-and-counted"]),
    (WritesOver, ["adding-again-changes-nothing"]),
    (CountsWhatItWasGiven, ["adding-again-changes-nothing"]),
    (TakesOneBatchAfterTheOther, ["of-a-batch-that-fails-nothing-is-taken"]),
    (LeavesOutWhatHasNoWords, ["texts-may-be-empty-or-huge"]),
    (FitsOneDimension, ["dimensions-may-differ"]),
    (KeepsTheCallersArray, ["what-was-given-may-be-changed-afterwards"]),
    (AnswersInAnOrderOfItsOwn, ["progress-of-many-comes-in-the-order-asked-for"]),
    (TakesTheForgottenAgain, ["what-was-forgotten-is-never-taken-again"]),
    (ForgetsLessAgain, ["what-was-forgotten-is-never-taken-again"]),
    (ForgetsOnlyWhatItHolds, ["what-it-never-held-can-be-forgotten-too"]),
    (ForgetsWholeSessions, ["forget-removes-up-to-a-position-and-nothing-else"]),
    (LeavesTheEmbeddings, ["forget-removes-up-to-a-position-and-nothing-else"]),
    (KeepsItsMarksWhenCleared, ["clear-removes-everything-and-marks-too"]),
    (CountsTheForgotten, ["what-is-found-does-not-depend-on-how-it-came-in"]),
    (ClosesTheRange, ["times-are-half-open"]),
    (TakesEmptyForNone, ["an-empty-collection-fits-nothing"]),
    (TakesZeroForNone, ["times-are-half-open", "before-leaves-out-the-position-itself"]),
    (RepeatsTheFirstRecentTurn, ["before-leaves-out-the-position-itself"]),
    (FoldsIds, ["sessions-that-look-alike-never-meet"]),
    (CutsIdsAtNul, ["sessions-that-look-alike-never-meet"]),
    (IgnoresTenants, ["no-search-crosses-tenants"]),
    (FindsPartsOfFields, ["fields-are-compared-as-they-are"]),
    (FiltersTheBestFew, ["filters-come-before-the-choice-of-the-best"]),
    (FindsNothingWhenClosed, ["a-closed-index-says-so"]),
    (CountsSessionsWithoutMessages, ["a-session-that-was-forgotten-wholly-goes-on"]),
    (ForgetsWhatItLacks, ["what-it-lacks-is-what-was-noted-last"]),
    *rankings.CASES,
    *files.CASES,
]
"""Wrong adapters, each with the names of the rules that must catch it, without the contract's prefix."""
