"""Torn and damaged files: found, contained, told, and never overwritten without a copy."""

from __future__ import annotations

import contextlib
import os
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, StoreRefusedError
from lixcore_huffman import HuffArchive
from lixcore_huffman.format.file_header import FileHeader, encode_file_header
from lixcore_huffman.session_file import SessionFile

SESSION = SessionKey("worn", "out")
Numbered = Callable[..., list[Entry]]


@pytest.fixture
def path(archive: HuffArchive, tmp_path: Path, numbered: Numbered) -> Path:
    """The file of a session of four frames: entries 1 to 3, 4 to 6, a mark, 7 to 9."""
    archive.append(SESSION, numbered(1, 2, 3))
    archive.append(SESSION, numbered(4, 5, 6))
    archive.start_context(SESSION, after=Position(2))
    archive.append(SESSION, numbered(7, 8, 9))
    name = SESSION.digest.hex()
    return tmp_path / "archive" / name[:2] / f"{name}.huff"


def frame_ends(path: Path) -> list[int]:
    """Where the header ends, and each frame."""
    with SessionFile(str(path)) as file:
        return [file.start, *(frame.end for frame in file.whole_scan().frames())]


def quarantined(tmp_path: Path) -> list[bytes]:
    folder = tmp_path / "archive" / ".quarantine"
    return [copy.read_bytes() for copy in sorted(folder.iterdir())] if folder.exists() else []


def test_a_file_cut_off_anywhere_reads_up_to_the_cut_and_is_repaired(
    archive: HuffArchive, path: Path, tmp_path: Path, numbered: Numbered
) -> None:
    """Whole frames stay; the torn one is ignored by readers, moved aside by the next writer, and can be sent again."""
    whole = path.read_bytes()
    header_end, first, second, mark, end = frame_ends(path)
    assert end == len(whole)
    everything = numbered(*range(1, 10))
    for cut in range(header_end, len(whole)):
        path.write_bytes(whole[:cut])
        held = 0 if cut < first else 3 if cut < second else 6
        assert list(archive.read(SESSION)) == everything[:held]
        assert list(archive.read(SESSION, last=2)) == everything[:held][-2:]
        info = archive.describe(SESSION)
        assert info is not None
        assert (info.messages, info.context_after) == (held, 2 if cut >= mark else 0)
        archive.append(SESSION, everything)
        assert list(archive.read(SESSION)) == everything
        whole_until = max(edge for edge in (header_end, first, second, mark) if edge <= cut)
        torn = whole[whole_until:cut]
        assert quarantined(tmp_path) == ([torn] if torn else [])
        shutil.rmtree(tmp_path / "archive" / ".quarantine", ignore_errors=True)


def test_a_file_cut_off_in_its_header_is_damaged(archive: HuffArchive, path: Path, numbered: Numbered) -> None:
    """New files take their place whole, so that a short header is no crash; nothing is written over it."""
    whole = path.read_bytes()
    for cut in range(frame_ends(path)[0]):
        path.write_bytes(whole[:cut])
        for use in (
            lambda: archive.read(SESSION),
            lambda: archive.describe(SESSION),
            lambda: archive.append(SESSION, numbered(10)),
            lambda: archive.start_context(SESSION, after=Position(10)),
            lambda: archive.compact(SESSION),
        ):
            with pytest.raises(CorruptDataError, match=str(path)):
                use()
        assert path.read_bytes() == whole[:cut]


@pytest.mark.parametrize("change", [0x01, 0x80, 0xFF])
def test_every_changed_byte_is_told_and_costs_one_frame_at_most(
    archive: HuffArchive, path: Path, numbered: Numbered, change: int
) -> None:
    whole = path.read_bytes()
    edges = frame_ends(path)
    everything = numbered(*range(1, 10))
    groups = [[], everything[:3], everything[3:6], [], everything[6:]]
    for at in range(len(whole)):
        damaged = whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :]
        path.write_bytes(damaged)
        with pytest.raises(CorruptDataError, match=str(path)):
            archive.read(SESSION)
        salvage = archive.salvage(SESSION)
        assert salvage.damage, at
        assert all(str(path) in sentence for sentence in salvage.damage)
        hit = next(index for index, edge in enumerate(edges) if at < edge)
        spared = [entry for index, group in enumerate(groups) for entry in group if index != hit]
        assert [entry for entry in salvage.entries if entry in spared] == spared, at
        assert all(entry in everything for entry in salvage.entries)
        assert path.read_bytes() == damaged


def test_ranges_beside_the_damage_read_as_ever(archive: HuffArchive, path: Path, numbered: Numbered) -> None:
    """Whether the payload or the head of the second frame is damaged."""
    whole = path.read_bytes()
    _, first, second, _, _ = frame_ends(path)
    for at in (first + 5, second - 10):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
        assert list(archive.read(SESSION, last=3)) == numbered(7, 8, 9)
        assert list(archive.read(SESSION, after=Position(6))) == numbered(7, 8, 9)
        assert list(archive.read(SESSION, before=Position(4))) == numbered(1, 2, 3)
        for wanted in ({"last": 4}, {"after": Position(5)}, {"before": Position(5)}, {}):
            with pytest.raises(CorruptDataError, match="positions 4 to 6"):
                archive.read(SESSION, **wanted)
        archive.append(SESSION, numbered(10))
        assert list(archive.read(SESSION, last=4)) == numbered(7, 8, 9, 10)


def test_a_damaged_file_is_not_merged_and_stays(archive: HuffArchive, path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[frame_ends(path)[2] - 10] ^= 1
    path.write_bytes(whole)
    with pytest.raises(CorruptDataError, match=str(path)):
        archive.compact(SESSION)
    assert path.read_bytes() == whole
    assert list(path.parent.iterdir()) == [path]


def test_zeros_and_garbage_after_the_last_frame_are_ignored_and_moved_aside(
    archive: HuffArchive, path: Path, tmp_path: Path, numbered: Numbered
) -> None:
    whole = path.read_bytes()
    for tail in (bytes(1), bytes(70_000), b"garbage " * 9, whole[-30:-8], os.urandom(5000)):
        path.write_bytes(whole + tail)
        assert list(archive.read(SESSION)) == numbered(*range(1, 10))
        archive.append(SESSION, numbered(10))
        assert list(archive.read(SESSION)) == numbered(*range(1, 11))
        assert tail in quarantined(tmp_path)


def test_a_frame_whose_end_is_zeros_was_never_acknowledged(archive: HuffArchive, path: Path, numbered: Numbered) -> None:
    """After a crash the file may have its new length and not its new bytes."""
    whole = path.read_bytes()
    last = frame_ends(path)[3]
    for zeros in range(8, len(whole) - last + 1):
        path.write_bytes(whole[:-zeros] + bytes(zeros))
        assert list(archive.read(SESSION)) == numbered(*range(1, 7))


def test_a_file_of_zeros_is_damaged(archive: HuffArchive, path: Path, numbered: Numbered) -> None:
    path.write_bytes(bytes(len(path.read_bytes())))
    with pytest.raises(CorruptDataError, match="does not begin as"):
        archive.read(SESSION)
    with pytest.raises(CorruptDataError, match="does not begin as"):
        archive.append(SESSION, numbered(10))
    assert not any(path.read_bytes())


def test_a_message_that_looks_like_a_frame_is_not_taken_for_one(
    archive: HuffArchive, path: Path, tmp_path: Path, make_archive: Any
) -> None:
    """Frames of another file, sent as a message, do not appear when the frame around them is damaged."""
    forged = path.read_bytes()[frame_ends(path)[0] :] * 3
    victim = SessionKey("victim")
    archive.append(victim, [Entry(Position(1), 1.0, os.urandom(300) + forged)])
    archive.append(victim, [Entry(Position(2), 1.0, b"next")])
    name = victim.digest.hex()
    file = tmp_path / "archive" / name[:2] / f"{name}.huff"
    data = bytearray(file.read_bytes())
    data[frame_ends(file)[0] + 6] ^= 1
    file.write_bytes(data)
    assert [entry.position for entry in make_archive(tmp_path / "archive").salvage(victim).entries] == [2]


def test_one_damaged_file_does_not_hide_the_other_sessions(archive: HuffArchive, path: Path, numbered: Numbered) -> None:
    others = [SessionKey(f"other {number}") for number in range(20)]
    archive.append_many([(other, numbered(1)) for other in others])
    path.write_bytes(b"nonsense")
    listed = archive.sessions()
    seen = {next(listed).session for _ in others}
    assert seen == set(others)
    with pytest.raises(CorruptDataError, match=str(path)):
        next(listed)


def test_a_newer_version_is_refused_and_stays(archive: HuffArchive, path: Path, numbered: Numbered) -> None:
    data = bytearray(path.read_bytes())
    start = frame_ends(path)[0]
    data[4] = 200
    data[start - 4 : start] = zlib.crc32(data[: start - 4]).to_bytes(4, "little")
    path.write_bytes(data)
    for use in (lambda: archive.read(SESSION), lambda: archive.append(SESSION, numbered(10))):
        with pytest.raises(StoreRefusedError, match="version 200"):
            use()
    assert path.read_bytes() == data


def test_a_directory_in_place_of_the_file_is_told(archive: HuffArchive, path: Path, numbered: Numbered) -> None:
    path.unlink()
    path.mkdir()
    for use in (lambda: archive.read(SESSION), lambda: archive.append(SESSION, numbered(10))):
        with pytest.raises(CorruptDataError, match=str(path)):
            use()


def test_another_sessions_file_is_not_read_as_ones_own(archive: HuffArchive, path: Path, numbered: Numbered) -> None:
    stranger = SessionKey("stranger")
    archive.append(stranger, numbered(1))
    name = stranger.digest.hex()
    foreign = path.parent.parent / name[:2] / f"{name}.huff"
    foreign.write_bytes(path.read_bytes())
    with pytest.raises(CorruptDataError, match="another session"):
        archive.read(stranger)
    with pytest.raises(CorruptDataError, match="another session"):
        archive.append(stranger, numbered(20))


@pytest.mark.parametrize("tenant", ["out", "t" * 4100, ""])
def test_a_file_in_another_ones_place_is_not_listed_as_its_session(
    archive: HuffArchive, path: Path, numbered: Numbered, tenant: str
) -> None:
    """Else a copy would double its session in every list and export; and no header can name what is no session."""
    archive.append(SessionKey("bystander"), numbered(1))
    foreign = path.parent / f"{'00' * 32}.huff"
    mark = path.read_bytes()[5:9]
    foreign.write_bytes(encode_file_header(FileHeader(tenant, SESSION.id, 0.0, mark=mark)))
    with foreign.open("ab") as file:
        file.write(path.read_bytes()[frame_ends(path)[0] :])
    listed: list[str] = []
    with pytest.raises(CorruptDataError, match=str(foreign)):
        listed.extend(info.session.id for info in archive.sessions())
    assert sorted(listed) == sorted([SESSION.id, "bystander"])


def test_forgetting_removes_damaged_parts_and_quarantine_as_well(
    archive: HuffArchive, path: Path, tmp_path: Path, numbered: Numbered
) -> None:
    path.write_bytes(path.read_bytes()[:-3])
    archive.append(SESSION, numbered(20))
    assert len(quarantined(tmp_path)) == 1
    data = bytearray(path.read_bytes())
    data[frame_ends(path)[1] + 6] ^= 1
    path.write_bytes(data)
    archive.forget(SESSION, through=Position(20))
    assert quarantined(tmp_path) == []
    left = b"".join(file.read_bytes() for file in (tmp_path / "archive").rglob("*") if file.is_file())
    assert b"message" not in left
    assert b"worn" not in left
    assert b"out" not in left
    assert list(archive.read(SESSION)) == []


def test_forgetting_that_was_stopped_half_way_can_be_done_again_to_the_end(
    archive: HuffArchive, path: Path, tmp_path: Path, numbered: Numbered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is told that nothing is held has no reason to forget it again; so nothing may be left by then."""
    path.write_bytes(path.read_bytes()[:-3])
    archive.append(SESSION, numbered(20))
    assert len(quarantined(tmp_path)) == 1
    steps = iter(range(100))

    def stopping(name: str, stop_before: int) -> None:
        real = getattr(os, name)

        def step(*arguments: Any) -> Any:
            if next(steps) == stop_before:
                raise KeyboardInterrupt
            return real(*arguments)

        monkeypatch.setattr(os, name, step)

    for stop_before in range(4):
        steps = iter(range(100))
        stopping("unlink", stop_before)
        stopping("rename", stop_before)
        with contextlib.suppress(KeyboardInterrupt):
            archive.forget(SESSION, through=Position(20))
        monkeypatch.undo()
        info = archive.describe(SESSION)
        assert info is not None
        assert info.messages or quarantined(tmp_path) == []
    assert list(archive.read(SESSION)) == []
