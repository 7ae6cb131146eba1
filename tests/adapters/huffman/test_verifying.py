"""Verifying finds whatever is wrong, says where, changes nothing, and takes nobody's work for damage."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError, StoreUnavailableError
from lixcore.ports.verification import Finding, Verified, Verifies
from lixcore_huffman import HuffArchive
from lixcore_huffman.format.frame import TRAILER
from lixcore_huffman.locks import WriterLocks
from worn_archive import SESSION, edges

pytestmark = pytest.mark.share(2)

Numbered = Callable[..., list[Entry]]


def findings(archive: HuffArchive) -> list[Finding]:
    return [finding for verified in archive.verify() for finding in verified.findings]


def everything_in(root: Path) -> dict[str, bytes]:
    """All files but the locks, whose only content is a note."""
    files = (path for path in root.rglob("*") if path.is_file() and ".locks" not in path.parts)
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def test_it_has_the_power(archive: HuffArchive) -> None:
    assert isinstance(archive, Verifies)


def test_a_whole_archive_is_counted_file_by_file(archive: HuffArchive, path: Path, numbered: Numbered) -> None:
    others = [SessionKey(f"other {number}") for number in range(30)]
    archive.append_many([(other, numbered(*range(1, 5))) for other in others])
    archive.forget(others[0], through=Position(4))
    found = list(archive.verify())
    assert [verified.where for verified in found] == sorted(str(file) for file in path.parent.parent.rglob("*.huff"))
    assert {(verified.session, verified.messages) for verified in found} == {
        (SESSION, 10), (None, 0), *((other, 4) for other in others[1:])
    }  # fmt: skip
    assert findings(archive) == []


@pytest.mark.parametrize("change", [0x01, 0xFF])
def test_every_changed_byte_is_found(archive: HuffArchive, path: Path, tmp_path: Path, change: int) -> None:
    whole = path.read_bytes()
    for at in range(len(whole)):
        damaged = whole[:at] + bytes([whole[at] ^ change]) + whole[at + 1 :]
        path.write_bytes(damaged)
        found = findings(archive)
        assert found, at
        assert all(finding.where == str(path) and not finding.is_repaired and finding.copy is None for finding in found)
        assert all(finding.reason for finding in found)
        assert everything_in(tmp_path / "archive") == {str(path.relative_to(tmp_path / "archive")): damaged}


def test_every_cut_is_found_but_one_between_frames(archive: HuffArchive, path: Path) -> None:
    """What is missing at the end of a file, frame by frame, cannot be known from the file."""
    whole, between = path.read_bytes(), edges(path)
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        found = findings(archive)
        assert bool(found) == (cut not in between), cut
        if cut > between[0]:
            assert all("unfinished write" in finding.reason for finding in found)


def test_every_frame_that_was_cut_out_is_found(archive: HuffArchive, path: Path) -> None:
    """Checksums do not tell; the totals do, wherever another frame follows."""
    whole, between = path.read_bytes(), edges(path)
    for start, end in pairwise(between[:-1]):
        path.write_bytes(whole[:start] + whole[end:])
        (found,) = findings(archive)
        assert "frames are missing" in found.reason
    path.write_bytes(whole[: between[2]] + whole[between[1] : between[2]] + whole[between[2] :])
    assert all("frames are missing or doubled" in found.reason for found in findings(archive))
    assert findings(archive)


@pytest.mark.parametrize("content", [b"", bytes(700), bytes(300_000), b"CAv1 but not quite", b"\x89HUF\x01"])
def test_a_file_of_nothing_is_found(archive: HuffArchive, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    (found,) = findings(archive)
    assert "nothing that can be read" in found.reason


def test_a_payload_that_is_no_block_is_found_though_its_checksum_is_right(
    archive: HuffArchive, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A faulty codec, or one without its dictionary; what is stored is not to be blamed, and stays when it is repaired."""

    def refuse(*_: object, **__: object) -> bytes:
        return b"something else"

    whole = path.read_bytes()
    for repair in (False, True):
        with monkeypatch.context() as patch:
            patch.setattr("lixcore_huffman.session_file.decoded_block", refuse)
            found = [finding for verified in archive.verify(repair=repair) for finding in verified.findings]
        assert len(found) == 4
        assert all("cannot be decoded" in finding.reason and not finding.is_repaired for finding in found)
        assert path.read_bytes() == whole


def test_other_things_in_the_place_of_files_are_found(archive: HuffArchive, path: Path, numbered: Numbered) -> None:
    stranger = SessionKey("stranger")
    archive.append(stranger, numbered(1))
    name = stranger.digest.hex()
    folder = path.parent.parent / name[:2]
    (folder / f"{name}.huff").unlink()
    (folder / f"{name}.huff").mkdir()
    (folder / "notes.txt").write_text("what is this?")
    (folder / ".nfs000001").write_text("removed, but open somewhere")
    os.mkfifo(folder / f"{'ab' * 32}.huff")
    (folder / f"{'cd' * 32}.huff").symlink_to(folder / "nowhere")
    (folder / f"{'ef' * 32}.huff.new").write_text("a replacement")
    free = next(number for number in range(256) if not (path.parent.parent / f"{number:02x}").exists())
    (path.parent.parent / f"{free:02x}").write_text("a file for a directory")
    (path.parent.parent / "conversation.huff").write_text("another program's")
    assert {Path(finding.where).name for finding in findings(archive)} == {
        f"{name}.huff", "notes.txt", f"{'ab' * 32}.huff", f"{'cd' * 32}.huff", f"{'ef' * 32}.huff.new", f"{free:02x}"
    }  # fmt: skip


def test_a_file_that_was_moved_or_copied_is_found(archive: HuffArchive, path: Path) -> None:
    elsewhere = path.parent.parent / "00"
    elsewhere.mkdir(exist_ok=True)
    for place in (path.parent / f"{'00' * 32}.huff", elsewhere / path.name):
        shutil.copy(path, place)
        (found,) = findings(archive)
        assert (found.where, "another session" in found.reason) == (str(place), True)
        place.unlink()
    path.rename(elsewhere / path.name)
    (found,) = findings(archive)
    assert str(path) in found.remedy


def test_a_newer_version_is_found_and_left(archive: HuffArchive, path: Path) -> None:
    data = bytearray(path.read_bytes())
    start = edges(path)[0]
    data[4] = 200
    data[start - 4 : start] = zlib.crc32(data[: start - 4]).to_bytes(4, "little")
    path.write_bytes(data)
    for repair in (False, True):
        (verified,) = archive.verify(repair=repair)
        assert "version 200" in verified.findings[0].reason
        assert path.read_bytes() == data


@pytest.mark.parametrize("call", ["open", "pread"])
def test_what_cannot_be_read_is_found_and_hides_nothing_else(
    archive: HuffArchive, path: Path, numbered: Numbered, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    others = {SessionKey(f"other {number}") for number in range(9)}
    archive.append_many([(other, numbered(1)) for other in others])
    real = getattr(os, call)

    def refusing(what: Any, *arguments: Any, **named: Any) -> Any:
        where = what if call == "open" else str(Path(f"/proc/self/fd/{what}").readlink())
        if where == str(path):
            raise OSError(errno.EACCES if call == "open" else errno.EIO, "refused", where)
        return real(what, *arguments, **named)

    before = path.read_bytes()
    for repair in (False, True):
        with monkeypatch.context() as patch:
            patch.setattr(os, call, refusing)
            found = list(archive.verify(repair=repair))
        assert {verified.session for verified in found} == {None, *others}
        (finding,) = (finding for verified in found for finding in verified.findings)
        assert (finding.where, finding.is_repaired, "cannot be read" in finding.reason) == (str(path), False, True)
        assert path.read_bytes() == before


def test_an_unfinished_write_is_none_while_the_writer_is_at_work(
    archive: HuffArchive, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer holds its lock; whoever verifies waits for it, and looks again."""
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    leftover = path.with_name(path.name + ".new")
    leftover.write_bytes(b"half")
    real = WriterLocks.held_for

    def finishing(locks: WriterLocks, stripes: Any) -> Any:
        path.write_bytes(whole)  # by the time that the lock is had, the writer is done
        leftover.unlink(missing_ok=True)
        return real(locks, stripes)

    monkeypatch.setattr(WriterLocks, "held_for", finishing)
    for repair in (False, True):
        path.write_bytes(whole[:-9])
        leftover.write_bytes(b"half")
        assert [verified.findings for verified in archive.verify(repair=repair)] == [[]]
    assert everything_in(tmp_path / "archive") == {str(path.relative_to(tmp_path / "archive")): whole}


@pytest.mark.parametrize("kind", ["torn", "leftover"])
def test_an_archive_that_may_only_be_read_is_verified_and_not_repaired(
    archive: HuffArchive, path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """A backup on a read-only file system."""
    damaged = path.read_bytes()[: -9 if kind == "torn" else None]
    path.write_bytes(damaged)
    if kind == "leftover":
        path.with_name(path.name + ".new").write_bytes(b"half")
    real = os.open

    def refusing(where: Any, flags: int, *arguments: Any, **named: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), where)
        return real(where, flags, *arguments, **named)

    monkeypatch.setattr(os, "open", refusing)
    for repair in (False, True):
        (finding,) = (finding for verified in archive.verify(repair=repair) for finding in verified.findings)
        assert not finding.is_repaired
        assert "its lock cannot be had (Read-only file system)" in finding.remedy
    assert path.read_bytes() == damaged


WRITER = f"""
import sys
import zlib
sys.path.insert(0, {str(Path(__file__).parent)!r})
import conftest
from pathlib import Path
from lixcore.domain.session import SessionKey
archive = conftest._make_archive(Path(sys.argv[1]), block_bytes=4096)
first = int(sys.argv[2])
for start in range(first, 400, 3):
    archive.append(SessionKey("shared"), conftest._numbered(start, start + 1, size=300))
    archive.append(SessionKey(f"own {{first}}"), conftest._numbered(start))
    if start % 5 == 0:
        archive.compact(SessionKey("shared"))
    if start % 40 == 0:
        archive.forget(SessionKey("shared"), through=start - 30)
"""


@pytest.mark.parametrize("repair", [False, True])
def test_nothing_is_found_or_changed_while_others_append_merge_and_forget(
    archive: HuffArchive, tmp_path: Path, *, repair: bool
) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "archive")]
    writers = [subprocess.Popen([*command, str(first)]) for first in (1, 2, 3)]  # noqa: S603  # ours
    rounds = 0
    while any(writer.poll() is None for writer in writers):
        found: Sequence[Verified] = list(archive.verify(repair=repair))
        assert [verified for verified in found if verified.findings] == []
        rounds += 1
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert rounds > 3
    assert {verified.messages for verified in archive.verify() if verified.session == SessionKey("shared")} == {
        len(archive.read(SessionKey("shared")))
    }
    assert not (tmp_path / "archive" / ".quarantine").exists()


def test_an_archive_that_is_gone_or_closed_says_so(archive: HuffArchive, path: Path, tmp_path: Path) -> None:
    (tmp_path / "archive").rename(tmp_path / "moved")
    with pytest.raises(StoreUnavailableError):
        list(archive.verify())
    archive.close()
    with pytest.raises(ClosedError):
        list(archive.verify())
    assert not path.exists()


def test_memory_is_bounded_by_a_block(archive: HuffArchive, monkeypatch: pytest.MonkeyPatch, numbered: Numbered) -> None:
    """However long the history is, no read is longer than a block, and none is kept."""
    for start in range(1, 6001, 1000):
        archive.append(SESSION, numbered(*range(start, start + 1000), size=200))
    sizes: list[int] = []
    real = os.pread

    def noting(handle: int, size: int, at: int) -> bytes:
        data = real(handle, size, at)
        sizes.append(len(data))
        return data

    monkeypatch.setattr(os, "pread", noting)
    (verified,) = archive.verify()
    assert verified.messages == 6000
    assert max(sizes) <= 65_536 + 8192 + TRAILER.size
