"""The list of a scope's entries in memory, against a model."""

from __future__ import annotations

import attrs
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lixcore.domain.freshness import is_live
from lixcore_usearch.roster import Roster

TIMES = st.sampled_from([0.0, 100.0, 160.0, 161.0, 300.0, float("inf")])


@attrs.frozen
class Append:
    """A step of the test."""

    added: float
    expires: float


@attrs.frozen
class Remove:
    """A step of the test: of these numbers, or of as many that were added first."""

    numbers: list[int]
    from_the_front: bool


STEPS = st.lists(
    st.builds(Append, TIMES, TIMES) | st.builds(Remove, st.lists(st.integers(0, 40), max_size=5), st.booleans()), max_size=30
)


@settings(deadline=None)
@given(st.lists(st.tuples(TIMES, TIMES), max_size=5), STEPS, st.lists(TIMES, max_size=3))
def test_it_is_a_list(first: list[tuple[float, float]], steps: list[Append | Remove], nows: list[float]) -> None:
    model = [(2 * number, added, expires) for number, (added, expires) in enumerate(first)]
    roster = Roster(model)
    number = 2 * len(model)
    for step in steps:
        match step:
            case Append(added, expires):
                number += 2
                model.append((number, added, expires))
                roster.append(number, added, expires)
            case Remove(numbers, from_the_front):
                gone = {each[0] for each in model[: len(numbers)]} if from_the_front else set(numbers)
                model = [each for each in model if each[0] not in gone]
                roster.remove(np.array(sorted(gone), dtype=np.int64))
        assert len(roster) == len(model)
        assert roster.numbers.tolist() == [each[0] for each in model]
        for now in nows:
            if now < float("inf"):
                assert roster.live(now).tolist() == [is_live(added, expires, now) for _, added, expires in model]
        places = {each[0]: row for row, each in enumerate(model)}
        assert roster.rows_of(np.arange(80)).tolist() == [places.get(each, -1) for each in range(80)]


def test_removing_from_the_front_does_not_keep_memory() -> None:
    roster = Roster([])
    for number in range(10_000):
        roster.append(number, 0.0, 1.0)
        roster.remove(np.array([number - 10], dtype=np.int64))
    assert len(roster) == 10
    assert roster.nbytes < 10_000
