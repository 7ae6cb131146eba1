"""What thresholds do to labelled pairs, against counting them one by one."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.ports.reuse_policy import MatchCandidate
from lixcore.services.calibrating.calibration import FEWEST_ACCEPTED, Calibration, Outcome, wilson_interval
from lixcore.services.calibrating.labelled_pairs import LabelledPair


class EvenLength:
    """A policy of which a test knows what it says: texts of even length may answer."""

    def may_answer(self, query: str | None, candidate: MatchCandidate) -> bool:
        assert query is not None
        assert candidate.query is not None
        return len(query + candidate.query) % 2 == 0


similarities = st.integers(-100, 100).map(lambda hundredths: hundredths / 100) | st.floats(-1, 1)
pairs = st.builds(LabelledPair, st.text(max_size=3), st.text(max_size=3), st.booleans(), similarities)


def calibrated(found: list[LabelledPair]) -> Calibration:
    calibration = Calibration(EvenLength())
    for pair in found:
        calibration.add(pair)
    return calibration


def counted(found: list[LabelledPair], threshold: float, *, with_policy: bool) -> tuple[int, int, int]:
    accepted = [pair for pair in found if pair.similarity >= threshold and (not with_policy or len(pair.a + pair.b) % 2 == 0)]
    return len(accepted), sum(pair.same for pair in accepted), sum(pair.same for pair in found)


@given(st.lists(pairs, max_size=30), st.lists(similarities, max_size=5), st.booleans())
def test_outcomes_are_counts(found: list[LabelledPair], thresholds: list[float], with_policy: bool) -> None:  # noqa: FBT001  # given
    outcomes = calibrated(found).outcomes(thresholds, with_policy=with_policy)
    assert [each.threshold for each in outcomes] == thresholds
    for each in outcomes:
        accepted, right, same = counted(found, each.threshold, with_policy=with_policy)
        assert (each.accepted, each.right, each.same) == (accepted, right, same)
        assert each.precision == (right / accepted if accepted else None)
        assert each.coverage == (right / same if same else None)


@given(st.lists(pairs, max_size=8), st.integers(1, 40), st.floats(0.01, 1), st.booleans())
def test_the_lowest_threshold_that_is_precise_enough_is_recommended(
    few: list[LabelledPair],
    times: int,
    precision: float,
    with_policy: bool,  # noqa: FBT001  # given
) -> None:
    found = few * times
    best = calibrated(found).recommended(precision, with_policy=with_policy)
    enough = []
    for hundredths in range(-100, 101):
        accepted, right, _ = counted(found, hundredths / 100, with_policy=with_policy)
        if accepted >= FEWEST_ACCEPTED and right >= precision * accepted:
            enough.append(hundredths / 100)
    assert (best.threshold if best else None) == (enough[0] if enough else None)


@given(st.lists(pairs, max_size=20), st.integers(3, 60))
def test_thresholds_to_show_are_few_even_and_end_at_one(found: list[LabelledPair], most: int) -> None:
    shown = calibrated(found).shown_thresholds(most)
    assert 3 <= len(shown) <= most
    assert shown[-1] == 1.0
    steps = {round(after - before, 9) for before, after in itertools.pairwise(shown)}
    assert len(steps) == 1


@given(st.integers(1, 2000), st.data())
def test_an_interval_holds_the_share_and_its_ends_solve_what_wilson_asks(of: int, data: st.DataObject) -> None:
    """Its ends are the shares p with (share - p)^2 = z^2 p (1 - p) / n."""
    right = data.draw(st.integers(0, of))
    interval = wilson_interval(right, of)
    share = Fraction(right, of)
    assert 0 <= interval.low <= share + 1e-12
    assert share - 1e-12 <= interval.high <= 1
    for end in (interval.low, interval.high):
        if 0 < end < 1:
            assert math.isclose(abs(float(share) - end), 1.959964 * math.sqrt(end * (1 - end) / of), abs_tol=1e-6)


@pytest.mark.parametrize(
    ("right", "of", "low", "high"), [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (9, 10, 0.5958, 0.9821), (0, 0, 0, 1)]
)
def test_intervals_are_those_of_the_tables(right: int, of: int, low: float, high: float) -> None:
    interval = wilson_interval(right, of)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-4)


def test_nothing_accepted_has_no_precision() -> None:
    assert Outcome(0.9, 0, 0, 0).precision is None
    assert Outcome(0.9, 0, 0, 0).coverage is None
