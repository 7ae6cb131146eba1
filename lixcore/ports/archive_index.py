"""Finding messages in whole histories: by their words, by their meaning, or both, over one session or all of a tenant.

The archive is the truth, an index is made of it. The core catches an index up, one process at a time, and needs no more than
counts to do so rightly, also when the archive took entries far below those that are indexed (two hosts, an outage merged later):

1. It asks `ArchiveIndex.progress` first and the archive's `ArchiveInfo` afterwards, so that the index never seems to be ahead.
2. What the archive forgot, it forgets: ``forget(session, through=info.forgotten_through)`` where `IndexProgress` says less. It
   forgets nothing because the archive does not show it: a directory that is not mounted looks empty, too. An index that forgot
   more than the archive is that of another archive, such as one before a backup was restored: `ArchiveIndex.clear`, and again.
3. It reads the archive after `IndexProgress.watermark`, and adds what comes.
4. An index holds nothing that the archive does not, so that equal counts mean equal messages. Where ``messages + lacks`` is not
   the archive's count, something below the watermark is missing: the core reads the whole session and adds all of it.
   What is held is passed over. If the archive counts more than can be read (it is damaged there), the difference is noted
   as ``lacks``, so that the session is not read again before its count changes; unless `IndexProgress` shows, before or after
   noting it, that somebody was forgotten meanwhile: then the counts are of different moments, and it is left at 0.

A crash anywhere in between is made good by the next catch-up. Hits that the archive does not show are dropped by the core.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

import attrs

from lixcore.domain.position import ORIGIN, Position
from lixcore.domain.session import SessionKey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_QUERY_BYTES: Final = 16_384
"""How long the text of a search may be, in UTF-8. The core refuses longer ones."""


@attrs.frozen(eq=False, kw_only=True)
class IndexedMessage:
    """What an index is told of a message. At one position of a session it never changes.

    Attributes:
        position: Its place in the session's order.
        timestamp: When it was said, in seconds since the epoch; 0 or later.
        role: Who said it, such as ``user``.
        text: What can be searched by words: what was said, and whatever else the core wants it to be found by. May be empty.
        fields: The texts of its metadata that can be filtered by, by name: those at the top level, with truths as ``true`` and
            ``false`` and numbers as JSON writes them.
        embedding: float32 of shape (dimension,), finite, not all zeros; None where it has none. Dimensions may differ from one
            message to the next.
    """

    position: Position
    timestamp: float
    role: str
    text: str
    fields: Mapping[str, str] = attrs.Factory(dict)
    embedding: NDArray[np.float32] | None = None


@attrs.frozen(eq=False)
class IndexBatch:
    """What is added of one session.

    Attributes:
        session: Whose.
        messages: In ascending order of position; may be empty.
        lacks: What `IndexProgress.lacks` is from now on; None to leave it.
    """

    session: SessionKey
    messages: Sequence[IndexedMessage]
    lacks: int | None = None


@attrs.frozen(kw_only=True)
class IndexProgress:
    """How far an index has come with a session. One that it knows nothing of has the values that stand here.

    Attributes:
        messages: How many messages it holds.
        last_position: The highest position it holds; `ORIGIN` when it holds none.
        forgotten_through: The highest position that it was ever told to forget through; it takes nothing up to there.
        lacks: What the core noted last: how many more entries the archive counts than it holds once it was given all that can be
            read. Negative where the archive lost some. `ArchiveIndex.add` sets it; it is 0 again when more is forgotten, as what
            it counted may be gone.
    """

    messages: int = 0
    last_position: Position = ORIGIN
    forgotten_through: Position = ORIGIN
    lacks: int = 0

    @property
    def watermark(self) -> Position:
        """After this position, it holds nothing."""
        return max(self.last_position, self.forgotten_through)


@attrs.frozen(kw_only=True)
class IndexFilter:
    """Which messages a search is about: those for which all of this holds. An empty collection fits none.

    Attributes:
        tenant: Whose sessions; no search crosses tenants.
        sessions: Only these session ids; None for all of the tenant's.
        roles: Only these roles; None for any.
        since: Said at this time or later, in seconds since the epoch; None for no bound.
        until: Said before this time; None for no bound.
        fields: Only messages that have all of these fields, with these very values.
        before: Only positions below this one; None for no bound. It makes sense for one session only.
    """

    tenant: str
    sessions: Collection[str] | None = None
    roles: Collection[str] | None = None
    since: float | None = None
    until: float | None = None
    fields: Mapping[str, str] = attrs.Factory(dict)
    before: Position | None = None


@attrs.frozen
class IndexHit:
    """A message that was found.

    Attributes:
        session: Whose.
        position: Its place in the session's order.
        score: How well it fits, the higher the better; finite. Comparable only with other hits of the same search.
        timestamp: When it was said, as it was added.
    """

    session: SessionKey
    position: Position
    score: float
    timestamp: float


@attrs.frozen
class Neighbours:
    """What stands beside a message, of what the index holds of its session.

    Attributes:
        before: The positions before it, nearest first.
        after: The positions after it, nearest first.
    """

    before: Sequence[Position] = ()
    after: Sequence[Position] = ()


@attrs.frozen
class WordCounts:
    """What a text search scores messages by.

    Attributes:
        messages: How many messages are searched.
        words: How many words they have together.
        holding: How many of the messages hold each of the words that were asked for; 0 for one that none holds.
    """

    messages: int
    words: int
    holding: Mapping[str, int]


@attrs.frozen
class IndexSize:
    """How much an index holds.

    Attributes:
        messages: How many messages.
        sessions: Of how many sessions; those without a message do not count.
        embeddings: How many of the messages have an embedding.
        stored_bytes: What it takes on the medium, or in memory; None where it cannot tell.
    """

    messages: int
    sessions: int
    embeddings: int
    stored_bytes: int | None = None


class ArchiveIndex(Protocol):
    """Finds messages of what is archived. All that it holds can be made again from the archive: losing it loses nothing.

    Any number of threads and, where the store is shared, processes search at the same time; none of them waits for the one that
    adds. One process at a time adds, as a lease decides; but a lease can lapse while its holder is held up, so two that add at
    once are no error: one goes after the other, or gets a `StoreBusyError` and has changed nothing. Any process may forget at
    any time. What a call added or forgot before it returned, every search sees that begins afterwards, in whatever process.
    What is held is the same to a search however it came in: in one batch or many, in which order, and whatever was forgotten in
    between. Sessions and tenants are compared character by character. Nothing needs to survive the loss of power: what is missing
    then is found by the next catch-up.

    Every method raises `ClosedError` after `close`, `CorruptDataError` where what is stored is damaged or of a version that it
    does not know (the core then calls `clear` and begins anew), and another `StoreError` where the store cannot be used. An
    error is never an empty answer.
    """

    def add(self, batches: Sequence[IndexBatch]) -> int:
        """Take messages, of any number of sessions. Batches of one session are one batch.

        Those that it holds already are passed over, and so are those at or below ``forgotten_through``: who adds may have read
        them before somebody forgot them. Of two at one position the first is taken. Positions below the watermark are as good as
        others. Nothing is kept that a caller could still change. All of it is done or nothing: also after a crash in between, no
        search and no `progress` ever shows a part.

        Returns:
            How many messages it took.
        """
        ...

    def progress(self, sessions: Sequence[SessionKey]) -> Sequence[IndexProgress]:
        """How far it has come with each of some sessions, in the same order.

        It costs the same however long histories are, and for a thousand sessions hardly more than for one.
        """
        ...

    def search_text(self, query: str, *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        """The messages whose texts fit the words of a query best, best first.

        At equal scores the higher position comes first, and of equal positions the lower session id, by code points.
        Words are compared without regard to case, and to how Unicode writes the same character. A message is a hit if it shares a
        word with the query, else it is none. What a word is, and how messages are scored, is the index's business, within this:

        * Words that tell nothing, such as "the", may be passed over; a word is none of these merely because many messages have
          it. Words may be reduced to stems.
        * In scripts that put no spaces between words, a part of a sentence finds the message.
        * With one word as the query, a message that has it at least as often, among no more words, is not ranked below another.
        * Of messages of equal length, one that has all words of a query is not ranked below one that has some of them as often.
        * Scores depend on nothing but the messages of the sessions that are searched, whichever of them the rest of the filter
          leaves over. So a session is searched alike in whatever company, and no tenant learns a thing of others.

        Args:
            query: Any text of up to `MAX_QUERY_BYTES`; all of its words count, and no character is an operator. One without words
                finds nothing.
            k: How many hits at most, one or more.
            where: What is searched.
        """
        ...

    def search_vector(self, vector: NDArray[np.float32], *, k: int, where: IndexFilter) -> Sequence[IndexHit]:
        """The messages whose embeddings are most similar to a vector, best first; at equal scores as `search_text` says.

        The score is the cosine, -1 to 1, of exact search in float64 rounded to 12 decimals. Messages without an embedding, or
        with one of another dimension, are no hits.

        Args:
            vector: float32 of shape (dimension,), finite, not all zeros.
            k: How many hits at most, one or more.
            where: What is searched.
        """
        ...

    def neighbours(self, places: Sequence[tuple[SessionKey, Position]], *, reach: int) -> Sequence[Neighbours]:
        """What stands next to messages, in the order of ``places``; whoever said it, and whenever.

        Args:
            places: Sessions and positions, such as of hits. What the index does not hold there has neighbours all the same.
            reach: How many at most on either side, one or more.
        """
        ...

    def count_words(self, words: Sequence[str], *, where: IndexFilter) -> WordCounts:
        """What `search_text` would score by: the core scores what is not indexed yet alike.

        Args:
            words: As the analyzer gives them for a query; each once.
            where: Only its tenant and sessions matter, as for scores.
        """
        ...

    def forget(self, session: SessionKey, *, through: Position) -> int:
        """Remove what it holds of a session at or below ``through``, and never take one of them again until `clear`.

        It remembers the highest ``through`` of each session, also of one that it never held, but of none its text. One that is
        higher than the last sets `IndexProgress.lacks` to 0. What was removed is not to be found in its files or memory
        afterwards; an index that `lixcore.ports.archive_index_powers.Merges` may leave its files to that.

        Returns:
            How many messages it removed.
        """
        ...

    def clear(self) -> None:
        """Remove everything of all tenants, marks too, so that it can be made anew.

        It works on an index that is damaged or of another version as well: those are what it is for.
        """
        ...

    def measure(self) -> IndexSize:
        """How much it holds, of all tenants."""
        ...

    def close(self) -> None:
        """Give back what it uses. Idempotent."""
        ...
