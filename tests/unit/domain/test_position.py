"""Positions only grow, whatever the clock does."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.position import MAX_POSITION, ORIGIN, SEQUENCE_BITS, Position, next_position

INSTANTS = st.floats(min_value=0, max_value=8_790_000_000)  # 1970 to 2248
POSITIONS = st.integers(0, MAX_POSITION - 1).map(Position)


@given(POSITIONS, INSTANTS)
def test_a_position_is_above_every_earlier_one_and_fits(after: Position, now: float) -> None:
    assert after < next_position(after=after, now=now) <= MAX_POSITION


@given(st.lists(INSTANTS, min_size=1, max_size=50))
def test_positions_grow_under_a_clock_that_steps_anywhere(clock: list[float]) -> None:
    positions = [ORIGIN]
    for now in clock:
        positions.append(next_position(after=positions[-1], now=now))
    assert all(earlier < later for earlier, later in pairwise(positions))


@given(INSTANTS, st.integers(1, 1000), st.floats(min_value=0.002, max_value=1e6))
def test_a_wiped_store_begins_above_what_it_gave_before(now: float, appends: int, pause: float) -> None:
    """Up to a million entries a millisecond keep below the clock, so that starting anew after 2 ms repeats nothing."""
    position = ORIGIN
    for _ in range(appends):
        position = next_position(after=position, now=now)
    assert next_position(after=ORIGIN, now=now + pause) > position


def test_a_position_carries_its_millisecond() -> None:
    assert next_position(after=ORIGIN, now=1_700_000_000.123) >> SEQUENCE_BITS == 1_700_000_000_123


def test_the_same_millisecond_counts_up() -> None:
    first = next_position(after=ORIGIN, now=5.0)
    assert next_position(after=first, now=5.0) == first + 1
    assert next_position(after=first, now=1.0) == first + 1
