"""Scores of different kinds as parts of one."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.ranking import above_average, borrowed, freshness, over_typical

ANY = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
COSINES = st.floats(-1, 1)


@given(st.lists(st.none() | st.floats(1e-3, 1e3)))
def test_over_typical_is_a_share_of_the_root_mean_square(scores: list[float | None]) -> None:
    known = [score for score in scores if score is not None]
    for score, found in zip(scores, over_typical(scores), strict=True):
        if score is None:
            assert found == 0
        else:
            assert found == pytest.approx(score / math.sqrt(statistics.fmean(each**2 for each in known)), rel=1e-9)


@given(st.lists(st.none() | ANY))
def test_over_typical_is_finite_and_bounded_whatever_the_scores(scores: list[float | None]) -> None:
    assert all(0 <= found <= math.sqrt(len(scores)) * 1.000001 for found in over_typical(scores))


@given(ANY, st.integers(1, 5), st.integers(0, 3))
def test_equal_scores_are_usual(score: float, count: int, without: int) -> None:
    assert over_typical([score] * count + [None] * without) == pytest.approx([1.0] * count + [0.0] * without)


@given(st.lists(st.none() | COSINES))
def test_above_average_is_in_standard_deviations(scores: list[float | None]) -> None:
    known = [score for score in scores if score is not None]
    found = above_average(scores)
    if not known or statistics.pstdev(known) < 1e-8:
        assert all(each == 0 or statistics.pstdev(known) > 1e-10 for each in found)
    else:
        mean, spread = statistics.fmean(known), statistics.pstdev(known)
        expected = [((min(known) if score is None else score) - mean) / spread for score in scores]
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(st.lists(COSINES), st.integers(0, 3))
def test_what_was_not_compared_is_as_low_as_the_lowest(scores: list[float], without: int) -> None:
    found = above_average([*scores, *[None] * without])
    assert found[len(scores) :] == [min(found[: len(scores)], default=0.0)] * without
    assert all(map(math.isfinite, found))


@given(st.lists(st.none() | st.floats(0.01, 1), unique=True))
def test_the_order_of_scores_does_not_count(scores: list[float | None]) -> None:
    shuffled = sorted(scores, key=lambda score: -1.0 if score is None else score * 7919 % 1)
    for function in (over_typical, above_average):
        by_score = dict(zip(scores, function(scores), strict=True))
        assert dict(zip(shuffled, function(shuffled), strict=True)) == by_score


def test_neighbours_lend_by_distance_and_only_what_is_above_zero() -> None:
    scores = [1.0, -2.0, 4.0]
    assert borrowed(scores, [[2, 0], [1, 2], []], [0.5, 0.25]) == [2.25, 1.0, 0.0]
    assert borrowed(scores, [[0, 2, 2], [0], [0]], [1.0]) == [1.0, 1.0, 1.0]
    assert borrowed(scores, [[0], [1], [2]], []) == [0.0, 0.0, 0.0]


def test_what_is_new_counts_half_after_each_half_life() -> None:
    day = 86_400.0
    assert [freshness(age * day, 2.0) for age in (-1, 0, 2, 4)] == [1.0, 1.0, 0.5, 0.25]
    assert freshness(1e12, 1e-9) == 0.0
