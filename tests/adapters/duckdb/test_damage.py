"""Whatever is wrong with the files: an error that says so, never another answer, and an index that can be made anew."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indexed_messages import SESSIONS, put, seen, usual
from lixcore.domain.words import PlainAnalyzer
from lixcore.errors import CorruptDataError, StoreRefusedError
from lixcore.ports.archive_index import IndexBatch, IndexFilter
from lixcore_duckdb import DuckdbArchiveIndex

Open = Callable[..., DuckdbArchiveIndex]
OURS = IndexFilter(tenant="default")
KINDS = ["rows", "words", "parquet", "2", "catalogue.sqlite", "current"]


def fill(index: DuckdbArchiveIndex) -> None:
    index.add([IndexBatch(session, [usual(at) for at in range(1, 40)]) for session in SESSIONS])


@pytest.fixture
def filled(open_index: Open) -> DuckdbArchiveIndex:
    index = open_index()
    fill(index)
    return index


def file_of(place: Path, kind: str) -> Path:
    (found,) = [path for path in place.rglob("*") if path.name == kind or path.suffix == f".{kind}"][:1]
    return found


def ask_all(index: DuckdbArchiveIndex) -> Any:
    """Everything that reads any file."""
    found = seen(index), index.search_text("rain", k=9, where=IndexFilter(tenant="default", roles=["a"]))
    return found, index.query_sql("from messages order by all", tenant="default", most=99).rows


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("damage", ["changed", "cut", "empty", "gone", "longer"])
def test_damage_is_told_and_clearing_helps(
    filled: DuckdbArchiveIndex, open_index: Open, place: Path, kind: str, damage: str
) -> None:
    before = ask_all(filled)
    filled.close()
    path = file_of(place, kind)
    held = path.read_bytes()
    middle = 100 if kind == "catalogue.sqlite" else len(held) // 2
    path.unlink()
    if damage != "gone":
        made = {
            "changed": held[:middle] + bytes(byte ^ 0x55 for byte in held[middle : middle + 40]) + held[middle + 40 :],
            "cut": held[:middle],
            "empty": b"",
            "longer": held + b"more",
        }
        path.write_bytes(made[damage])
    index = open_index()
    if (kind, damage) == ("current", "gone"):
        assert index.measure().messages == 0, "this looks like an index that was never added to"
    elif kind in {"catalogue.sqlite", "current"} and damage == "longer":
        assert ask_all(index) == before, "what stands behind the end is nobody's"
    else:
        with pytest.raises(CorruptDataError, match="rebuild"):
            ask_all(index)
    index.clear()
    fill(index)
    assert ask_all(index) == before


def test_every_byte_of_the_postings_counts(filled: DuckdbArchiveIndex, open_index: Open, place: Path) -> None:
    filled.close()
    path = file_of(place, "words")
    held = path.read_bytes()
    for at in range(0, len(held), max(1, len(held) // 40)):
        path.write_bytes(held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :])
        with pytest.raises(CorruptDataError):
            open_index().search_text("rain", k=9, where=OURS)
    path.write_bytes(held)
    assert open_index().search_text("rain", k=9, where=OURS)


def test_a_newer_layout_is_told_and_clearing_helps(filled: DuckdbArchiveIndex, open_index: Open, place: Path) -> None:
    filled.close()
    current = place / "current"
    current.write_text(current.read_text().replace("index 1", "index 2"))
    index = open_index()
    for call in (
        lambda: index.search_text("rain", k=1, where=OURS),
        lambda: index.progress(SESSIONS),
        lambda: put(index, SESSIONS[0], usual(90)),
        lambda: index.forget(SESSIONS[0], through=usual(1).position),
        index.measure,
        index.merge,
    ):
        with pytest.raises(CorruptDataError, match="is of version 2, and this lixcore knows version 1"):
            call()
    index.clear()
    assert put(index, SESSIONS[0], usual(1)) == 1


def test_a_newer_catalogue_is_told(filled: DuckdbArchiveIndex, open_index: Open, place: Path) -> None:
    filled.close()
    with sqlite3.connect(file_of(place, "catalogue.sqlite")) as sql:
        sql.execute("PRAGMA user_version = 9")
    sql.close()
    with pytest.raises(CorruptDataError, match="is of version 9"):
        open_index().measure()


def test_another_analyzer_is_told_and_clearing_helps(filled: DuckdbArchiveIndex, open_index: Open) -> None:
    class Another(PlainAnalyzer):
        identity = "another 2"  # type: ignore[misc]  # that is what is tried

    filled.close()
    index = open_index(Another())
    with pytest.raises(CorruptDataError, match=r"was made with the analyzer 'plain 1', and words are cut by 'another 2' now"):
        index.search_text("rain", k=1, where=OURS)
    with pytest.raises(CorruptDataError):
        put(index, SESSIONS[0], usual(1))
    index.clear()
    assert put(index, SESSIONS[0], usual(1)) == 1


def test_damage_under_an_open_index_is_no_wrong_answer_to_the_next_one(
    filled: DuckdbArchiveIndex, open_index: Open, place: Path
) -> None:
    """What is mapped was checked; what another process opens later is checked by it."""
    ask_all(filled)
    path = file_of(place, "rows")
    path.unlink()
    assert filled.search_text("rain", k=3, where=OURS)
    with pytest.raises(CorruptDataError, match="is missing"):
        open_index().search_text("rain", k=3, where=OURS)


def test_a_path_that_is_a_file_is_refused(open_index: Open, place: Path) -> None:
    place.write_text("a file")
    index = open_index()
    with pytest.raises(StoreRefusedError, match="duckdb_path"):
        put(index, SESSIONS[0], usual(1))
    with pytest.raises(StoreRefusedError):
        index.search_text("rain", k=1, where=OURS)
    place.unlink()
    assert put(index, SESSIONS[0], usual(1)) == 1


@pytest.mark.parametrize("kind", ["catalogue.sqlite", "rows"])
def test_a_missing_file_is_told_to_those_who_change_something_too(
    filled: DuckdbArchiveIndex, open_index: Open, place: Path, kind: str
) -> None:
    filled.close()
    file_of(place, kind).unlink()
    index = open_index()
    with pytest.raises(CorruptDataError, match="is missing"):
        index.forget(SESSIONS[0], through=usual(3).position)
    with pytest.raises(CorruptDataError, match="is missing"):
        put(index, SESSIONS[0], usual(2))
    index.clear()
    assert put(index, SESSIONS[0], usual(2)) == 1


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        *itertools.product(["catalogue.sqlite", "current"], ["directory", "full directory", "pipe"]),
        *itertools.product(["g-*"], ["pipe", "file"]),
    ],
)
def test_what_is_no_file_is_damage_and_clearing_helps(
    filled: DuckdbArchiveIndex, open_index: Open, place: Path, name: str, instead: str
) -> None:
    """Of a generation, which should be a directory, what is none."""
    before = ask_all(filled)
    filled.close()
    (path,) = place.rglob(name)
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    if instead == "pipe":
        os.mkfifo(path)
    elif instead == "file":
        path.write_bytes(b"a file")
    else:
        path.mkdir()
        if instead == "full directory":
            (path / "something").write_bytes(b"in it")
    index = open_index()
    for call in (
        lambda: index.progress(SESSIONS),
        lambda: index.search_text("rain", k=1, where=OURS),
        lambda: put(index, SESSIONS[0], usual(90)),
        lambda: index.forget(SESSIONS[0], through=usual(1).position),
        index.measure,
        index.merge,
    ):
        with pytest.raises(CorruptDataError, match=re.escape(path.name)):
            call()
    index.clear()
    fill(index)
    assert ask_all(index) == before


@pytest.mark.parametrize("name", ["adding", "committing"])
def test_a_directory_in_the_place_of_a_lock_is_named(filled: DuckdbArchiveIndex, place: Path, name: str) -> None:
    (place / name).unlink()
    (place / name).mkdir()
    with pytest.raises(StoreRefusedError, match=rf"{name}: is a directory.*remove it"):
        put(filled, SESSIONS[0], usual(90))
    assert filled.search_text("rain", k=1, where=OURS)
    (place / name).rmdir()
    assert put(filled, SESSIONS[0], usual(90)) == 1
