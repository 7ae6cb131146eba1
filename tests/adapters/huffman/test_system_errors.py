"""What the operating system refuses: an error that names the file, and everything that was there stays."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError, CorruptDataError, StoreError, StoreFullError, StoreRefusedError, StoreUnavailableError
from lixcore_huffman import HuffArchive
from lixcore_huffman.appending import Pending

pytestmark = pytest.mark.share(3)

SESSION = SessionKey("s")
Numbered = Callable[..., list[Entry]]


def file_of(tmp_path: Path) -> Path:
    name = SESSION.digest.hex()
    return tmp_path / "archive" / name[:2] / f"{name}.huff"


@pytest.mark.parametrize("limit", [0, 50, 200, 600])
@pytest.mark.parametrize("is_new", [True, False])
def test_a_full_disk_is_told_and_changes_nothing(
    archive: HuffArchive, tmp_path: Path, numbered: Numbered, limit: int, *, is_new: bool
) -> None:
    """The limit on a file's size makes real writes fail, in part too."""
    if not is_new:
        archive.append(SESSION, numbered(1, 2))
    before = list(archive.read(SESSION))
    program = f"""
import resource, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import conftest
from pathlib import Path
from lixcore.domain.position import Entry
from lixcore.domain.session import SessionKey
from lixcore.errors import StoreFullError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
archive = conftest._make_archive(Path({str(tmp_path / "archive")!r}), sync=True)
size = Path({str(file_of(tmp_path))!r}).stat().st_size if {not is_new} else 0
resource.setrlimit(resource.RLIMIT_FSIZE, (size + {limit}, resource.RLIM_INFINITY))
import os
try:
    archive.append(SessionKey("s"), [Entry(3, 1.0, os.urandom(3000))])
except StoreFullError as error:
    print(error.where)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603  # ours
    assert ran.stdout.strip().startswith(str(file_of(tmp_path)))
    assert list(archive.read(SESSION)) == before
    assert file_of(tmp_path).exists() == (not is_new)
    archive.append(SESSION, numbered(1, 2, 3))
    assert [entry.position for entry in archive.read(SESSION)] == [1, 2, 3]
    assert not (tmp_path / "archive" / ".quarantine").exists()  # what was cut back was no damage


ERRORS = [
    (errno.ENOSPC, StoreFullError),
    (errno.EDQUOT, StoreFullError),
    (errno.EROFS, StoreRefusedError),
    (errno.EACCES, StoreRefusedError),
    (errno.EIO, StoreUnavailableError),
    (errno.EMFILE, StoreUnavailableError),
]


@pytest.mark.parametrize(("number", "kind"), ERRORS)
@pytest.mark.parametrize("call", ["open", "pread", "pwrite", "fsync", "fdatasync", "rename", "ftruncate"])
def test_each_error_of_each_call_is_told_and_loses_nothing(  # noqa: PLR0917  # one case of a table
    archive: HuffArchive,
    make_archive: Any,
    tmp_path: Path,
    numbered: Numbered,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    number: int,
    kind: type[StoreError],
) -> None:
    archive.append(SESSION, numbered(1, 2))
    durable = make_archive(tmp_path / "archive", sync=True)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    writes: list[Callable[[], object]] = [
        lambda: durable.append(SESSION, numbered(3)),
        lambda: durable.append_many([(SESSION, numbered(3)), (SessionKey("new"), numbered(1))]),
        lambda: durable.compact(SESSION),
        lambda: durable.forget(SESSION, through=Position(1)),
    ]
    for write in writes:
        with monkeypatch.context() as patch:
            target = "lixcore_huffman.durable_files._sync_data" if call == "fdatasync" else f"os.{call}"
            patch.setattr(target, refuse)
            try:
                write()
            except kind as error:
                assert str(tmp_path) in error.where  # noqa: PT017  # the call may also not be needed
        held = [entry.position for entry in archive.read(SESSION, after=Position(1))]
        assert held in ([2], [2, 3])
    archive.append(SESSION, numbered(2, 3))
    assert [entry.position for entry in archive.read(SESSION, after=Position(1))] == [2, 3]


def test_a_failed_wait_for_the_disk_takes_the_write_back(
    archive: HuffArchive, make_archive: Any, tmp_path: Path, numbered: Numbered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After such an error the system may have dropped the bytes: nobody may take them for held."""
    archive.append(SESSION, numbered(1))
    durable = make_archive(tmp_path / "archive", sync=True)

    def refuse(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr("lixcore_huffman.durable_files._sync_data", refuse)
        with pytest.raises(StoreUnavailableError) as caught:
            durable.append(SESSION, numbered(2))
    assert caught.value.outcome_unknown
    assert list(archive.read(SESSION)) == numbered(1)


def test_the_directory_is_a_file(tmp_path: Path, make_archive: Any) -> None:
    (tmp_path / "archive").write_text("in the way")
    with pytest.raises(CorruptDataError, match=str(tmp_path / "archive")):
        make_archive(tmp_path / "archive")


def test_a_directory_that_vanished_is_not_an_empty_archive(archive: HuffArchive, tmp_path: Path) -> None:
    (tmp_path / "archive").rename(tmp_path / "moved")
    with pytest.raises(StoreUnavailableError, match="is gone"):
        archive.read(SESSION)
    with pytest.raises(StoreUnavailableError):
        list(archive.sessions())


def test_no_use_after_close(archive: HuffArchive, numbered: Numbered) -> None:
    archive.close()
    archive.close()
    for use in (lambda: archive.read(SESSION), lambda: archive.append(SESSION, numbered(1)), lambda: list(archive.sessions())):
        with pytest.raises(ClosedError):
            use()


def test_what_is_finished_is_not_undone_by_an_interrupt_that_comes_then(tmp_path: Path) -> None:
    """By then its number may be the handle of another thread's file, which would be cut off and closed."""
    mine, others = tmp_path / "mine", tmp_path / "others"
    others.write_bytes(b"x" * 100)
    pending = Pending(str(mine), os.open(mine, os.O_RDWR | os.O_CREAT), cut_to=0)
    number = pending.handle
    pending.finish()
    with others.open("r+b") as file:
        assert file.fileno() == number
        pending.abandon()
        assert os.fstat(file.fileno()).st_size == 100


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc, where nobody can make a directory: run it on Linux")
def test_a_directory_that_cannot_be_made_is_told(make_archive: Callable[..., HuffArchive]) -> None:
    with pytest.raises(StoreUnavailableError, match="/proc/none"):
        make_archive(Path("/proc/none/archive"))
