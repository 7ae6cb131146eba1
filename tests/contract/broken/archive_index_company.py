"""Archive indexes that are wrong in what stands beside a message, what they count, and when it was said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexBatch, IndexFilter, IndexHit, Neighbours, WordCounts
from lixcore_memory import MemoryArchiveIndex

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Beside a message.


class TellsTheOldestFirst(MemoryArchiveIndex):
    """In the order of the conversation, on both sides."""

    def neighbours(self, places: Sequence[tuple[SessionKey, Position]], *, reach: int) -> Sequence[Neighbours]:
        found = super().neighbours(places, reach=reach)
        return [Neighbours(list(reversed(each.before)), each.after) for each in found]


class TakesTheNextPositions(MemoryArchiveIndex):
    """``position between ? - reach and ? + reach``: positions are taken for numbers in a row."""

    def neighbours(self, places: Sequence[tuple[SessionKey, Position]], *, reach: int) -> Sequence[Neighbours]:
        return [
            Neighbours([at for at in each.before if at >= place - reach], [at for at in each.after if at <= place + reach])
            for (_, place), each in zip(places, super().neighbours(places, reach=reach), strict=True)
        ]


class KnowsNeighboursOfHitsOnly(MemoryArchiveIndex):
    """It looks the message up, and then to either side."""

    def neighbours(self, places: Sequence[tuple[SessionKey, Position]], *, reach: int) -> Sequence[Neighbours]:
        found = super().neighbours(places, reach=reach)
        held = [position in self._known(session).messages for session, position in places]
        return [each if is_held else Neighbours() for each, is_held in zip(found, held, strict=True)]


class IsItsOwnNeighbour(MemoryArchiveIndex):
    """``position >= ?``."""

    def neighbours(self, places: Sequence[tuple[SessionKey, Position]], *, reach: int) -> Sequence[Neighbours]:
        found = []
        for (session, place), each in zip(places, super().neighbours(places, reach=reach), strict=True):
            own = [place] if place in self._known(session).messages else []
            found.append(Neighbours(each.before, [*own, *each.after][:reach]))
        return found


class LooksAroundEachSessionOnce(MemoryArchiveIndex):
    """A dict by session: of two places in one, the last one counts."""

    def neighbours(self, places: Sequence[tuple[SessionKey, Position]], *, reach: int) -> Sequence[Neighbours]:
        last = dict(places)
        return super().neighbours([(session, last[session]) for session, _ in places], reach=reach)


class PassesOverTheSilent(MemoryArchiveIndex):
    """Neighbours come from the table of words."""

    def neighbours(self, places: Sequence[tuple[SessionKey, Position]], *, reach: int) -> Sequence[Neighbours]:
        wide = super().neighbours(places, reach=1_000_000)
        return [
            Neighbours(self._speaking(session, each.before)[:reach], self._speaking(session, each.after)[:reach])
            for (session, _), each in zip(places, wide, strict=True)
        ]

    def _speaking(self, session: SessionKey, positions: Sequence[Position]) -> list[Position]:
        return [at for at in positions if self._known(session).messages[at].length]


class MixesNeighboursOfTenants(MemoryArchiveIndex):
    """Sessions are looked up by their ids."""

    def neighbours(self, places: Sequence[tuple[SessionKey, Position]], *, reach: int) -> Sequence[Neighbours]:
        found = []
        for session, place in places:
            alike = [each for each in self._histories.values() if each.session is not None and each.session.id == session.id]
            held = sorted({at for each in alike for at in each.positions})
            before = [at for at in reversed(held) if at < place][:reach]
            found.append(Neighbours(before, [at for at in held if at > place][:reach]))
        return found


# What is counted.


class CountsOccurrences(MemoryArchiveIndex):
    """It counts how often a word is said, not by how many messages."""

    def count_words(self, words: Sequence[str], *, where: IndexFilter) -> WordCounts:
        searched = [each for _, each in self._searched(where)]
        holding = {word: sum(sum(each.postings.get(word, {}).values()) for each in searched) for word in words}
        return attrs.evolve(super().count_words(words, where=where), holding=holding)


class LeavesOutWhatNoneHolds(MemoryArchiveIndex):
    """``group by word`` has no row for it."""

    def count_words(self, words: Sequence[str], *, where: IndexFilter) -> WordCounts:
        found = super().count_words(words, where=where)
        return attrs.evolve(found, holding={word: count for word, count in found.holding.items() if count})


class CountsMessagesWithWordsOnly(MemoryArchiveIndex):
    """It counts the messages in the table of words."""

    def count_words(self, words: Sequence[str], *, where: IndexFilter) -> WordCounts:
        found = super().count_words(words, where=where)
        silent = sum(not held.length for _, each in self._searched(where) for held in each.messages.values())
        return attrs.evolve(found, messages=found.messages - silent)


class CountsBehindTheFilter(MemoryArchiveIndex):
    """It counts what the whole filter leaves over."""

    def count_words(self, words: Sequence[str], *, where: IndexFilter) -> WordCounts:
        held = [one for _, each in self._searched(where) for one in each.messages.values() if one.fits(where)]
        return WordCounts(
            len(held), sum(one.length for one in held), {word: sum(word in one.occurrences for one in held) for word in words}
        )


class CountsTheWholeTenant(MemoryArchiveIndex):
    """One table of statistics for each tenant."""

    def count_words(self, words: Sequence[str], *, where: IndexFilter) -> WordCounts:
        return super().count_words(words, where=attrs.evolve(where, sessions=None))


class CountsRepeatedMessages(MemoryArchiveIndex):
    """The totals are summed up when messages come in, before it is seen which are held already."""

    extra = 0

    def add(self, batches: Sequence[IndexBatch]) -> int:
        taken = super().add(batches)
        self.extra += sum(len(batch.messages) for batch in batches) - taken
        return taken

    def clear(self) -> None:
        super().clear()
        self.extra = 0

    def count_words(self, words: Sequence[str], *, where: IndexFilter) -> WordCounts:
        found = super().count_words(words, where=where)
        return attrs.evolve(found, messages=found.messages + self.extra)


# When it was said.


class TellsTimesInSeconds(MemoryArchiveIndex):
    """A column of whole seconds."""

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        return [attrs.evolve(hit, timestamp=float(int(hit.timestamp))) for hit in super().search_text(query, k=k, where=where)]


class TellsNoTimesByMeaning(MemoryArchiveIndex):
    """The table of embeddings does not have it."""

    def search_vector(self, vector: NDArray[np.float32], *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        return [attrs.evolve(hit, timestamp=0.0) for hit in super().search_vector(vector, k=k, where=where)]


CASES: list[tuple[Any, Sequence[str]]] = [
    (TellsTheOldestFirst, ["neighbours-are-the-nearest-on-either-side"]),
    (TakesTheNextPositions, ["neighbours-are-the-nearest-on-either-side"]),
    (KnowsNeighboursOfHitsOnly, ["what-is-not-held-has-neighbours-all-the-same"]),
    (IsItsOwnNeighbour, ["neighbours-are-the-nearest-on-either-side"]),
    (LooksAroundEachSessionOnce, ["neighbours-come-in-the-order-asked-for"]),
    (PassesOverTheSilent, ["neighbours-are-of-whatever-kind"]),
    (MixesNeighboursOfTenants, ["neighbours-are-of-the-same-session[one11-other11]"]),
    (CountsOccurrences, ["messages-words-and-holders-are-counted"]),
    (LeavesOutWhatNoneHolds, ["a-word-that-none-holds-counts-zero"]),
    (CountsMessagesWithWordsOnly, ["messages-without-words-are-counted"]),
    (CountsBehindTheFilter, ["only-tenant-and-sessions-matter"]),
    (CountsTheWholeTenant, ["only-tenant-and-sessions-matter"]),
    (CountsRepeatedMessages, ["counts-are-those-of-what-is-held"]),
    (TellsTimesInSeconds, ["a-hit-tells-when-it-was-said"]),
    (TellsNoTimesByMeaning, ["a-hit-tells-when-it-was-said"]),
]
