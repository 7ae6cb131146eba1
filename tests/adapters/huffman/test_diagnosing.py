"""What will cause trouble is told before it does, with what to do; and looking leaves no trace."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lixcore.domain.position import Entry
from lixcore.domain.session import SessionKey
from lixcore.ports.diagnosis import Diagnoses, Diagnosis, Severity
from lixcore_huffman import HuffArchive
from lixcore_huffman.diagnosing import DirectoryDoctor

Numbered = Callable[..., list[Entry]]


class TickingClock:
    """Every look at it takes as long as it is told."""

    def __init__(self, step: float = 0.0) -> None:
        self.time = 0.0
        self.step = step

    def now(self) -> float:
        return 1.7e9

    def monotonic(self) -> float:
        self.time += self.step
        return self.time


def seen(root: Path, *, step: float = 0.001, sync: bool = True, mounts: str = "/nowhere") -> dict[str, Diagnosis]:
    found = list(DirectoryDoctor(str(root), TickingClock(step), sync, mounts).diagnoses())
    assert all(bool(one.advice) == (one.severity is not Severity.OK) for one in found)
    checks = {one.check: one for one in found}
    assert len(checks) == len(found)
    return checks


def bad(found: dict[str, Diagnosis]) -> dict[str, Severity]:
    return {check: one.severity for check, one in found.items() if one.severity is not Severity.OK}


def roomy(
    monkeypatch: pytest.MonkeyPatch, *, free: float = 0.5, size: int = 1 << 40, files: float = 0.5, count: int = 10**6
) -> None:
    status = SimpleNamespace(
        f_frsize=4096, f_blocks=size // 4096, f_bavail=int(size * free) // 4096, f_files=count, f_favail=int(count * files)
    )
    monkeypatch.setattr(os, "statvfs", lambda _: status)


def test_it_has_the_power_and_finds_a_new_archive_sound(archive: HuffArchive) -> None:
    assert isinstance(archive, Diagnoses)
    assert {one.check for one in archive.diagnose()} >= {"archive directory", "archive rights", "archive free space"}


def test_looking_leaves_nothing_behind(archive: HuffArchive, tmp_path: Path, numbered: Numbered) -> None:
    archive.append(SessionKey("s"), numbered(1))
    before = sorted(tmp_path.rglob("*"))
    list(archive.diagnose())
    assert sorted(tmp_path.rglob("*")) == before


def test_all_is_well(archive: HuffArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, numbered: Numbered) -> None:
    archive.append(SessionKey("s"), numbered(1))
    roomy(monkeypatch)
    assert bad(seen(tmp_path / "archive")) == {}


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_a_directory_that_is_not_there(tmp_path: Path, kind: str) -> None:
    if kind == "file":
        (tmp_path / "archive").write_text("in the way")
    assert bad(seen(tmp_path / "archive")) == {"archive directory": Severity.PROBLEM}


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("call", ["open", "pwrite", "rename", "fsync"])
def test_what_the_system_refuses_is_told_and_cleaned_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    roomy(monkeypatch)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        found = seen(tmp_path)
    assert found["archive rights"].severity is Severity.PROBLEM
    assert os.strerror(number) in found["archive rights"].fact
    assert list(tmp_path.iterdir()) == []


def test_a_directory_inside_that_is_closed(
    archive: HuffArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, numbered: Numbered
) -> None:
    """Such as one that another user made; the rights themselves do not stop whoever runs tests as root."""
    roomy(monkeypatch)
    archive.append(SessionKey("s"), numbered(1))
    folder = SessionKey("s").digest.hex()[:2]
    monkeypatch.setattr(os, "access", lambda path, _: not str(path).endswith(f"/{folder}"))
    found = seen(tmp_path / "archive")
    assert bad(found) == {"archive rights": Severity.PROBLEM}
    assert folder in found["archive rights"].fact


@pytest.mark.parametrize(("step", "is_slow"), [(0.049, False), (0.051, True)])
def test_a_slow_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: float, *, is_slow: bool) -> None:
    roomy(monkeypatch)
    found = seen(tmp_path, step=step)
    assert bad(found) == ({"archive disk time": Severity.WARNING} if is_slow else {})
    assert f"{step * 1000:.1f} ms" in found["archive disk time"].fact


@pytest.mark.parametrize(
    ("room", "severity"),
    [
        ({"free": 0.06}, Severity.OK),
        ({"free": 0.04}, Severity.WARNING),
        ({"size": 1 << 30, "free": 0.9}, Severity.WARNING),
        ({"size": 1 << 30, "free": 0.001}, Severity.PROBLEM),
        ({"free": 0.0}, Severity.PROBLEM),
        ({"files": 0.06}, Severity.OK),
        ({"files": 0.04}, Severity.WARNING),
        ({"files": 0.0}, Severity.PROBLEM),
        ({"files": 0.0, "count": 0}, Severity.OK),
        ({"files": 0.04, "free": 0.0}, Severity.PROBLEM),
    ],
)
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: dict[str, Any], severity: Severity) -> None:
    roomy(monkeypatch, **room)
    assert seen(tmp_path)["archive free space"].severity is severity


def test_a_quarantine_with_something_in_it(archive: HuffArchive, tmp_path: Path, numbered: Numbered) -> None:
    archive.append(SessionKey("s"), numbered(1))
    (file,) = (tmp_path / "archive").rglob("*.huff")
    with file.open("ab") as end:
        end.write(b"torn" * 5)
    archive.append(SessionKey("s"), numbered(2))
    found = seen(tmp_path / "archive")["archive quarantine"]
    assert (found.severity, "1 file of 20 bytes" in found.fact) == (Severity.WARNING, True)
    assert "lix verify" in found.advice


def test_writes_that_do_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roomy(monkeypatch)
    assert bad(seen(tmp_path, sync=False)) == {"archive durability": Severity.WARNING}


@pytest.mark.parametrize(
    ("line", "is_told"),
    [
        ("/dev/x {root} ext4 defaults 0 2", True),
        ("/dev/x {root}/ ext4 defaults 0 2", True),
        ("/dev/x {root}/archive ext4 defaults", True),
        ("/dev/x {root} ext4 noauto,nofail 0 2", False),
        ("# /dev/x {root} ext4 defaults 0 2", False),
        ("/dev/x {root}/arch ext4 defaults 0 2", False),
        ("/dev/x {root}/archive/inside ext4 defaults 0 2", False),
        ("/dev/x / ext4 defaults 0 1", False),
        ("/dev/x none swap sw 0 0", False),
        ("nonsense", False),
    ],
)
def test_a_disk_that_is_not_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, *, is_told: bool) -> None:
    """Its mount point is an empty directory, and would pass for an empty archive."""
    roomy(monkeypatch)
    mounts = tmp_path / "fstab"
    mounts.write_text(f"{line.format(root=tmp_path)}\n")
    (tmp_path / "archive").mkdir()
    assert bad(seen(tmp_path / "archive", mounts=str(mounts))) == ({"archive mount": Severity.PROBLEM} if is_told else {})


def test_a_disk_that_is_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roomy(monkeypatch)
    mounts = tmp_path / "fstab"
    mounts.write_text(f"/dev/x {str(tmp_path).replace(' ', chr(92) + '040')} ext4 defaults 0 2\n")
    monkeypatch.setattr(os.path, "ismount", lambda path: path == str(tmp_path))
    assert bad(seen(tmp_path, mounts=str(mounts))) == {}
