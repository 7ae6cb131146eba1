"""What searches by words and by meaning found, as one ranking: pure functions.

It is used in two steps, whoever searched::

    places = places_of(text, vector)                                # each hit once: ask the index for the neighbours of these
    best = ranked(text, vector, index.neighbours(places, reach=policy.reach), policy=policy, now=clock.now(), k=k)

Only hits are ranked. What merely stands next to one is shown to the policy, so that it sees who is next to whom, and is no
result: no filter was applied to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nsmallest
from itertools import repeat
from typing import Final, TypeAlias

import attrs

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexHit, Neighbours
from lixcore.ports.ranking import Finding, RankingPolicy

Place: TypeAlias = tuple[SessionKey, Position]

CANDIDATES: Final = 200
"""How many hits by words, and how many by meaning, are ranked together."""


@attrs.frozen
class RankedHit:
    """A message that was found, and why.

    Attributes:
        session: Whose.
        position: Its place in the session's order.
        score: What the ranking policy gave it; the higher the better.
        timestamp: When it was said, in seconds since the epoch.
        text_score: How well its words fit; None where it was not found by them.
        similarity: The cosine of its embedding and the query's; None where it was not found by that.
    """

    session: SessionKey
    position: Position
    score: float
    timestamp: float
    text_score: float | None
    similarity: float | None


def places_of(text: Sequence[IndexHit], vector: Sequence[IndexHit]) -> Sequence[Place]:
    """Where hits are, each place once, those by words first.

    Args:
        text: Hits by words. All hits are of one tenant; of two for one message, the first counts.
        vector: Hits by meaning, alike.
    """
    return [(hit.session, hit.position) for hit, _, _ in _merged(text, vector).values()]


def findings_of(text: Sequence[IndexHit], vector: Sequence[IndexHit], neighbours: Sequence[Neighbours]) -> Sequence[Finding]:
    """What a ranking policy is shown: first what `places_of` gives, in that order, then what only stands next to it.

    Args:
        text: As for `places_of`.
        vector: As for `places_of`.
        neighbours: What stands next to each of `places_of`; empty where the policy does not reach for neighbours.
    """
    return _findings(_merged(text, vector), neighbours)


def ranked(
    text: Sequence[IndexHit],
    vector: Sequence[IndexHit],
    neighbours: Sequence[Neighbours] = (),
    *,
    policy: RankingPolicy,
    now: float,
    k: int,
) -> Sequence[RankedHit]:
    """The best hits, best first; of equal ones the higher position first, then the lower session id, by code points.

    Args:
        text: As for `places_of`.
        vector: As for `places_of`.
        neighbours: As for `findings_of`.
        policy: Says what is better.
        now: Seconds since the epoch.
        k: How many at most.
    """
    merged = _merged(text, vector)
    if not merged:
        return ()
    scores = policy.rank(_findings(merged, neighbours), now=now)
    found = list(merged.values())
    best = nsmallest(k, range(len(found)), key=lambda at: (-scores[at], -found[at][0].position, found[at][0].session.id))
    return [
        RankedHit(hit.session, hit.position, scores[at], hit.timestamp, by_text, by_vector)
        for at in best
        for hit, by_text, by_vector in [found[at]]
    ]


# A session's id stands for it among those of one tenant: a text is compared in C, a key is not.
_Merged: TypeAlias = dict[tuple[str, Position], tuple[IndexHit, float | None, float | None]]


def _merged(text: Sequence[IndexHit], vector: Sequence[IndexHit]) -> _Merged:
    """Each message that was found once, with its scores by words and by meaning."""
    by_vector = {(hit.session.id, hit.position): hit for hit in reversed(vector)}
    merged: _Merged = {}
    for hit in text:
        place = (hit.session.id, hit.position)
        if place not in merged:
            other = by_vector.get(place)
            merged[place] = (hit, hit.score, None if other is None else other.score)
    for hit in vector:
        place = (hit.session.id, hit.position)
        if place not in merged:
            merged[place] = (hit, None, hit.score)
    return merged


def _findings(merged: _Merged, neighbours: Sequence[Neighbours]) -> Sequence[Finding]:
    at = dict(zip(merged, range(len(merged)), strict=True))
    found = []
    beside = neighbours or repeat(_NONE, len(merged))
    for (session, _), (hit, by_text, by_vector), next_to in zip(merged, merged.values(), beside, strict=True):
        before = [at.setdefault((session, position), len(at)) for position in next_to.before]
        after = [at.setdefault((session, position), len(at)) for position in next_to.after]
        found.append(Finding(by_text, by_vector, hit.timestamp, before, after))
    return found + [Finding()] * (len(at) - len(found))


_NONE: Final = Neighbours()
