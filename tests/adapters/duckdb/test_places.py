"""Where an index lies when nobody has said it: beside its archive, and no two archives share one."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from indexed_messages import SESSIONS, put, usual
from lixcore.domain.words import PlainAnalyzer
from lixcore.errors import InvalidInputError
from lixcore.testing.ground.clock import SettableClock
from lixcore.testing.ground.opening import context_for
from lixcore_duckdb import DuckdbArchiveIndex, DuckdbOptions


def place_of(archive_dir: Path) -> Path:
    return Path(DuckdbOptions().beside(archive_dir).path)


def test_it_lies_beside_the_archive_and_that_one_is_left_alone(tmp_path: Path) -> None:
    archive = tmp_path / "one"
    index = DuckdbArchiveIndex.open(DuckdbOptions(), context_for(SettableClock(), archive))
    assert not list(tmp_path.iterdir()), "opening touches nothing"
    put(index, SESSIONS[0], usual(1))
    index.close()
    assert [path.name for path in tmp_path.iterdir()] == ["one.search"]


def test_two_archives_have_two_indexes(tmp_path: Path) -> None:
    """Also where they lie side by side, and sessions have the same ids."""
    contexts = [context_for(SettableClock(), tmp_path / name) for name in ("one", "two")]
    for context in contexts:
        index = DuckdbArchiveIndex.open(DuckdbOptions(), context)
        assert index.progress(SESSIONS[:1])[0].messages == 0
        put(index, SESSIONS[0], usual(1))
        index.close()


def test_a_link_that_leads_to_another_archive_leads_to_another_index(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    link = tmp_path / "now"
    found = []
    for name in ("one", "two"):
        link.unlink(missing_ok=True)
        link.symlink_to(name)
        found.append(place_of(link))
    assert found == [tmp_path / "one.search", tmp_path / "two.search"]


@pytest.mark.parametrize("written", ["one", "./one/", "other/../one", "one/inner/.."])
def test_it_does_not_matter_how_the_directory_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.chdir(tmp_path)
    assert place_of(Path(written)) == tmp_path / "one.search"


def test_a_home_directory_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert place_of(Path("~/one")) == tmp_path / "one.search"


def test_odd_directories_have_a_place_too(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    assert place_of(loop).parent == tmp_path
    assert place_of(Path("/")) == Path("/.search")


def test_a_path_that_was_set_is_the_place(tmp_path: Path) -> None:
    options = DuckdbOptions(path=str(tmp_path / "set"), threads=2)
    assert options.beside(tmp_path / "one") == options
    assert attrs.evolve(options, path="").beside(tmp_path / "one").threads == 2


def test_erasing_erases_that_place_alone(tmp_path: Path) -> None:
    contexts = [context_for(SettableClock(), tmp_path / name) for name in ("one", "two")]
    for context in contexts:
        index = DuckdbArchiveIndex.open(DuckdbOptions(), context)
        put(index, SESSIONS[0], usual(1))
        index.close()
    DuckdbArchiveIndex.erase(DuckdbOptions(), contexts[0])
    assert [path.name for path in tmp_path.iterdir()] == ["two.search"]


def test_the_working_directory_is_never_taken_for_one() -> None:
    with pytest.raises(InvalidInputError, match="duckdb_path is empty"):
        DuckdbArchiveIndex(DuckdbOptions(), PlainAnalyzer())
