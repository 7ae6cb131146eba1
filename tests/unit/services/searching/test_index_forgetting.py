"""What the archive forgot, the index forgets as well: at once, or as soon as it can."""

from __future__ import annotations

import pytest

from injured_archive import FollowedPort
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, StoreBusyError, StoreError, StoreUnavailableError
from lixcore.services.searching.index_guard import PROBE_SECONDS
from lixcore_memory import MemoryArchiveIndex
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


class MergingIndex(MemoryArchiveIndex):
    """As one in files: what is forgotten stays in them until they are merged."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 0
        self.failure: StoreError | None = None

    def forget(self, session: SessionKey, *, through: Position) -> int:
        removed = super().forget(session, through=through)
        self.left += removed
        return removed

    def merge(self) -> bool:
        if self.failure is not None:
            raise self.failure
        self.left = max(0, self.left - 1)
        return self.left > 0


def merging_house() -> tuple[SearchHouse, MergingIndex]:
    house, merging = SearchHouse(), MergingIndex()
    house.memory = merging
    house.index = FollowedPort(merging)
    house.parts = house.process()
    house.say("rain in spring", "sun", "rain in autumn")
    house.layer.window.flush(ME)
    house.indexing.catch_up()
    house.layer.window.forget(ME)
    return house, merging


def test_what_is_forgotten_leaves_the_files_of_the_index_at_once() -> None:
    house, merging = merging_house()
    assert house.parts.forgetting.forget(ME) == 3
    assert merging.left == 0


@pytest.mark.parametrize("failure", [AWAY, StoreBusyError("the index", "others write to it")])
def test_files_that_cannot_be_written_anew_now_are_by_who_forgets_again(
    failure: StoreError, caplog: pytest.LogCaptureFixture
) -> None:
    house, merging = merging_house()
    merging.failure = failure
    assert house.parts.forgetting.forget(ME) == 3
    assert [record.levelname for record in caplog.records] == (["WARNING"] if failure is AWAY else [])
    assert merging.left == 3
    merging.failure = None
    house.clock.advance(PROBE_SECONDS)
    assert house.parts.forgetting.forget(ME) == 0
    assert merging.left == 0


def test_forgetting_says_how_many_and_a_second_time_none() -> None:
    house = indexed_house()
    assert house.parts.forgetting.forget(ME) == 0, "the archive has not forgotten it"
    house.layer.window.forget(ME)
    assert house.parts.forgetting.forget(ME) == 3
    assert house.parts.forgetting.forget(ME) == 0
