"""What the archive index in memory keeps: messages as words, and embeddings as rows. Its users do the locking."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from lixcore.domain.position import ORIGIN, Position
from lixcore.domain.session import SessionKey
from lixcore.domain.similarity import Vectors
from lixcore.ports.archive_index import IndexedMessage, IndexFilter, IndexProgress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@attrs.frozen(eq=False)
class HeldMessage:
    """A message as it is kept; nothing of it is anybody else's to change. Of its text, only the words are."""

    position: Position
    timestamp: float
    role: str
    fields: Mapping[str, str]
    occurrences: Mapping[str, int]
    length: int
    embedding: NDArray[np.float32] | None

    @classmethod
    def made_of(cls, message: IndexedMessage, words: Sequence[str]) -> HeldMessage:
        """Keep what searches need of a message; these are the words of its text."""
        embedding = None if message.embedding is None else message.embedding.astype("float32")  # a copy
        fields = dict(message.fields)
        return cls(message.position, message.timestamp, message.role, fields, Counter(words), len(words), embedding)

    def fits(self, where: IndexFilter) -> bool:
        """Whether a filter, which fits its session, fits it as well."""
        return (
            (where.before is None or self.position < where.before)
            and (where.since is None or self.timestamp >= where.since)
            and (where.until is None or self.timestamp < where.until)
            and (where.roles is None or self.role in where.roles)
            and all(self.fields.get(name) == value for name, value in where.fields.items())
        )


@attrs.define(eq=False)
class IndexedSession:
    """A session. The key is kept only while there are messages: of one that was forgotten, no text remains."""

    session: SessionKey | None = None
    positions: list[Position] = attrs.Factory(list)
    messages: dict[Position, HeldMessage] = attrs.Factory(dict)
    postings: dict[str, dict[Position, int]] = attrs.Factory(dict)
    words: int = 0
    forgotten_through: Position = ORIGIN
    lacks: int = 0

    def wants(self, position: Position) -> bool:
        """Whether it neither holds nor forgot what stands at a position."""
        return position > self.forgotten_through and position not in self.messages

    def take(self, message: HeldMessage) -> None:
        """Hold one more."""
        insort(self.positions, message.position)
        self.messages[message.position] = message
        self.words += message.length
        for word, count in message.occurrences.items():
            self.postings.setdefault(word, {})[message.position] = count

    def forget(self, through: Position) -> int:
        """Drop those up to a position, and take none of them again."""
        if through > self.forgotten_through:
            self.forgotten_through, self.lacks = through, 0
        end = bisect_right(self.positions, through)
        for position in self.positions[:end]:
            message = self.messages.pop(position)
            self.words -= message.length
            for word in message.occurrences:
                del self.postings[word][position]
                if not self.postings[word]:
                    del self.postings[word]
        del self.positions[:end]
        return end

    def sharing(self, words: Collection[str]) -> list[tuple[HeldMessage, dict[str, int]]]:
        """The messages that have any of some words, with how often they have which."""
        shared: dict[Position, dict[str, int]] = {}
        for word in words:
            for position, count in self.postings.get(word, {}).items():
                shared.setdefault(position, {})[word] = count
        return [(self.messages[position], occurrences) for position, occurrences in shared.items()]

    @property
    def progress(self) -> IndexProgress:
        """How far it has come."""
        return IndexProgress(
            messages=len(self.positions),
            last_position=self.positions[-1] if self.positions else ORIGIN,
            forgotten_through=self.forgotten_through,
            lacks=self.lacks,
        )


class EmbeddingRows:
    """All embeddings of a tenant that have one dimension. It never changes, so that searching needs no lock."""

    def __init__(self, found: Iterable[tuple[SessionKey, HeldMessage, NDArray[np.float32]]]) -> None:
        import numpy as np

        # Of equally similar ones the higher row comes first.
        rows = sorted(found, key=lambda row: row[0].id, reverse=True)
        rows.sort(key=lambda row: row[1].position)
        self.messages = [(session, message) for session, message, _ in rows]
        self.vectors = Vectors(np.stack([embedding for _, _, embedding in rows]))

    def fitting(self, where: IndexFilter) -> NDArray[np.bool_]:
        """For each row, whether a filter fits it."""
        import numpy as np

        ids = where.sessions
        fits = ((ids is None or session.id in ids) and message.fits(where) for session, message in self.messages)
        return np.fromiter(fits, dtype=np.bool_, count=len(self.messages))
