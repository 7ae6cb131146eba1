"""Repairing keeps the old bytes, loses nothing that could be read, and leaves a session that works."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lixcore.domain.position import MAX_POSITION, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError
from lixcore_huffman import HuffArchive
from lixcore_huffman.format.file_header import FileHeader, encode_file_header
from worn_archive import SESSION, assert_works, edges, file_of, quarantined, repaired

Numbered = Callable[..., list[Entry]]


@pytest.mark.share(3)
@pytest.mark.parametrize("change", [0x01, 0x80, 0xFF])
def test_after_any_changed_byte_all_that_could_be_read_is_there_and_the_session_works(
    archive: HuffArchive, path: Path, tmp_path: Path, numbered: Numbered, change: int
) -> None:
    whole, start = path.read_bytes(), edges(path)[0]
    for at in range(len(whole)):
        damaged = whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :]
        path.write_bytes(damaged)
        salvage = list(archive.salvage(SESSION).entries)
        assert len(salvage) >= 7
        found = repaired(archive)
        assert found, at
        assert all(finding.is_repaired for finding in found), at
        assert quarantined(tmp_path / "archive") == [damaged]
        assert {finding.copy for finding in found} == {str(next((tmp_path / "archive" / ".quarantine").iterdir()))}
        info = archive.describe(SESSION)
        assert info is not None
        assert (info.forgotten_through, info.context_after) == (1, 2)
        if at < start:
            assert len(salvage) == 10
        assert_works(archive, salvage, numbered(12, 13))
        shutil.rmtree(tmp_path / "archive" / ".quarantine")


def test_after_any_cut_the_session_works(archive: HuffArchive, path: Path, tmp_path: Path, numbered: Numbered) -> None:
    whole, between = path.read_bytes(), edges(path)
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        salvage = list(archive.salvage(SESSION).entries)
        found = repaired(archive)
        assert all(finding.is_repaired for finding in found)
        torn = whole[max((edge for edge in between if edge <= cut), default=0) : cut]
        assert quarantined(tmp_path / "archive") == ([] if cut in between else [torn if cut > between[0] else whole[:cut]])
        assert_works(archive, salvage, numbered(12, 13))
        shutil.rmtree(tmp_path / "archive" / ".quarantine", ignore_errors=True)


@pytest.mark.parametrize("part", ["head", "payload"])
def test_what_was_sent_again_because_of_damage_counts_once(
    archive: HuffArchive, path: Path, numbered: Numbered, part: str
) -> None:
    """Nobody can tell whether it is what stood there, so it is no conflict; the frames then overlap, one of them damaged."""
    data, between = bytearray(path.read_bytes()), edges(path)
    data[between[1] + 6 if part == "head" else between[2] - 10] ^= 1
    path.write_bytes(data)
    other = Entry(Position(5), 1.0, b"another at a place that is not known")
    archive.append(SESSION, [*numbered(4), other, *numbered(12)])
    held = [*numbered(2, 3, 4), other, *numbered(7, 8, 9, 10, 11, 12)]
    (verified,) = archive.verify()
    assert (verified.messages, bool(verified.findings)) == (len(held), True)
    assert all(finding.is_repaired for finding in repaired(archive))
    assert_works(archive, held, numbered(13))


def test_random_damage_of_any_extent(archive: HuffArchive, path: Path, tmp_path: Path, numbered: Numbered) -> None:
    """Several places at once, of several bytes: what is left is read as it was, or the repair says that it cannot be mended."""
    chance = random.Random(7)
    whole = path.read_bytes()
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            at, size = chance.randrange(len(whole)), chance.randrange(1, 60)
            damaged[at : at + size] = chance.randbytes(size) if chance.random() < 0.5 else bytes(size)
        path.write_bytes(damaged)
        salvage = list(archive.salvage(SESSION).entries)
        found = repaired(archive)
        if all(finding.is_repaired for finding in found):
            assert_works(archive, salvage, numbered(40, 41))
        else:
            assert path.read_bytes() == damaged
            assert list(archive.salvage(SESSION).entries) == salvage
            assert all(finding.remedy for finding in found)
        path.write_bytes(whole)
        shutil.rmtree(tmp_path / "archive" / ".quarantine", ignore_errors=True)


@pytest.mark.parametrize("kind", ["empty", "zeros", "garbage", "directory", "fifo"])
def test_what_holds_nothing_is_moved_aside_whole(
    archive: HuffArchive, path: Path, tmp_path: Path, numbered: Numbered, kind: str
) -> None:
    path.unlink()
    if kind == "directory":
        path.mkdir()
        (path / "something").write_text("of somebody")
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.write_bytes({"empty": b"", "zeros": bytes(200_000), "garbage": b"garbage" * 99}[kind])
    (found,) = repaired(archive)
    assert found.is_repaired
    assert found.copy is not None
    if kind == "directory":
        assert (Path(found.copy) / "something").read_text() == "of somebody"
    elif kind != "fifo":
        assert quarantined(tmp_path / "archive") == [{"empty": b"", "zeros": bytes(200_000), "garbage": b"garbage" * 99}[kind]]
        assert "forget" in found.remedy
    assert_works(archive, [], numbered(12, 13))
    archive.forget(SESSION, through=MAX_POSITION)
    # The bytes of a session go with it; what was no file of lixcore's is not its to remove.
    assert Path(found.copy).exists() == (kind in {"directory", "fifo"})


def test_a_file_whose_session_cannot_be_known_is_left_and_can_still_be_salvaged(
    archive: HuffArchive, path: Path, tmp_path: Path, numbered: Numbered
) -> None:
    start = edges(path)[0]
    damaged = bytes(start) + path.read_bytes()[start:]
    path.write_bytes(damaged)
    for _ in range(2):
        (found,) = repaired(archive)
        assert not found.is_repaired
        assert "on_damage" in found.remedy
        assert path.read_bytes() == damaged
    assert list(archive.salvage(SESSION).entries) == numbered(*range(2, 12))
    assert quarantined(tmp_path / "archive") == []


@pytest.mark.parametrize("session", [SESSION, SessionKey("x" * 4096, "t" * 4000)])
def test_a_header_of_which_more_than_one_byte_changed_is_known_by_the_files_name(
    archive: HuffArchive, tmp_path: Path, numbered: Numbered, session: SessionKey
) -> None:
    """What the name does not prove is not believed blindly: a mark above what the file holds would refuse new messages."""
    archive.append(session, numbered(5, 6))
    path = file_of(tmp_path / "archive", session)
    data = bytearray(path.read_bytes())
    data[:5] = b"lost!"
    path.write_bytes(data)
    (found,) = repaired(archive)
    assert found.is_repaired
    assert "forget them once more" in found.remedy
    assert list(archive.read(session)) == numbered(5, 6)
    path.write_bytes(b"lost!" + encode_file_header(FileHeader(session.tenant, session.id, 1.0, Position(99)))[5:])
    assert repaired(archive)[0].is_repaired
    archive.append(session, numbered(7))
    assert list(archive.read(session)) == numbered(7)


def test_the_tombstone_of_a_forgotten_session_is_mended_as_well(archive: HuffArchive, path: Path, numbered: Numbered) -> None:
    """Else what was forgotten could come back."""
    archive.forget(SESSION, through=Position(11))
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x20]) + whole[at + 1 :])
        (found,) = repaired(archive)
        assert found.is_repaired
        archive.append(SESSION, numbered(11))
        assert list(archive.read(SESSION)) == []
        info = archive.describe(SESSION)
        assert info is not None
        assert info.forgotten_through == 11


def test_a_lost_last_frame_is_told_with_the_mark_that_it_may_have_had(
    archive: HuffArchive, path: Path, numbered: Numbered
) -> None:
    archive.start_context(SESSION, after=Position(11))
    data = bytearray(path.read_bytes())
    data[edges(path)[-2] + 6] ^= 1
    path.write_bytes(data)
    with pytest.raises(CorruptDataError):
        archive.append(SESSION, numbered(12))
    found = repaired(archive)
    assert any("clear it once more" in finding.remedy for finding in found)
    info = archive.describe(SESSION)
    assert info is not None
    assert info.context_after == 2
    assert_works(archive, numbered(*range(2, 12)), numbered(12))


def test_a_moved_file_goes_back_and_a_copy_is_moved_aside(
    archive: HuffArchive, path: Path, tmp_path: Path, numbered: Numbered
) -> None:
    root = tmp_path / "archive"
    elsewhere = file_of(root, SessionKey("elsewhere"))
    elsewhere.parent.mkdir()
    whole = path.read_bytes()
    damaged = whole[:-20] + b"\0" + whole[-19:]  # both at once
    path.unlink()
    elsewhere.write_bytes(damaged)
    (verified,) = archive.verify(repair=True)
    assert (verified.where, verified.session, verified.messages) == (str(path), SESSION, 8)
    assert all(finding.is_repaired for finding in verified.findings)
    assert not elsewhere.exists()
    assert_works(archive, numbered(*range(2, 10)), numbered(12))
    elsewhere.write_bytes(whole)
    (found,) = repaired(archive)
    assert str(path) in found.remedy
    assert not elsewhere.exists()
    assert whole in quarantined(root)
    archive.append(SessionKey("elsewhere"), numbered(1))
    assert list(archive.read(SESSION)) == [*numbered(*range(2, 10)), *numbered(12)]
    archive.forget(SESSION, through=MAX_POSITION)
    assert quarantined(root) == []


def test_what_was_left_over_is_removed_and_foreign_files_stay(archive: HuffArchive, path: Path, tmp_path: Path) -> None:
    leftover, foreign = path.with_name(path.name + ".new"), path.with_name("notes.txt")
    leftover.write_bytes(path.read_bytes()[:50])
    foreign.write_text("mine")
    in_the_way = next(place for number in range(256) if not (place := tmp_path / "archive" / f"{number:02x}").exists())
    in_the_way.write_text("in the way")
    found = repaired(archive)
    assert {finding.where: finding.is_repaired for finding in found} == {
        str(leftover): True, str(foreign): False, str(in_the_way): True
    }  # fmt: skip
    assert [finding.where for finding in repaired(archive)] == [str(foreign)]
    assert foreign.read_text() == "mine"
    assert not leftover.exists()
    assert quarantined(tmp_path / "archive") == [b"in the way"]


def test_forgetting_leaves_no_unfinished_replacement_behind(archive: HuffArchive, path: Path) -> None:
    leftover = path.with_name(path.name + ".new")
    for through in (0, 5, 11, 11):
        leftover.write_bytes(path.read_bytes())
        archive.forget(SESSION, through=Position(through))
        assert not leftover.exists()
