"""An index that is away, busy, damaged or another archive's: a session is searched all the same, and it is said once."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from injured_archive import said
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.errors import ConfigError, CorruptDataError, StoreBusyError, StoreError, StoreRefusedError, StoreUnavailableError
from lixcore.ports.archive_index import IndexBatch, IndexedMessage
from lixcore.ports.events import Damaged, Degraded, Recovered
from lixcore.services.searching.index_guard import DAMAGE_PROBE_SECONDS, PROBE_SECONDS, IndexFailedError, IndexTrouble
from search_houses import ME, SearchHouse, words

AWAY = StoreUnavailableError("the index", "is on a disk that is not mounted")
BUSY = StoreBusyError("the index", "others write to it")
DAMAGED = CorruptDataError("the index", "was made by a newer version")


def failing(house: SearchHouse, error: StoreError, *methods: str) -> list[str]:
    """Have the index fail, and note what it was asked."""
    asked: list[str] = []

    def before(name: str) -> None:
        asked.append(name)
        if not methods or name in methods:
            raise error

    house.index.before = before
    return asked


def well(house: SearchHouse) -> None:
    house.index.before = lambda _: None


def broken_until_cleared(house: SearchHouse) -> None:
    """As where a file of the index is damaged: it answers some calls and not others."""

    def before(name: str) -> None:
        if name == "search_text":
            raise DAMAGED
        if name == "clear":
            well(house)

    house.index.before = before


def indexed_house() -> SearchHouse:
    house = SearchHouse()
    house.say("rain in spring", "sun", "rain in autumn")
    house.layer.window.flush(ME)
    house.indexing.catch_up()
    return house


@pytest.mark.parametrize("method", ["progress", "search_text", "neighbours"])
@pytest.mark.parametrize("error", [AWAY, BUSY, DAMAGED])
def test_a_session_is_searched_without_an_index_that_fails(error: StoreError, method: str) -> None:
    house = indexed_house()
    right = house.searching.in_session(ME, words("rain"), k=5)
    failing(house, error, method)
    assert house.searching.in_session(ME, words("rain"), k=5) == right


@pytest.mark.parametrize("error", [AWAY, BUSY, DAMAGED])
def test_across_sessions_the_error_goes_to_the_caller(error: StoreError) -> None:
    house = indexed_house()
    failing(house, error)
    with pytest.raises(type(error), match=error.reason):
        house.found_anywhere("rain")


@pytest.mark.parametrize("error", [AWAY, DAMAGED])
def test_an_error_that_goes_to_the_caller_is_not_said_beside_it(error: StoreError, caplog: pytest.LogCaptureFixture) -> None:
    house = indexed_house()
    house.layer.window.forget(SessionKey("somebody"))
    failing(house, error)
    calls: list[Callable[[], object]] = [
        lambda: house.found_anywhere("rain"),
        house.parts.report.status,
        lambda: house.parts.guard.forget(ME, through=Position(1)),
    ]
    for call in calls:
        with pytest.raises((type(error), IndexFailedError)):
            call()
    if error is AWAY:
        with pytest.raises(type(error)):
            house.indexing.catch_up()
    assert not caplog.records
    house.found("rain")
    (record,) = caplog.records
    assert "one session at a time is searched without it" in record.getMessage()


def test_across_sessions_an_index_is_needed() -> None:
    house = SearchHouse()
    with pytest.raises(ConfigError, match=r"archive_index is none; set it to \"duckdb\", which pip install 'lixcore\[duckdb\]'"):
        house.without.across("default", None, words("rain"), k=5)


def test_absence_and_return_are_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "lixcore")
    house = indexed_house()
    failing(house, AWAY)
    for _ in range(3):
        house.found("rain")
        house.clock.advance(2 * PROBE_SECONDS)
    assert [type(event) for event in house.heard.taken()] == [Degraded]
    well(house)
    for _ in range(3):
        house.found("rain")
    assert house.heard.taken() == [Recovered("archive index")]
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert str(AWAY) in caplog.text


def test_an_index_that_is_away_is_left_alone_for_a_moment() -> None:
    house = indexed_house()
    asked = failing(house, AWAY)
    house.found("rain")
    house.found("rain")
    assert asked == ["progress"]
    house.clock.advance(PROBE_SECONDS)
    house.found("rain")
    assert asked == ["progress", "progress"]


def test_an_index_that_is_busy_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    house = indexed_house()
    failing(house, BUSY)
    house.found("rain")
    assert house.heard.taken() == []
    assert not caplog.records


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


def test_the_index_of_another_archive_is_made_anew(caplog: pytest.LogCaptureFixture) -> None:
    house = indexed_house()
    house.memory.forget(ME, through=Position(2**62))
    done = house.indexing.catch_up()
    assert (done.cleared, done.messages) == (True, 3)
    assert "that of another archive" in caplog.text
    assert len(house.found_anywhere("rain")) == 2


def test_an_index_that_two_archives_share_is_refused() -> None:
    house = indexed_house()
    forgotten = SessionKey("somebody")
    house.archive.append(forgotten, [said(1)])

    def after(name: str) -> None:
        if name in {"clear", "add"}:
            house.memory.forget(forgotten, through=Position(5))

    house.index.after = after
    after("clear")
    with pytest.raises(StoreRefusedError, match="another archive as well"):
        house.indexing.catch_up()


@pytest.mark.parametrize("fail", [lambda house: failing(house, AWAY), lambda _: None])
def test_a_worker_goes_on_trying_without_a_stream_of_warnings(
    fail: Callable[[SearchHouse], object], caplog: pytest.LogCaptureFixture
) -> None:
    house = indexed_house()
    house.say("rain in winter")
    house.layer.window.flush(ME)
    fail(house)
    for _ in range(5):
        while (wait := house.indexing.work()) == 0:
            pass
        assert wait == 60.0
        house.clock.advance(wait)
    assert len(caplog.records) <= 1
    well(house)
    house.clock.advance(60)
    while house.indexing.work() == 0:
        pass
    assert len(house.found_anywhere("rain")) == 3


def test_one_worker_of_all_processes_indexes() -> None:
    house = indexed_house()
    other = house.process().indexing
    house.say("rain in winter")
    house.layer.window.flush(ME)
    assert house.indexing.work() == 0
    assert other.work() == 60.0
    house.indexing.close()
    assert other.work() == 0
    while other.work() == 0:
        pass
    assert len(house.found_anywhere("rain")) == 3


def test_rounds_take_a_twentieth_of_the_time_at_most() -> None:
    house = indexed_house()
    house.index.before = lambda name: house.clock.advance(30.0) if name == "progress" else None
    while (wait := house.indexing.work()) == 0:
        pass
    assert wait == 20 * 60.0, "it asks twice: how whole the index is, and how far it came with the sessions"
