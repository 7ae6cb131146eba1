"""Hits of both kinds as findings, and findings as one ranking."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexHit, Neighbours
from lixcore.ports.ranking import Finding
from lixcore.services.searching.findings import RankedHit, findings_of, places_of, ranked

A, B = SessionKey("a"), SessionKey("b")


def hit(session: SessionKey, position: int, score: float) -> IndexHit:
    return IndexHit(session, Position(position), score, timestamp=float(position))


def beside(before: Sequence[int] = (), after: Sequence[int] = ()) -> Neighbours:
    return Neighbours([Position(at) for at in before], [Position(at) for at in after])


@attrs.define
class Summing:
    """A ranking that keeps what it was shown."""

    reach: int = 1
    shown: Sequence[Finding] = ()

    def rank(self, findings: Sequence[Finding], *, now: float) -> Sequence[float]:
        assert now == 9.0
        self.shown = findings
        return [(finding.text or 0.0) + (finding.vector or 0.0) for finding in findings]


def test_a_message_that_both_found_is_one_finding() -> None:
    text, vector = [hit(A, 1, 5.0), hit(B, 1, 4.0)], [hit(B, 1, 0.5), hit(A, 2, 0.25)]
    assert places_of(text, vector) == [(A, 1), (B, 1), (A, 2)]
    assert findings_of(text, vector, ()) == [
        Finding(5.0, None, 1.0, [], []),
        Finding(4.0, 0.5, 1.0, [], []),
        Finding(None, 0.25, 2.0, [], []),
    ]


def test_neighbours_are_told_by_index_and_those_that_were_not_found_come_last() -> None:
    text = [hit(A, 5, 1.0), hit(A, 6, 2.0), hit(B, 6, 3.0)]
    found = findings_of(text, [], [beside([4, 3], [6]), beside([5], [7]), beside([5])])
    assert [(each.before, each.after) for each in found[:3]] == [([3, 4], [1]), ([0], [5]), ([6], [])]
    assert list(found[3:]) == [Finding()] * 4


def test_of_two_hits_for_one_message_the_first_counts() -> None:
    found = findings_of([hit(A, 1, 5.0), hit(A, 1, 3.0)], [hit(A, 1, 0.5), hit(A, 1, 0.25)], ())
    assert [(each.text, each.vector) for each in found] == [(5.0, 0.5)]


def test_only_hits_are_ranked_and_the_best_come_first() -> None:
    policy = Summing()
    text, vector = [hit(A, 1, 5.0), hit(A, 3, 4.0)], [hit(A, 3, 2.0)]
    best = ranked(text, vector, [beside(after=[2]), beside([2])], policy=policy, now=9.0, k=9)
    assert best == [RankedHit(A, Position(3), 6.0, 3.0, 4.0, 2.0), RankedHit(A, Position(1), 5.0, 1.0, 5.0, None)]
    assert len(policy.shown) == 3
    assert ranked([], [], policy=policy, now=9.0, k=9) == ()


HITS = st.lists(
    st.builds(hit, st.sampled_from([A, B]), st.integers(1, 5), st.sampled_from([1.0, 2.0])),
    unique_by=lambda each: (each.session, each.position),
)


@given(HITS, HITS, st.integers(1, 12))
def test_equal_ones_are_in_the_order_of_searches(text: list[IndexHit], vector: list[IndexHit], k: int) -> None:
    """The higher position first, then the lower session id; and the first k are those of a longer list."""
    best = ranked(text, vector, policy=Summing(), now=9.0, k=k)
    every = ranked(text[::-1], vector[::-1], policy=Summing(), now=9.0, k=99)
    assert best == every[:k]
    keys = [(-each.score, -each.position, each.session.id) for each in every]
    assert keys == sorted(set(keys))
    assert {(each.session, each.position) for each in every} == {(each.session, each.position) for each in (*text, *vector)}


def test_an_order_by_chance_of_equal_findings_is_no_order() -> None:
    both = ranked([hit(B, 2, 1.0), hit(A, 2, 1.0), hit(A, 3, 1.0)], [], policy=Summing(), now=9.0, k=9)
    assert [(each.session, each.position) for each in both] == [(A, 3), (A, 2), (B, 2)]
