"""What a search must find, worked out without production code: filters one by one, cosines by exact sums."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexedMessage, IndexFilter, IndexHit, Neighbours, WordCounts
from lixcore.testing.archive_index.messages import places

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DECIMALS = 12

Shelf = Mapping[SessionKey, Mapping[int, IndexedMessage]]
"""What an index should hold: messages by session and position."""


def fits(session: SessionKey, message: IndexedMessage, where: IndexFilter) -> bool:
    """Whether a search is about a message."""
    said = message.timestamp
    holds = [
        session.tenant == where.tenant,
        where.sessions is None or session.id in list(where.sessions),
        where.roles is None or message.role in list(where.roles),
        where.since is None or said >= where.since,
        where.until is None or said < where.until,
        where.before is None or message.position < where.before,
        *(name in message.fields and message.fields[name] == value for name, value in where.fields.items()),
    ]
    return all(holds)


def fitting(shelf: Shelf, where: IndexFilter) -> dict[tuple[SessionKey, int], IndexedMessage]:
    """The messages that a search is about."""
    return {
        (session, position): message
        for session, messages in shelf.items()
        for position, message in messages.items()
        if fits(session, message, where)
    }


def allowed_cosines(one: NDArray[np.float32], other: NDArray[np.float32]) -> tuple[float, float]:
    """The rounded cosine: one number, or two where the true one lies at the border of rounding.

    Products of two float32 are exact in float64, and `math.fsum` rounds once.
    """
    a, b = one.tolist(), other.tolist()
    dot = math.fsum(x * y for x, y in zip(a, b, strict=True))
    norms = math.sqrt(math.fsum(x * x for x in a)), math.sqrt(math.fsum(y * y for y in b))
    true, doubt = dot / norms[0] / norms[1], 1e-15 * math.sqrt(len(a))
    low, high = (round(max(-1.0, min(1.0, true + change)), DECIMALS) for change in (-doubt, doubt))
    return low, high


def check_nearest(hits: Sequence[IndexHit], shelf: Shelf, query: NDArray[np.float32], *, k: int, where: IndexFilter) -> None:
    """Fail unless a search by vector is right: every score, the order, and that nothing better was left out."""
    right = {
        place: allowed_cosines(message.embedding, query)
        for place, message in fitting(shelf, where).items()
        if message.embedding is not None and len(message.embedding) == len(query)
    }
    found = places(hits)
    assert len(found) == min(k, len(right))
    for hit, place in zip(hits, found, strict=True):
        assert place in right, f"{place} is none of those that were asked for"
        low, high = right[place]
        assert low <= hit.score <= high, f"{place} has the score {hit.score!r}, not {low!r}"
        check_time(hit, shelf)
    if found and len(right) > k:
        last = hits[-1]
        for place in right.keys() - set(found):
            low, high = right[place]
            assert low <= last.score, f"{place} is better than the last one that was found"
            if low == high == last.score:
                (session, position), order = place, (-last.position, last.session.id)
                assert (-position, session.id) > order, f"{place} is as good as the last one that was found, and comes first"


def check_time(hit: IndexHit, shelf: Shelf) -> None:
    """Fail unless a hit says when the message was said."""
    said = shelf[hit.session][hit.position].timestamp
    assert hit.timestamp == said, f"{hit.session!r} at {hit.position} was said at {said!r}, not {hit.timestamp!r}"


def beside(shelf: Shelf, session: SessionKey, position: int, reach: int) -> Neighbours:
    """What stands next to a place: of all positions, the nearest on either side."""
    held = shelf.get(session, {})
    below = sorted((at for at in held if at < position), key=lambda at: position - at)
    above = sorted((at for at in held if at > position), key=lambda at: at - position)
    return Neighbours([Position(at) for at in below[:reach]], [Position(at) for at in above[:reach]])


def as_lists(neighbours: Sequence[Neighbours]) -> list[tuple[list[int], list[int]]]:
    """Neighbours as plain values, which compare whatever kind of sequence they come in."""
    return [([int(at) for at in each.before], [int(at) for at in each.after]) for each in neighbours]


def counted(shelf: Shelf, words: Sequence[str], where: IndexFilter) -> WordCounts:
    """What a search by words counts, of messages whose words have spaces between them and nothing else."""
    searched = fitting(shelf, IndexFilter(tenant=where.tenant, sessions=where.sessions)).values()
    texts = [message.text.split() for message in searched]
    return WordCounts(len(texts), sum(map(len, texts)), {word: sum(word in text for text in texts) for word in words})
