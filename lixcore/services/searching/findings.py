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
    """Where hits are, each place once, those by words first."""
    return list(dict.fromkeys((hit.session, hit.position) for hits in (text, vector) for hit in hits))


def findings_of(text: Sequence[IndexHit], vector: Sequence[IndexHit], neighbours: Sequence[Neighbours]) -> Sequence[Finding]:
    """What a ranking policy is shown: first what `places_of` gives, in that order, then what only stands next to it.

    Args:
        text: Hits by words; of two for one message, the first counts.
        vector: Hits by meaning, alike.
        neighbours: What stands next to each of `places_of`; empty where the policy does not reach for neighbours.
    """
    places = places_of(text, vector)
    at = {place: index for index, place in enumerate(places)}
    beside = neighbours or [Neighbours()] * len(places)
    for (session, _), next_to in zip(places, beside, strict=True):
        for position in (*next_to.before, *next_to.after):
            at.setdefault((session, position), len(at))
    by_text, by_vector = _scores(text), _scores(vector)
    said = {(hit.session, hit.position): hit.timestamp for hit in (*vector, *text)}
    found = [
        Finding(
            text=by_text.get(place),
            vector=by_vector.get(place),
            timestamp=said[place],
            before=[at[place[0], position] for position in next_to.before],
            after=[at[place[0], position] for position in next_to.after],
        )
        for place, next_to in zip(places, beside, strict=True)
    ]
    return found + [Finding()] * (len(at) - len(found))


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
        text: As for `findings_of`.
        vector: As for `findings_of`.
        neighbours: As for `findings_of`.
        policy: Says what is better.
        now: Seconds since the epoch.
        k: How many at most.
    """
    places = places_of(text, vector)
    if not places:
        return ()
    findings = findings_of(text, vector, neighbours)
    scores = policy.rank(findings, now=now)
    best = nsmallest(k, range(len(places)), key=lambda at: (-scores[at], -places[at][1], places[at][0].id))
    return [
        RankedHit(*places[at], scores[at], findings[at].timestamp or 0.0, findings[at].text, findings[at].vector) for at in best
    ]


def _scores(hits: Sequence[IndexHit]) -> dict[Place, float]:
    return {(hit.session, hit.position): hit.score for hit in reversed(hits)}
