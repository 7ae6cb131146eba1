"""Where several things have to meet for a catch-up to go wrong: each once, in the order that does it."""

from __future__ import annotations

from collections.abc import Callable

from injured_archive import said
from lixcore.domain.position import Position
from lixcore.ports.archive_index import IndexFilter
from search_houses import ME, SearchHouse


def archived(house: SearchHouse, *positions: int) -> None:
    house.stored.append(ME, [said(position) for position in positions])


def damaged(house: SearchHouse, position: int) -> None:
    house.stored.damaged.add((ME, Position(position)))


def forgotten(house: SearchHouse, through: int) -> None:
    """The archive forgets, then the index, as every process does it."""
    house.stored.forget(ME, through=Position(through))
    house.memory.forget(ME, through=Position(through))


def indexed(house: SearchHouse) -> list[int]:
    """What the index holds after one more catch-up, which nothing disturbs."""
    for port in (house.index, house.archive):
        port.before = port.after = lambda _: None
    assert house.indexing.catch_up().complete
    return sorted(hit.position for hit in house.memory.search_text("rain", k=100, where=IndexFilter(tenant=ME.tenant)))


def once(name: str, act: Callable[[], object], *, at: int = 1) -> Callable[[str], None]:
    """Does something at a call of a method, counted from 1."""
    calls = 0

    def follow(called: str) -> None:
        nonlocal calls
        calls += called == name
        if called == name and calls == at:
            act()

    return follow


def reads(house: SearchHouse) -> int:
    before = house.stored.reads
    house.indexing.catch_up()
    return house.stored.reads - before


def test_what_is_lacking_is_not_noted_when_somebody_was_forgotten_meanwhile() -> None:
    """The lack would be that of messages which are gone, and hide one that comes late."""
    house = SearchHouse()
    archived(house, 4, 5, 20)
    damaged(house, 5)
    house.index.after = once("progress", lambda: forgotten(house, 5), at=2)
    house.indexing.catch_up()
    archived(house, 10)
    assert indexed(house) == [10, 20]


def test_what_comes_while_a_session_is_read_is_not_taken_for_what_cannot_be_read() -> None:
    house = SearchHouse()
    archived(house, 5, 20)
    damaged(house, 5)
    house.archive.after = once("salvage", lambda: archived(house, 10))
    house.indexing.catch_up()
    assert indexed(house) == [10, 20]


def test_what_comes_while_a_known_session_is_read_as_a_whole_is_not_taken_for_what_cannot_be_read() -> None:
    house = SearchHouse()
    archived(house, 20)
    house.indexing.catch_up()
    archived(house, 4, 5)
    damaged(house, 5)
    house.archive.after = once("salvage", lambda: archived(house, 10))
    house.indexing.catch_up()
    assert indexed(house) == [4, 10, 20]


def test_a_mark_is_told_to_the_index_although_the_counts_agree() -> None:
    house = SearchHouse()
    archived(house, 1, 2, 20)
    house.indexing.catch_up()
    house.stored.forget(ME, through=Position(2))
    archived(house, 10, 11)
    assert indexed(house) == [10, 11, 20]


def test_what_is_new_is_not_taken_for_the_damaged_one_that_a_repair_gave_up() -> None:
    house = SearchHouse()
    archived(house, 1, 2)
    damaged(house, 2)
    house.indexing.catch_up()
    house.stored.repair(ME)
    archived(house, 3)
    assert indexed(house) == [1, 3]


def test_an_index_that_forgot_after_the_archive_was_listed_is_not_that_of_another_one() -> None:
    house = SearchHouse()
    archived(house, 1, 2, 3)
    house.indexing.catch_up()
    house.index.before = once("progress", lambda: forgotten(house, 1))
    assert not house.indexing.catch_up().cleared
    assert indexed(house) == [2, 3]


def test_a_session_is_read_once_for_what_is_new_and_not_at_all_for_what_is_gone() -> None:
    house = SearchHouse()
    archived(house, 1, 2, 3)
    assert reads(house) == 1
    assert reads(house) == 0
    archived(house, 4)
    assert reads(house) == 1
    house.stored.forget(ME, through=Position(1))
    assert reads(house) == 0
    house.stored.forget(ME, through=Position(2))
    archived(house, 5)
    assert reads(house) == 1


def test_a_session_with_a_late_message_is_read_as_a_whole_once() -> None:
    house = SearchHouse()
    archived(house, 10, 20)
    house.indexing.catch_up()
    archived(house, 15)
    assert reads(house) == 1
    assert reads(house) == 0


def test_a_damaged_session_is_read_again_only_when_it_changes() -> None:
    house = SearchHouse()
    archived(house, 1, 2, 3)
    damaged(house, 3)
    assert reads(house) == 1
    assert reads(house) == 1, "once, to see whether the newest message is damaged or new"
    assert reads(house) == 0
    archived(house, 4)
    assert reads(house) == 1
    assert reads(house) == 0
