"""The ranking ``hybrid``: what must hold whatever its weights are, and what each weight is for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore import CacheConfig
from lixcore.bootstrap import Opener
from lixcore.ports.ranking import Finding, RankingPolicy
from lixcore.registry import Group
from lixcore_policies import HybridRanking

NOW = 1_000_000.0
DAY = 86_400.0

ALONE = st.builds(
    Finding,
    text=st.none() | st.floats(0, exclude_min=True, allow_infinity=False),
    vector=st.none() | st.floats(-1, 1),
    timestamp=st.none() | st.floats(0, 2 * NOW),
)
ALL_OPTIONS = st.builds(
    HybridRanking.Options,
    text_weight=st.floats(0, 100),
    vector_weight=st.floats(0, 100),
    neighbour_weight=st.floats(0, 1),
    reach=st.integers(0, 5),
    half_life_days=st.sampled_from([0.0, 0.001, 30.0, 36_500.0]),
    recency_weight=st.floats(0, 100),
)


@st.composite
def conversations(draw: st.DrawFn) -> list[Finding]:
    """Findings of one session, each next to those beside it."""
    alone = draw(st.lists(ALONE, max_size=8))
    reach = draw(st.integers(0, 5))
    return [
        attrs.evolve(each, before=range(at)[::-1][:reach], after=range(at + 1, len(alone))[:reach])
        for at, each in enumerate(alone)
    ]


def configured(**settings: Any) -> RankingPolicy:
    config = CacheConfig(hot_store="memory", cold_archive="memory", **settings)
    found: RankingPolicy = Opener(config).open(Group.RANKING_POLICY, config.ranking_policy)
    return found


def order(findings: Sequence[Finding], **settings: Any) -> list[int]:
    """The findings as they are ranked, best first."""
    scores = configured(**settings).rank(findings, now=NOW)
    return sorted(range(len(findings)), key=lambda at: -scores[at])


@given(conversations(), ALL_OPTIONS)
def test_every_finding_gets_a_finite_score(findings: list[Finding], options: Any) -> None:
    scores = HybridRanking(options).rank(findings, now=NOW)
    assert len(scores) == len(findings)
    assert all(map(math.isfinite, scores))


@given(conversations(), ALL_OPTIONS, st.data())
def test_the_order_of_findings_does_not_count(findings: list[Finding], options: Any, data: st.DataObject) -> None:
    places = data.draw(st.permutations(range(len(findings))))
    at = {place: index for index, place in enumerate(places)}
    moved = [
        attrs.evolve(
            findings[place],
            before=[at[other] for other in findings[place].before],
            after=[at[other] for other in findings[place].after],
        )
        for place in places
    ]
    policy = HybridRanking(options)
    scores = policy.rank(findings, now=NOW)
    assert policy.rank(moved, now=NOW) == [scores[place] for place in places]


@given(st.lists(ALONE, min_size=1), ALL_OPTIONS, st.integers(0), st.floats(0, 1), st.floats(0, 1))
def test_what_is_no_worse_in_anything_is_ranked_no_lower(
    findings: list[Finding], options: Any, at: int, text: float, vector: float
) -> None:
    """Among messages of one moment that stand alone."""
    findings = [attrs.evolve(finding, timestamp=5.0) for finding in findings]
    good = findings[at % len(findings)]
    worse = attrs.evolve(
        good,
        text=None if good.text is None else good.text * text or None,
        vector=None if good.vector is None else -1 + (good.vector + 1) * vector,
    )
    scores = HybridRanking(options).rank([*findings, worse], now=NOW)
    assert scores[-1] <= scores[at % len(findings)] + 1e-9


@given(st.lists(ALONE, max_size=5), ALONE, ALL_OPTIONS)
def test_equal_findings_get_equal_scores(findings: list[Finding], twice: Finding, options: Any) -> None:
    scores = HybridRanking(options).rank([twice, *findings, twice], now=NOW)
    assert scores[0] == scores[-1]


@given(st.integers(1, 5), st.floats(0.01, 1e9), st.floats(-1, 1))
def test_where_all_are_alike_none_is_better(count: int, text: float, vector: float) -> None:
    scores = HybridRanking().rank([Finding(text, vector, 1.0)] * count, now=NOW)
    assert scores == pytest.approx([1.0] * count)


def test_nothing_found_is_nothing_to_rank() -> None:
    assert HybridRanking().rank([], now=NOW) == []


def test_a_message_that_fits_in_words_and_in_meaning_comes_before_those_that_fit_in_one() -> None:
    assert order([Finding(text=5.0, vector=0.1), Finding(text=5.0, vector=0.6), Finding(vector=0.6), Finding(vector=0.1)])[0] == 1


def test_weights_decide_between_words_and_meaning() -> None:
    findings = [Finding(text=5.0, vector=0.1), Finding(text=1.0, vector=0.9), Finding(text=2.0, vector=0.5)]
    assert order(findings, hybrid_vector_weight=0) == [0, 2, 1]
    assert order(findings, hybrid_text_weight=0) == [1, 2, 0]


def test_a_neighbour_of_a_good_hit_comes_before_its_like_elsewhere() -> None:
    findings = [
        Finding(text=1.0),
        Finding(text=9.0, before=[2], after=[3]),
        Finding(text=1.0, after=[1]),
        Finding(text=1.0, before=[1]),
    ]
    assert order(findings) == [1, 3, 2, 0]
    assert configured(hybrid_neighbour_weight=0).rank(findings, now=NOW)[2] == configured().rank(findings, now=NOW)[0]


def test_what_lies_further_away_lends_less_and_beyond_its_reach_nothing() -> None:
    chain = [Finding(text=9.0)] + [Finding(vector=0.5, before=range(at)[::-1]) for at in range(1, 5)]
    scores = configured(hybrid_reach=3).rank(chain, now=NOW)
    lent = [score - scores[4] for score in scores[1:]]
    assert lent == pytest.approx([0.5, 0.3, 0.18, 0.0])


def test_what_only_stands_next_to_a_hit_lends_nothing() -> None:
    beside = [Finding(text=1.0, before=[2]), Finding(text=1.0), Finding(vector=None)]
    one, other, _ = HybridRanking().rank(beside, now=NOW)
    assert one == other


def test_it_reaches_for_neighbours_only_where_they_count() -> None:
    assert configured().reach == 2
    assert configured(hybrid_reach=5).reach == 5
    assert configured(hybrid_neighbour_weight=0).reach == 0


def test_new_messages_count_more_where_a_half_life_is_set() -> None:
    findings = [Finding(text=1.0, timestamp=NOW - age * DAY) for age in (30.0, 0.0, 60.0)] + [Finding(text=1.0)]
    assert len(set(configured().rank(findings, now=NOW))) == 1
    scores = configured(hybrid_half_life_days=30, hybrid_recency_weight=1).rank(findings, now=NOW)
    assert [score - scores[3] for score in scores] == pytest.approx([0.5, 1.0, 0.25, 0.0])
