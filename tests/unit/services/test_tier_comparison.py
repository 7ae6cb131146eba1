"""Comparing and merging two tiers, as functions: what is found, and that nothing is lost, doubled or reordered by a merge."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lixcore.domain.message import Message
from lixcore.domain.position import MAX_POSITION, Entry, Position
from lixcore.domain.record import encode_message
from lixcore.errors import CorruptDataError
from lixcore.services.checks.tier_comparison import Differences, differences, parted


def entry(position: int, text: str = "", timestamp: float = 1.5) -> Entry:
    return Entry(Position(position), timestamp, encode_message(Message("user", text or str(position), 1.5)))


def positions(*values: int) -> frozenset[Position]:
    return frozenset(Position(value) for value in values)


ARCHIVE = [entry(position) for position in (1, 2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("hot", "expected"),
    [
        ([], Differences()),
        (ARCHIVE[2:], Differences()),
        ([*ARCHIVE[3:], entry(9)], Differences()),
        ([entry(9)], Differences()),
        ([entry(3), entry(4, "other"), entry(5)], Differences(conflicts=positions(4))),
        ([entry(3), entry(4, timestamp=2.5), entry(5)], Differences(conflicts=positions(4))),
        ([entry(2), entry(5)], Differences(missing=positions(3, 4))),
        ([entry(4)], Differences(missing=positions(5))),
        ([entry(4), entry(5), entry(8), entry(7)], Differences(unordered=positions(7))),
        ([entry(4), entry(5), Entry(Position(9), 1.5, b"\xc1")], Differences(unreadable=positions(9))),
    ],
)
def test_what_is_found(hot: list[Entry], expected: Differences) -> None:
    assert differences(hot, ARCHIVE) == expected
    assert bool(expected) == (expected != Differences())


def test_what_was_forgotten_is_found() -> None:
    found = differences([entry(3), entry(7)], [], forgotten_through=Position(3))
    assert found == Differences(forgotten=positions(3))


def test_only_what_two_looks_agree_on_stays() -> None:
    first = Differences(conflicts=positions(1, 2), missing=positions(5))
    assert first.also_in(Differences(conflicts=positions(2, 3))) == Differences(conflicts=positions(2))


def test_a_message_whose_place_is_taken_comes_right_behind_it() -> None:
    hot = [entry(1_000_000 << 20, "a"), entry(1_000_001 << 20, "b")]
    archived = [entry(1_000_000 << 20, "x")]
    texts = [each.payload for each in sorted([*archived, *parted(hot, archived)], key=lambda each: each.position)]
    assert texts == [archived[0].payload, hot[0].payload, hot[1].payload]


def test_without_a_gap_a_message_goes_behind_the_others_and_not_where_a_stopped_clock_counts_on() -> None:
    hot = [entry(10, "a"), entry(11, "b")]
    archived = [entry(10, "x")]
    [b, a] = parted(hot, archived)
    assert (b, a.payload) == (hot[1], hot[0].payload)
    assert a.position > 12


def test_two_that_say_the_same_stay_two() -> None:
    """The archived one at 11 is the hot one at 11, and no copy of the one at 10."""
    hot = [entry(10, "same"), entry(11, "same")]
    archived = [entry(10, "x"), entry(11, "same")]
    after = {each.position: each for each in [*archived, *parted(hot, archived)]}
    assert Counter(each.payload for each in after.values()) == Counter({hot[0].payload: 2, archived[0].payload: 1})


def test_a_message_that_says_the_same_where_a_copy_would_be_is_no_copy() -> None:
    """It stands at its own position in both stores, and only by chance where the other one's copy would go."""
    first, other = entry(10, "same"), entry(10, "x")
    [place] = [each.position for each in parted([first], [other])]
    second = entry(place, "same")
    after = {each.position: each for each in [other, second, *parted([first, second], [other, second])]}
    assert Counter(each.payload for each in after.values()) == Counter({first.payload: 2, other.payload: 1})


@pytest.mark.parametrize("distance", [1 << 12, 1 << 15, 1 << 17, 1 << 30])
@pytest.mark.parametrize("text", "abcdefgh")
def test_it_stays_before_what_was_said_after_it_where_there_is_room(distance: int, text: str) -> None:
    hot = [entry(10, text), entry(10 + distance, "next")]
    assert [each.payload for each in parted(hot, [entry(10, "x")])] == [each.payload for each in hot]


def test_where_no_position_is_left_that_is_an_error() -> None:
    with pytest.raises(CorruptDataError, match="no position above"):
        parted([entry(MAX_POSITION, "a")], [entry(MAX_POSITION, "x")])


SMALL = st.dictionaries(st.integers(1, 12) | st.integers(1 << 30, (1 << 30) + 8), st.sampled_from("abc"), max_size=8)


@given(hot=SMALL, archived=SMALL, stopped_after=st.integers(0, 8), newer=st.booleans())
def test_a_merge_that_is_stopped_anywhere_and_begun_again_keeps_every_message_once(
    hot: dict[int, str], archived: dict[int, str], stopped_after: int, *, newer: bool
) -> None:
    """The model: what both have at one position and alike is one message, everything else is one each.

    The first attempt stored some of its entries, lowest first, as a frame that was cut off leaves it.
    """
    held = [entry(position, f"hot {text}") for position, text in sorted(hot.items())]
    kept = {position: entry(position, f"{'hot' if text == 'a' else 'cold'} {text}") for position, text in archived.items()}
    expected = Counter(each.payload for each in kept.values())
    expected += Counter(each.payload for each in held if kept.get(each.position) != each)

    def store(count: int | None) -> None:
        for each in list(parted(held, list(kept.values())))[:count]:
            assert kept.setdefault(each.position, each) == each, "a position was given to two"

    store(stopped_after)
    if newer:  # somebody adds between the two attempts, far above or by a clock that stands still
        added = entry(max([*hot, 0]) + 1, "newer")
        if added.position not in kept:
            held.append(added)
            expected[added.payload] += 1
    store(None)
    store(None)
    assert Counter(each.payload for each in kept.values()) == expected
