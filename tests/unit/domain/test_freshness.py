"""What is cached is used from its adding until its end, and not when it comes from the future."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.freshness import CLOCK_SKEW_SECONDS, is_live, live_rows

NOON = 1_800_000_000.0
MINUTE = 60.0
TIMES = st.integers(-200_000, 200_000).map(lambda eighths: NOON + eighths / 8)  # floats of today hold eighths exactly
ANY_TIMES = st.floats(0, 1e11)


@given(TIMES, TIMES, TIMES)
def test_it_is_live_until_its_end_unless_it_was_added_more_than_a_minute_ahead(added: float, expires: float, now: float) -> None:
    ended = Fraction(now) >= Fraction(expires)
    too_far_ahead = Fraction(added) - Fraction(now) > 60
    assert is_live(added, expires, now) is not (ended or too_far_ahead)


@given(st.lists(st.tuples(ANY_TIMES, ANY_TIMES), max_size=8), ANY_TIMES)
def test_many_are_judged_as_one_is(times: list[tuple[float, float]], now: float) -> None:
    added, expires = np.array([one for one, _ in times]), np.array([other for _, other in times])
    found = live_rows(added, expires, now)
    assert found.dtype == np.bool_
    assert found.tolist() == [is_live(one, other, now) for one, other in times]


@pytest.mark.parametrize(
    ("added", "expires", "now", "live"),
    [
        (NOON, NOON + 300, NOON, True),
        (NOON, NOON + 300, NOON + 299.999999, True),
        (NOON, NOON + 300, NOON + 300, False),
        (NOON, NOON + 300, NOON - MINUTE, True),
        (NOON, NOON + 300, NOON - MINUTE - 0.000001, False),
        (NOON, NOON, NOON, False),
        (NOON, NOON - 1, NOON - 30, True),
    ],
)
def test_the_borders(added: float, expires: float, now: float, live: bool) -> None:  # noqa: FBT001  # a parameter
    assert is_live(added, expires, now) is live
    assert live_rows(np.array([added]), np.array([expires]), now).tolist() == [live]


def test_the_skew_is_a_minute() -> None:
    assert CLOCK_SKEW_SECONDS == MINUTE
