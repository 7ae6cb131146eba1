"""Damage that only some calls meet is known to whoever catches up next, in whatever process, so that the index is made anew."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from indexed_messages import SESSIONS, put, seen, usual
from lixcore.errors import CorruptDataError
from lixcore.ports.archive_index import IndexBatch, IndexFilter
from lixcore_duckdb import DuckdbArchiveIndex

Open = Callable[..., DuckdbArchiveIndex]
OURS = IndexFilter(tenant="default")


def fill(index: DuckdbArchiveIndex) -> None:
    index.add([IndexBatch(session, [usual(at) for at in range(1, 40)]) for session in SESSIONS])


@pytest.fixture
def filled(open_index: Open) -> DuckdbArchiveIndex:
    index = open_index()
    fill(index)
    return index


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def remove(path: Path) -> None:
    path.unlink()


def make_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def flip(path: Path) -> None:
    held = bytearray(path.read_bytes())
    held[len(held) // 2] ^= 1
    path.write_bytes(held)


@pytest.mark.parametrize("kind", ["rows", "words", "parquet", "2"])
@pytest.mark.parametrize("damage", [cut, remove, make_directory, make_pipe])
def test_a_lost_file_is_told_to_whoever_catches_up_and_searched_nothing(
    filled: DuckdbArchiveIndex, open_index: Open, place: Path, kind: str, damage: Callable[[Path], None]
) -> None:
    before = seen(filled)
    filled.close()
    damage(next(place.rglob(f"*.{kind}")))
    index = open_index()
    with pytest.raises(CorruptDataError, match=rf"\.{kind}: "):
        index.merge()
    with pytest.raises(CorruptDataError, match=rf"\.{kind}: "):
        put(index, SESSIONS[0], usual(90))
    index.clear()
    assert index.merge() is False
    fill(index)
    assert seen(index) == before


@pytest.mark.parametrize("kind", ["rows", "words"])
@pytest.mark.parametrize("damage", [make_directory, make_pipe])
def test_what_is_no_file_is_damage_to_a_search_too(
    filled: DuckdbArchiveIndex, open_index: Open, place: Path, kind: str, damage: Callable[[Path], None]
) -> None:
    filled.close()
    damage(next(place.rglob(f"*.{kind}")))
    with pytest.raises(CorruptDataError, match=rf"\.{kind}: is no file"):
        open_index().search_text("rain", k=1, where=OURS)


def test_what_a_search_met_is_told_to_those_who_catch_up(filled: DuckdbArchiveIndex, open_index: Open, place: Path) -> None:
    before = seen(filled)
    filled.close()
    flip(next(place.rglob("*.words")))
    other = open_index()
    assert other.merge() is False, "nobody has met it yet, and checksums of all files are too much for every round"
    with pytest.raises(CorruptDataError, match="does not hold what was written"):
        open_index().search_text("rain", k=1, where=OURS)
    for call in (lambda: other.progress(SESSIONS), lambda: put(other, SESSIONS[0], usual(90)), other.merge):
        with pytest.raises(CorruptDataError, match=r"\.words: does not hold what was written"):
            call()
    other.clear()
    fill(other)
    assert seen(other) == before


def test_a_catalogue_that_a_search_could_not_read_is_told_too(filled: DuckdbArchiveIndex, open_index: Open, place: Path) -> None:
    """The page of one table is damaged, which says where rows are; how far the index has come stands in another one."""
    filled.close()
    (path,) = place.rglob("catalogue.sqlite")
    held = bytearray(path.read_bytes())
    page = root_of(path, "spans")
    held[page * 4096 : (page + 1) * 4096] = b"\x07" * 4096
    path.write_bytes(held)
    other = open_index()
    assert other.progress(SESSIONS)[0].messages == 39
    with pytest.raises(CorruptDataError, match="SQLITE_CORRUPT"):
        open_index().search_text("rain", k=1, where=IndexFilter(tenant="default", sessions=["one"]))
    with pytest.raises(CorruptDataError, match="SQLITE_CORRUPT"):
        other.progress(SESSIONS)
    other.clear()
    assert other.progress(SESSIONS)[0].messages == 0


def root_of(path: Path, table: str) -> int:
    """Which page a table begins with, counted from 0."""
    with closing(sqlite3.connect(path)) as sql:
        ((page,),) = sql.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchall()
    return int(page) - 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; any other user runs this")
def test_who_may_only_read_raises_what_it_met(filled: DuckdbArchiveIndex, open_index: Open, place: Path) -> None:
    filled.close()
    path = next(place.rglob("*.words"))
    flip(path)
    path.parent.chmod(0o500)
    try:
        with pytest.raises(CorruptDataError, match="does not hold what was written"):
            open_index().search_text("rain", k=1, where=OURS)
    finally:
        path.parent.chmod(0o700)


def test_a_mark_that_was_cut_off_is_one(filled: DuckdbArchiveIndex, place: Path) -> None:
    (next(place.rglob("*.words")).parent / "damaged").touch()
    with pytest.raises(CorruptDataError, match="is damaged"):
        filled.progress(SESSIONS)
    filled.clear()
    assert filled.progress(SESSIONS)[0].messages == 0
