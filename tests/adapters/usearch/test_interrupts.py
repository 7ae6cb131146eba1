"""Interrupts at any line, and calls from what a signal interrupted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import lixcore_usearch
from lixcore.errors import StoreBusyError
from lixcore.testing.ground.clock import SettableClock
from lixcore_usearch import UsearchSimilarityIndex
from vectors import ONE, fill, held, ranking, true_ranking

Open = Callable[..., UsearchSimilarityIndex]
FOLDER = str(Path(lixcore_usearch.__file__).parent)

# Python 3.13 tells of a connection that was made and, because of an interrupt at that instant, given to nobody.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def interrupted(work: Callable[[], object], after: int) -> bool:
    """Do some work, and interrupt it after so many lines of the adapter; whether it was still at work."""
    left = after

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.startswith(FOLDER):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


@pytest.mark.share(2)
@pytest.mark.parametrize("work", ["add", "search", "forget"])
def test_an_interrupt_at_any_line_leaves_the_index_whole(open_index: Open, work: str) -> None:
    index = open_index()
    fill(index, range(30))
    numbers = list(range(30))
    number, step, calls = 30, 1, 0
    while True:
        works: dict[str, Callable[[], object]] = {
            "add": lambda: fill(index, [number], capacity=30),  # noqa: B023  # done at once
            "search": lambda: ranking(index, number, k=3),  # noqa: B023  # as above
            "forget": lambda: index.forget(ONE.session),
        }
        was_at_work = interrupted(works[work], step)
        found = held(index)
        if work == "add":
            assert found in ({*numbers}, {*numbers[1:], number}), step
        elif work == "search":
            assert found == set(numbers)
        else:
            assert found in ({*numbers}, set()), step
            fill(index, sorted(set(numbers) - found))
            found = held(index)
        numbers = sorted(found)
        assert ranking(index, 5, k=3) == true_ranking(numbers, 5, k=3)
        assert index.measure().entries == len(numbers)
        if not was_at_work:
            break
        number += 1
        step += 1
        calls += 1
    assert calls > 20
    index.close()
    assert held(open_index()) == set(numbers)


def test_an_interrupt_at_any_line_of_the_first_use_leaves_the_directory_to_whoever_comes(open_index: Open, place: Path) -> None:
    calls, was_at_work = 0, True
    while was_at_work:
        calls += 1
        here = str(place / str(calls))
        index, other = open_index(path=here), open_index(path=here)
        was_at_work = interrupted(lambda: fill(index, [1]), calls)  # noqa: B023  # done at once
        found = held(index)
        assert found in (set(), {1}), calls
        index.close()
        assert held(other) == found
        other.close()
    assert calls > 50


def test_a_call_from_what_a_signal_interrupted_is_refused(
    open_index: Open, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler runs in the thread that it interrupts, which has the lock already: here in the midst of an add."""
    index = open_index()
    refused: list[Exception] = []
    now = clock.now

    def interrupting() -> float:
        monkeypatch.setattr(clock, "now", now)
        for use in (lambda: held(index), lambda: fill(index, [9]), index.close):
            with pytest.raises(StoreBusyError, match="signal") as caught:
                use()
            refused.append(caught.value)
        return now()

    monkeypatch.setattr(clock, "now", interrupting)
    fill(index, [1])
    assert len(refused) == 3
    assert held(index) == {1}
