"""Archive indexes that are wrong in what they take, what they forget, and what they say of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from lixcore.domain.position import ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexBatch, IndexProgress, IndexSize
from lixcore_memory import MemoryArchiveIndex
from lixcore_memory.indexed_session import IndexedSession

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


class CopiesNothing(MemoryArchiveIndex):
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


class StillLacksTheForgotten(MemoryArchiveIndex):
    """Nobody told it that what could not be read may be forgotten by now."""

    def forget(self, session: SessionKey, *, through: Position) -> int:
        lacks = self.progress([session])[0].lacks
        removed = super().forget(session, through=through)
        self.add([IndexBatch(session, [], lacks=lacks)])
        return removed


CASES: list[tuple[Any, Sequence[str]]] = [
    (StopsAtTheWatermark, ["what-comes-late-is-taken-and-counted"]),
    (WritesOver, ["adding-again-changes-nothing"]),
    (CountsWhatItWasGiven, ["adding-again-changes-nothing"]),
    (TakesOneBatchAfterTheOther, ["of-a-batch-that-fails-nothing-is-taken"]),
    (LeavesOutWhatHasNoWords, ["texts-may-be-empty-or-huge"]),
    (FitsOneDimension, ["dimensions-may-differ"]),
    (CopiesNothing, ["what-was-given-may-be-changed-afterwards"]),
    (AnswersInAnOrderOfItsOwn, ["progress-of-many-comes-in-the-order-asked-for"]),
    (TakesTheForgottenAgain, ["what-was-forgotten-is-never-taken-again"]),
    (ForgetsLessAgain, ["what-was-forgotten-is-never-taken-again"]),
    (ForgetsOnlyWhatItHolds, ["what-it-never-held-can-be-forgotten-too"]),
    (ForgetsWholeSessions, ["forget-removes-up-to-a-position-and-nothing-else"]),
    (LeavesTheEmbeddings, ["forget-removes-up-to-a-position-and-nothing-else"]),
    (KeepsItsMarksWhenCleared, ["clear-removes-everything-and-marks-too"]),
    (CountsTheForgotten, ["what-is-found-does-not-depend-on-how-it-came-in"]),
    (FindsNothingWhenClosed, ["a-closed-index-says-so[search_text]"]),
    (CountsSessionsWithoutMessages, ["a-session-that-was-forgotten-wholly-goes-on"]),
    (ForgetsWhatItLacks, ["what-it-lacks-is-what-was-noted-last"]),
    (StillLacksTheForgotten, ["forgetting-more-ends-what-it-lacks"]),
]
