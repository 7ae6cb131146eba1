"""Which parts become one, what is left of them, and what happens meanwhile."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexed_messages import SESSIONS, made, put, seen, usual
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.ports.archive_index import IndexFilter
from lixcore_duckdb import DuckdbArchiveIndex, writer
from lixcore_duckdb.merge_choice import FAN_IN, PartSize, chosen

Open = Callable[..., DuckdbArchiveIndex]
OURS = IndexFilter(tenant="default")


def parts_in(place: Path) -> int:
    return len(list(place.rglob("*.rows")))


@given(st.lists(st.integers(1, 1_000_000), max_size=60))
def test_merging_ends_and_leaves_few_parts_of_each_size(sizes: list[int]) -> None:
    parts = {number: PartSize(number, size, 0) for number, size in enumerate(sizes)}
    written = 0
    while some := chosen(list(parts.values()), most=FAN_IN, forgotten=True):
        size = sum(parts.pop(number).messages for number in some)
        written += size
        parts[len(sizes) + written] = PartSize(len(sizes) + written, size, 0)
    assert len(parts) <= 6 * (FAN_IN - 1)
    assert written <= 6 * sum(sizes), "a message is written once for each tier"


def test_parts_of_which_somebody_was_forgotten_are_chosen() -> None:
    parts = [PartSize(1, 10, 0), PartSize(2, 10, 1), PartSize(3, 50_000, 1)]
    assert chosen(parts, most=FAN_IN, forgotten=True) == [2]
    assert chosen(parts, most=FAN_IN, forgotten=False) == []


def test_many_small_parts_become_one(index: DuckdbArchiveIndex, place: Path) -> None:
    for at in range(1, 2 * FAN_IN):
        put(index, SESSIONS[0], usual(at))
    assert parts_in(place) == 2 * FAN_IN - 1
    before = seen(index)
    assert index.merge() is True
    assert (parts_in(place), seen(index)) == (1, before)
    assert index.merge() is False
    assert len(list(place.rglob("*.2"))) == 1


def test_whoever_adds_merges_what_piled_up(index: DuckdbArchiveIndex, place: Path) -> None:
    for at in range(1, 100):
        put(index, SESSIONS[0], usual(at))
        assert parts_in(place) <= 2 * FAN_IN
    assert len(index.search_text("rain", k=100, where=OURS)) == len([at for at in range(1, 100) if at & 1])


def test_a_part_of_which_all_was_forgotten_goes(index: DuckdbArchiveIndex, place: Path) -> None:
    put(index, SESSIONS[0], usual(1))
    put(index, SESSIONS[1], usual(1))
    index.forget(SESSIONS[0], through=Position(5))
    assert index.merge() is True
    assert parts_in(place) == 1
    index.forget(SESSIONS[1], through=Position(5))
    assert index.merge() is True
    assert parts_in(place) == 0
    assert put(index, SESSIONS[0], usual(6)) == 1


@pytest.mark.parametrize("work", ["add", "merge"])
def test_whoever_is_forgotten_meanwhile_is_not_found_afterwards(
    open_index: Open, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    """Another handle forgets in the very moment between writing a part and letting it count."""
    index, other = open_index(), open_index()
    for at in range(1, FAN_IN + 1):
        put(index, SESSIONS[0], usual(at))
    waiting = threading.Event()
    name = {"add": "write_part", "merge": "merged"}[work]
    original = getattr(writer, name)

    def held_up(*arguments: object, **more: object) -> object:
        written = original(*arguments, **more)
        if not waiting.is_set():
            waiting.set()
            assert other.forget(SESSIONS[0], through=Position(5)) == 5
        return written

    monkeypatch.setattr(writer, name, held_up)
    if work == "add":
        put(index, SESSIONS[0], *(usual(at) for at in range(1, FAN_IN + 3)))
    else:
        index.merge()
    expected = open_index(path=str(index._directory.path.parent / "expected"))
    put(expected, SESSIONS[0], *(usual(at) for at in range(6, FAN_IN + (3 if work == "add" else 1))))
    expected.forget(SESSIONS[0], through=Position(5))
    for each in (index, other):
        assert seen(each) == seen(expected)
    index.merge()
    assert seen(index) == seen(expected)


def test_a_search_whose_parts_are_merged_away_begins_again(open_index: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between reading the catalogue and opening the parts, another process merges them."""
    index, other = open_index(), open_index()
    for at in range(1, FAN_IN + 1):
        put(other, SESSIONS[0], usual(at))
    merged: list[bool] = []
    original = index._parts.of

    def late(facts: object) -> object:
        if not merged:
            merged.append(other.merge())
        return original(facts)  # type: ignore[arg-type]  # what it was given

    monkeypatch.setattr(index._parts, "of", late)
    assert len(index.search_text("rain", k=99, where=OURS)) == 4
    assert merged == [True]


def test_what_was_forgotten_is_gone_from_the_files_of_a_merged_part(index: DuckdbArchiveIndex, place: Path) -> None:
    put(index, SESSIONS[0], made(1, "gonesecret", role="rolesecret", kept="fieldsecret"), made(2, "stays"))
    index.forget(SESSIONS[0], through=Position(1))
    index.merge()
    for secret in (b"gonesecret", b"rolesecret", b"fieldsecret"):
        assert not [path for path in place.rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert index.search_text("stays", k=1, where=OURS)


def test_merging_ends_while_somebody_reads_the_catalogue(index: DuckdbArchiveIndex, place: Path) -> None:
    """Such a one keeps what was forgotten in the catalogue's log; that is wiped by a merge after it has ended."""
    put(index, SessionKey("gonesecret"), usual(1))
    (path,) = place.rglob("catalogue.sqlite")

    def texts() -> bytes:
        return b"".join(each.read_bytes() for each in place.rglob("*") if each.is_file())

    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sessions").fetchall()
        index.forget(SessionKey("gonesecret"), through=Position(1))
        assert index.merge() is True, "the part is gone"
        assert index.merge() is False, "who catches up goes on until there is nothing to gain"
        assert b"gonesecret" in texts()
    assert index.merge() is True
    assert b"gonesecret" not in texts()
    assert index.merge() is False


def test_merging_removes_what_a_killed_process_left(index: DuckdbArchiveIndex, place: Path) -> None:
    """Such as a part that was merged already: what was forgotten may stand in it."""
    put(index, SESSIONS[0], usual(1))
    (rows,) = place.rglob("*.rows")
    left = rows.with_name("00000099.rows")
    left.write_bytes(rows.read_bytes())
    assert index.merge() is False
    assert (left.exists(), rows.exists()) == (False, True)
