"""What is refused when an index is first used, and what leaves it in the end."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from lixcore.domain.scope import Scope
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, MissingExtraError, StoreBusyError, StoreRefusedError, StoreUnavailableError
from lixcore.testing.ground.clock import SettableClock
from lixcore_usearch import UsearchSimilarityIndex
from vectors import ONE, fill, held

Open = Callable[..., UsearchSimilarityIndex]


def test_without_usearch_it_says_how_to_install_it(open_index: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'lixcore\[usearch\]'"):
        open_index()
    with pytest.raises(MissingExtraError):
        UsearchSimilarityIndex.check_driver()


def test_the_files_are_for_their_owner_only(open_index: Open, place: Path) -> None:
    index = open_index()
    fill(index, range(5))
    index.close()
    open_index().measure()
    for path in [place, *place.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_opening_and_closing_touch_nothing(open_index: Open, tmp_path: Path) -> None:
    open_index().close()
    assert list(tmp_path.iterdir()) == []


def test_the_first_that_is_used_has_it_until_it_is_closed(open_index: Open) -> None:
    first, second = open_index(), open_index()
    fill(first, [1])
    for call in (lambda: held(second), lambda: fill(second, [2]), second.measure, lambda: second.forget(ONE.session)):
        with pytest.raises(StoreBusyError, match="one process at a time"):
            call()
    fill(first, [3])
    first.close()
    assert held(second) == {1, 3}


def test_the_database_of_another_application_is_refused(open_index: Open, place: Path) -> None:
    place.mkdir()
    with closing(sqlite3.connect(place / "entries.sqlite3")) as other:
        other.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StoreRefusedError, match="another application"):
        open_index().measure()
    with closing(sqlite3.connect(place / "entries.sqlite3")) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


def test_a_newer_format_is_refused(open_index: Open, place: Path) -> None:
    index = open_index()
    index.measure()
    index.close()
    with closing(sqlite3.connect(place / "entries.sqlite3")) as other:
        other.execute("UPDATE meta SET format = 2")
        other.commit()
    with pytest.raises(StoreRefusedError, match="format 2"):
        open_index().measure()


def test_a_damaged_database_is_an_error_and_untouched(open_index: Open, place: Path) -> None:
    index = open_index()
    fill(index, range(50))
    index.close()
    file = place / "entries.sqlite3"
    content = bytearray(file.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    file.write_bytes(content)
    with pytest.raises(CorruptDataError, match="move its directory away"):
        fill(open_index(), [1])
    assert file.read_bytes()[4096:] == content[4096:]


def test_a_row_that_lacks_its_vector_is_an_error_and_no_answer(open_index: Open, place: Path) -> None:
    index = open_index(exact_limit=100)
    fill(index, range(5))
    index.close()
    with closing(sqlite3.connect(place / "entries.sqlite3")) as other:
        other.execute("DELETE FROM vectors WHERE number = 3")
        other.commit()
    with pytest.raises(CorruptDataError):
        held(open_index(exact_limit=100))


def test_a_path_that_is_a_file_is_an_error(open_index: Open, place: Path) -> None:
    place.write_text("not a directory")
    index = open_index()
    with pytest.raises(StoreUnavailableError, match="cannot be used"):
        index.measure()
    assert place.read_text() == "not a directory"
    place.unlink()
    fill(index, [1])
    assert held(index) == {1}


def test_a_damaged_directory_that_is_moved_away_begins_anew_for_the_first_that_comes(open_index: Open, place: Path) -> None:
    """Who met the damage has no lock on it, and nothing has to be restarted."""
    place.mkdir()
    (place / "entries.sqlite3").write_bytes(bytes(8192))
    index, other = open_index(), open_index()
    for one in (index, other):
        with pytest.raises(CorruptDataError, match="move its directory away"):
            held(one)
    place.rename(place.with_name("away"))
    fill(other, [1])
    with pytest.raises(StoreBusyError):
        held(index)
    other.close()
    assert held(index) == {1}


def test_a_directory_that_is_moved_away_while_it_is_used_begins_anew(open_index: Open, place: Path) -> None:
    index, other = open_index(), open_index()
    fill(index, range(50))
    assert held(index) == set(range(50))
    place.rename(place.with_name("away"))
    assert held(index) == set()
    fill(index, [7])
    assert held(index) == {7}
    with pytest.raises(StoreBusyError):
        held(other)
    shutil.rmtree(place)
    fill(other, [8])
    with pytest.raises(StoreBusyError):
        held(index)
    other.close()
    assert held(index) == {8}


def test_closing_writes_nothing_into_the_directory_of_another(open_index: Open, place: Path) -> None:
    index, other = open_index(), open_index()
    fill(index, range(50))
    place.rename(place.with_name("away"))
    other.measure()
    index.close()
    assert list((place / "graphs").iterdir()) == []
    fill(other, [1])
    assert held(other) == {1}


def test_the_place_is_the_one_it_was_opened_in(open_index: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    index = open_index(path="relative")
    monkeypatch.chdir("/")
    fill(index, [1])
    index.close()
    assert (tmp_path / "relative" / "entries.sqlite3").exists()


def rows(place: Path, table: str) -> int:
    with closing(sqlite3.connect(place / "entries.sqlite3")) as other:
        count: int = other.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  # a constant below
    return count


TABLES = ("scopes", "entries", "vectors", "payloads")


def test_scopes_that_nobody_uses_any_more_leave_with_what_is_added_elsewhere(
    open_index: Open, place: Path, clock: SettableClock
) -> None:
    index = open_index()
    old = [Scope(SessionKey(f"old {number}")) for number in range(30)]
    for scope in old:
        fill(index, range(10), scope=scope, ttl=60)
    for scope in old[::2]:
        held(index, scope)
    clock.advance(60)
    for number in range(10):
        fill(index, [number])
    assert [rows(place, table) for table in TABLES] == [1, 10, 10, 10]
    assert {room.digest for room in index._rooms} <= {ONE.digest, *(scope.digest for scope in old)}
    assert all(held(index, scope) == set() for scope in old)
    index.close()
    assert len(list((place / "graphs").iterdir())) == 1
    assert held(open_index()) == set(range(10))


def test_the_first_use_removes_what_is_over(open_index: Open, place: Path, clock: SettableClock) -> None:
    index = open_index()
    fill(index, range(200), ttl=60)
    index.close()
    assert rows(place, "entries") == 200
    clock.advance(60)
    open_index().measure()
    assert [rows(place, table) for table in TABLES] == [0, 0, 0, 0]
    assert list((place / "graphs").iterdir()) == []
