"""An index that is damaged: whoever searches does without it, whoever catches up makes it anew, and it is said once."""

from __future__ import annotations

import pytest

from failing_indexes import DAMAGED, broken_until_cleared, failing, indexed_house, well
from lixcore.errors import CorruptDataError
from lixcore.ports.archive_index import IndexBatch, IndexedMessage
from lixcore.ports.events import Damaged
from lixcore.services.searching.index_guard import DAMAGE_PROBE_SECONDS, IndexTrouble
from search_houses import ME, SearchHouse


def test_a_damaged_index_is_made_anew_by_the_next_catch_up_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    house = indexed_house()
    broken_until_cleared(house)
    for _ in range(3):
        assert len(house.found("rain")) == 2
    assert [event for event in house.heard.taken() if isinstance(event, Damaged)] == [Damaged("archive index", str(DAMAGED))]
    assert len(caplog.records) == 1
    with pytest.raises(CorruptDataError):
        house.found_anywhere("rain")
    done = house.indexing.catch_up()
    assert (done.cleared, done.messages, done.complete) == (True, 3, True)
    assert len(house.found_anywhere("rain")) == 2
    assert len(caplog.records) == 1


def test_an_index_that_another_process_made_anew_is_used_again() -> None:
    house = indexed_house()
    asked = failing(house, DAMAGED, "search_text")
    house.found("rain")
    well(house)
    asked = failing(house, DAMAGED, "nothing")
    house.found("rain")
    assert asked == [], "what is damaged is left alone"
    house.clock.advance(DAMAGE_PROBE_SECONDS)
    house.found("rain")
    assert asked[0] == "search_text", "what it could not answer is asked first"
    assert "progress" in asked
    assert house.parts.guard.trouble is None


def test_what_could_not_be_added_is_neither_kept_nor_added_by_looking_again() -> None:
    """Another process may have made the index anew, and forgotten it."""
    house = indexed_house()
    house.say("the secret is platypus")
    house.layer.window.flush(ME)
    failing(house, DAMAGED, "add")
    assert house.indexing.try_with([ME]) is None
    trouble = house.parts.guard.trouble
    assert trouble is not None
    assert not [each for each in held_by(trouble) if isinstance(each, IndexBatch | IndexedMessage)]
    well(house)
    house.memory.clear()
    house.clock.advance(DAMAGE_PROBE_SECONDS)
    house.found("rain")
    assert house.parts.guard.trouble is None
    assert house.memory.measure().messages == 0


def held_by(trouble: IndexTrouble) -> list[object]:
    """What an error and a probe keep in memory: what the frames of a traceback hold, and what a closure does."""
    held: list[object] = []
    step = trouble.error.__traceback__
    while step is not None:
        held += step.tb_frame.f_locals.values()
        step = step.tb_next
    cells = getattr(trouble.probe, "__closure__", None) or ()
    held += [cell.cell_contents for cell in cells]
    return held + [item for each in held if isinstance(each, list | tuple) for item in each]


@pytest.mark.parametrize("across", [True, False])
def test_damage_that_only_a_search_meets_is_mended_by_a_catch_up_of_another_process(
    caplog: pytest.LogCaptureFixture, *, across: bool
) -> None:
    house = indexed_house()
    broken_until_cleared(house)
    if across:
        with pytest.raises(CorruptDataError):
            house.found_anywhere("rain")
    else:
        house.found("rain")
    done = house.process().indexing.catch_up()
    assert (done.cleared, done.messages, done.complete) == (True, 3, True)
    assert "a search found the archive index damaged" in caplog.text
    house.clock.advance(DAMAGE_PROBE_SECONDS)
    assert len(house.found_anywhere("rain")) == 2
    assert not house.process().indexing.catch_up().cleared


def test_damage_that_only_some_calls_meet_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    house = indexed_house()
    failing(house, DAMAGED, "search_text")
    for _ in range(5):
        assert len(house.found("rain")) == 2
        house.clock.advance(DAMAGE_PROBE_SECONDS)
    assert len(caplog.records) == 1


def test_a_process_that_may_not_index_clears_what_it_found_damaged_for_the_one_that_may() -> None:
    house = indexed_house()
    other = house.process()
    assert other.indexing.work() == 0, "the other process indexes, and meets no damage"
    broken_until_cleared(house)
    house.found("rain")
    assert house.indexing.work() == 60.0
    assert house.memory.measure().messages == 0
    for _ in range(2):  # the round that is under way had looked at the session before
        while other.indexing.work() == 0:
            pass
    assert len(house.found_anywhere("rain")) == 2


@pytest.mark.parametrize("method", ["progress", "add", "merge", "forget"])
def test_damage_that_a_catch_up_meets_is_cleared_by_it(method: str) -> None:
    house = indexed_house()
    house.memory.merge = lambda: False  # type: ignore[attr-defined]
    house.say("rain in winter")
    house.layer.window.flush(ME)
    first = house.archive.describe(ME)
    assert first is not None
    house.archive.forget(ME, through=first.first_position)
    left = [1]

    def before(name: str) -> None:
        if name == method and left:
            left.pop()
            raise DAMAGED

    house = with_merging(house)
    house.index.before = before
    done = house.indexing.catch_up()
    assert done.cleared
    assert sorted(house.found_anywhere("rain")) == ["rain in autumn", "rain in winter"]


def with_merging(house: SearchHouse) -> SearchHouse:
    """The same stores, and an index that can merge."""
    from injured_archive import FollowedPort

    house.index = FollowedPort(house.memory)
    house.parts = house.process()
    house.searching = house._searching(house.parts.guard)
    return house


def test_a_clear_that_fails_is_the_callers_error() -> None:
    house = indexed_house()
    failing(house, DAMAGED)
    with pytest.raises(CorruptDataError):
        house.indexing.catch_up()
