"""A house whose index fails as a test says, and the errors that it fails with."""

from __future__ import annotations

from lixcore.errors import CorruptDataError, StoreBusyError, StoreError, StoreUnavailableError
from search_houses import ME, SearchHouse

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
