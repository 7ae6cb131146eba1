"""The name of a session's file is on the medium before anything in it is acknowledged, whoever wrote the file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lixcore.domain.position import Entry
from lixcore.domain.session import SessionKey

SESSION = SessionKey("named")
Numbered = Callable[..., list[Entry]]
# Killed at the n-th wait for a directory: the file has its name, or its directory has, but maybe not on the medium.
KILLED_WRITER = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import conftest
from pathlib import Path
from lixcore.domain.session import SessionKey
from lixcore_huffman import durable_files

archive = conftest._make_archive(Path(sys.argv[1]), sync=True)
waits = iter(range(int(sys.argv[2])))
real = os.fsync
def fsync(handle):
    if next(waits, None) is None:
        os._exit(7)
    real(handle)
os.fsync = fsync
archive.append(SessionKey("named"), conftest._numbered(1))
"""


def waited_for(monkeypatch: pytest.MonkeyPatch, use: Callable[[], object]) -> list[str]:
    """The directories that ``use`` waits for."""
    directories: list[str] = []
    real = os.fsync

    def noting(handle: int) -> None:
        directories.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", noting)
        use()
    return directories


@pytest.mark.parametrize("waits", [0, 1])
def test_what_a_killed_writer_did_not_wait_for_the_next_one_does(
    tmp_path: Path, make_archive: Any, numbered: Numbered, monkeypatch: pytest.MonkeyPatch, waits: int
) -> None:
    """Else an acknowledged message would be in a file that has no name after a loss of power."""
    root = tmp_path / "archive"
    archive = make_archive(root, sync=True)
    ran = subprocess.run([sys.executable, "-c", KILLED_WRITER, str(root), str(waits)], check=False)  # noqa: S603  # ours
    assert ran.returncode == 7
    folder = str(root / SESSION.digest.hex()[:2])
    assert (waits == 1) == bool(archive.read(SESSION))
    waited = waited_for(monkeypatch, lambda: archive.append(SESSION, numbered(1, 2)))
    assert {folder, str(root)} <= set(waited)
    assert waited_for(monkeypatch, lambda: archive.append(SESSION, numbered(3))) == []
    assert list(archive.read(SESSION)) == numbered(1, 2, 3)


def test_who_is_not_killed_leaves_nothing_to_wait_for(
    tmp_path: Path, make_archive: Any, numbered: Numbered, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "archive"
    archive = make_archive(root, sync=True)
    folder = str(root / SESSION.digest.hex()[:2])
    assert waited_for(monkeypatch, lambda: archive.append(SESSION, numbered(1))) == [str(root), folder]
    for number in range(2, 60):
        assert waited_for(monkeypatch, lambda number=number: archive.append(SESSION, numbered(number))) == []  # type: ignore[misc]
    assert waited_for(monkeypatch, lambda: archive.compact(SESSION)) == [folder]
    assert waited_for(monkeypatch, lambda: archive.append(SESSION, numbered(60))) == []
    other = make_archive(root, sync=True)
    assert waited_for(monkeypatch, lambda: other.append(SESSION, numbered(61))) == []
