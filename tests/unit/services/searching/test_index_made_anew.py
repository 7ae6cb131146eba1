"""An index that is cleared while it is searched, or not caught up with everything yet: what it lacks never seems not to exist."""

from __future__ import annotations

import pytest

from injured_archive import said
from lixcore.domain.session import RESERVED_TENANT, SessionKey
from lixcore.errors import StoreBusyError, StoreUnavailableError
from search_houses import ME, SearchHouse, words

RAIN = ["rain in autumn", "rain in spring", "rain in winter"]


def indexed_house() -> SearchHouse:
    house = SearchHouse()
    house.say(*RAIN)
    house.layer.window.flush(ME)
    house.indexing.catch_up()
    return house


def once_before(house: SearchHouse, method: str, act: str) -> None:
    """Have another process do something right before the index is asked something."""
    other = house.process()
    left = [act]

    def before(name: str) -> None:
        if name == method and left:
            if left.pop() == "clear":
                house.memory.clear()
            else:
                other.indexing.rebuild()

    house.index.before = before


@pytest.mark.parametrize("act", ["clear", "rebuild"])
@pytest.mark.parametrize("method", ["search_text", "neighbours"])
def test_a_session_whose_index_is_cleared_while_it_is_searched_is_found_all_the_same(method: str, act: str) -> None:
    house = indexed_house()
    right = house.searching.in_session(ME, words("rain"), k=5)
    once_before(house, method, act)
    assert house.searching.in_session(ME, words("rain"), k=5) == right


def test_a_clear_is_noticed_though_the_session_is_indexed_again() -> None:
    """As far as before, when the search is over: but not when the index was asked."""
    house = indexed_house()
    taken = house.memory.search_text

    def cleared_meanwhile(*arguments: object, **named: object) -> object:
        house.memory.clear()
        found = taken(*arguments, **named)  # type: ignore[arg-type]
        house.process().indexing.catch_up()
        return found

    house.memory.search_text = cleared_meanwhile  # type: ignore[method-assign, assignment]
    assert sorted(house.found("rain")) == RAIN
    with pytest.raises(StoreBusyError, match="made anew while it was searched"):
        house.found_anywhere("rain")


@pytest.mark.parametrize("method", ["search_text", "neighbours"])
def test_across_sessions_an_index_that_is_cleared_meanwhile_is_an_error(method: str) -> None:
    house = indexed_house()
    once_before(house, method, "clear")
    with pytest.raises(StoreBusyError):
        house.found_anywhere("rain")


def test_across_sessions_an_index_that_is_not_whole_yet_is_an_error_in_every_process() -> None:
    house = indexed_house()
    house.memory.clear()
    house.archive.append(SessionKey("somebody"), [said(1)])
    work = house.process().indexing
    with pytest.raises(StoreBusyError, match="it holds 0 messages so far"):
        house.found_anywhere("rain")
    while work.work() == 0:
        if house.parts.report.status().lag:
            with pytest.raises(StoreBusyError):
                house.found_anywhere("rain")
    while work.work() == 0:
        pass
    assert sorted(house.found_anywhere("rain")) == ["rain", *RAIN]


def test_a_round_that_another_cleared_under_does_not_make_the_index_whole() -> None:
    house = SearchHouse()
    house.say(*RAIN)
    house.layer.window.flush(ME)
    assert house.indexing.work() == 0, "it has looked at the session"
    house.memory.clear()
    while house.indexing.work() == 0:
        pass
    with pytest.raises(StoreBusyError):
        house.found_anywhere("rain")
    house.indexing.catch_up()
    assert sorted(house.found_anywhere("rain")) == RAIN


def test_a_catch_up_that_fails_on_its_way_does_not_make_the_index_whole() -> None:
    house = SearchHouse()
    house.say(*RAIN)
    house.layer.window.flush(ME)
    adds = []

    def before(name: str) -> None:
        if name == "add":
            adds.append(name)
            if len(adds) == 2:
                raise StoreUnavailableError("the index", "is gone")

    house.index.before = before
    with pytest.raises(StoreUnavailableError):
        house.indexing.catch_up()
    house.index.before = lambda _: None
    house.clock.advance(60)
    with pytest.raises(StoreBusyError):
        house.found_anywhere("rain")


def test_of_an_archive_without_anything_nothing_is_missing() -> None:
    house = SearchHouse()
    assert house.found_anywhere("rain") == []
    house.say("rain")
    assert house.found_anywhere("rain") == [], "it is hot, and not archived"


def test_what_is_noted_is_no_message_and_nothing_that_a_tenant_sees() -> None:
    house = SearchHouse()
    house.indexing.catch_up()
    size = house.memory.measure()
    assert (size.messages, size.sessions) == (0, 0)
    status = house.parts.report.status()
    assert (status.messages, status.sessions, status.unlisted) == (0, 0, 0)
    assert house.found_anywhere("index whole", tenant=RESERVED_TENANT) == []
