"""An index that is away, busy, damaged or another archive's: a session is searched all the same, and it is said once."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from failing_indexes import AWAY, BUSY, DAMAGED, failing, indexed_house, well
from injured_archive import said
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.errors import ConfigError, StoreError, StoreRefusedError
from lixcore.ports.events import Degraded, Recovered
from lixcore.services.searching.index_guard import PROBE_SECONDS, IndexFailedError
from search_houses import ME, SearchHouse, words


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
