"""Messages for an index, what a search gave in plain values, and an index that a rule is tried on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import ArchiveIndex, IndexBatch, IndexedMessage, IndexFilter, IndexHit, IndexProgress
from lixcore.testing.ground.clock import NOON
from lixcore.testing.ground.contract import Contract

if TYPE_CHECKING:
    from numpy.typing import NDArray

OpenIndex = Callable[[], ArchiveIndex]

ALL = 1_000_000
"""As ``k``: more than an index of the suite holds."""

ONE, TWO = SessionKey("one"), SessionKey("two")
OURS = IndexFilter(tenant=ONE.tenant)

RARE = "zanzibar"
"""A word that an index of any language keeps: it tells something, and no stemmer reduces it to another one's stem."""

FILLER = ("meadow", "lantern", "copper", "saddle", "orchid", "walnut", "pigeon", "velvet")


class IndexRules(Contract):
    """What the parts of the contract share: an empty index."""

    prefix = "archive-index"

    @pytest.fixture
    def open_index(self, open_adapter: Callable[[], Any]) -> OpenIndex:
        """Opens the same place again and again."""
        return open_adapter

    @pytest.fixture
    def index(self, open_index: OpenIndex) -> ArchiveIndex:
        """An index that holds nothing."""
        return open_index()


def floats(values: Sequence[float]) -> NDArray[np.float32]:
    """What an embedding is given as."""
    return np.array(values, dtype=np.float32)


def message(
    position: int,
    text: str = RARE,
    *,
    role: str = "user",
    at: float = NOON,
    vector: Sequence[float] | None = None,
    **fields: str,
) -> IndexedMessage:
    """A message; ``at`` is its timestamp."""
    embedding = None if vector is None else floats(vector)
    return IndexedMessage(position=Position(position), timestamp=at, role=role, text=text, fields=fields, embedding=embedding)


def numbered(count: int, *, first: int = 1) -> list[IndexedMessage]:
    """Messages at ``first`` and the positions after it, each with `RARE`, a vector, and a word of its own."""
    return [message(at, f"{RARE} {word(at)}", vector=[1.0, float(at)]) for at in range(first, first + count)]


def word(number: int) -> str:
    """A word of letters that no other number has, and no language."""
    return "qx" + "".join(chr(ord("a") + int(digit)) for digit in str(number)) + "xq"


def put(index: ArchiveIndex, session: SessionKey, *messages: IndexedMessage) -> int:
    """Add messages of one session."""
    return index.add([IndexBatch(session, messages)])


def progress(index: ArchiveIndex, session: SessionKey) -> IndexProgress:
    """How far an index has come with one session."""
    (found,) = index.progress([session])
    assert isinstance(found, IndexProgress)
    return found


def places(hits: Sequence[IndexHit]) -> list[tuple[SessionKey, int]]:
    """Who was found, best first; fails unless the scores are those of a ranking, and nothing comes twice."""
    scores = [hit.score for hit in hits]
    assert all(type(score) is float and math.isfinite(score) for score in scores)
    order = [(-hit.score, -hit.position, hit.session.id) for hit in hits]
    assert order == sorted(order), "best first; of equal ones the higher position, of equal positions the lower session id"
    found = [(hit.session, int(hit.position)) for hit in hits]
    assert len(set(found)) == len(found), "a message comes twice"
    return found


def by_text(index: ArchiveIndex, query: str = RARE, *, k: int = ALL, where: IndexFilter = OURS) -> list[tuple[SessionKey, int]]:
    """Who is found by words, best first."""
    hits = index.search_text(query, k=k, where=where)
    assert len(hits) <= k
    return places(hits)


def by_vector(
    index: ArchiveIndex, vector: Sequence[float] = (1.0, 0.0), *, k: int = ALL, where: IndexFilter = OURS
) -> list[tuple[SessionKey, int]]:
    """Who is found by meaning, best first."""
    hits = index.search_vector(floats(vector), k=k, where=where)
    assert len(hits) <= k
    return places(hits)


def positions(found: Sequence[tuple[SessionKey, int]], session: SessionKey = ONE) -> list[int]:
    """Where they stand, all in one session."""
    strangers = {each for each, _ in found} - {session}
    assert not strangers, f"these are not of the session {session!r}"
    return [position for _, position in found]
