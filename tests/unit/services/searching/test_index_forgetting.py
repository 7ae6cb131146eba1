"""What the archive forgot, the index forgets as well: at once, or as soon as it can."""

from __future__ import annotations

import pytest

from lixcore.errors import CorruptDataError, StoreUnavailableError
from lixcore.services.searching.index_guard import PROBE_SECONDS
from search_houses import ME, SearchHouse

AWAY = StoreUnavailableError("the index", "is on a disk that is not mounted")
DAMAGED = CorruptDataError("the index", "was made by a newer version")


def failing(house: SearchHouse, error: Exception, method: str) -> None:
    def before(name: str) -> None:
        if name == method:
            raise error

    house.index.before = before


def well(house: SearchHouse) -> None:
    house.index.before = lambda _: None


def indexed_house() -> SearchHouse:
    house = SearchHouse()
    house.say("rain in spring", "sun", "rain in autumn")
    house.layer.window.flush(ME)
    house.indexing.catch_up()
    return house


def test_forgetting_that_the_index_cannot_do_now_is_done_before_the_next_catch_up() -> None:
    house = indexed_house()
    house.layer.window.forget(ME)
    failing(house, AWAY, "forget")
    with pytest.raises(StoreUnavailableError):
        house.parts.forgetting.forget(ME)
    assert house.memory.measure().messages == 3
    well(house)
    house.clock.advance(PROBE_SECONDS)
    house.indexing.catch_up()
    assert house.memory.measure().messages == 0


def test_what_nobody_could_tell_the_index_of_is_counted() -> None:
    house = indexed_house()
    house.layer.window.forget(ME)
    assert house.parts.report.status().unlisted == 3
    house.indexing.rebuild()
    status = house.parts.report.status()
    assert (status.unlisted, status.messages) == (0, 0)


def test_forgetting_empties_an_index_that_is_damaged() -> None:
    """Nobody can tell what is left in it."""
    house = indexed_house()
    house.layer.window.forget(ME)
    failing(house, DAMAGED, "forget")
    assert house.parts.forgetting.forget(ME) == 0
    assert house.memory.measure().messages == 0


def test_forgetting_says_how_many_and_a_second_time_none() -> None:
    house = indexed_house()
    assert house.parts.forgetting.forget(ME) == 0, "the archive has not forgotten it"
    house.layer.window.forget(ME)
    assert house.parts.forgetting.forget(ME) == 3
    assert house.parts.forgetting.forget(ME) == 0
