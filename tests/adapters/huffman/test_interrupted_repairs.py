"""A repair that fails or is killed anywhere leaves the old file or the new one, and the old bytes."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lixcore.domain.position import Entry
from lixcore.domain.session import SessionKey
from lixcore.ports.verification import Verified
from lixcore_huffman import HuffArchive
from worn_archive import SESSION, assert_works, edges, file_of, quarantined, repaired

Numbered = Callable[..., list[Entry]]


@pytest.mark.parametrize("call", ["open", "pwrite", "fdatasync", "rename"])
def test_a_repair_that_fails_is_told_and_hides_no_other_file(  # noqa: PLR0917  # fixtures
    make_archive: Any,
    archive: HuffArchive,
    path: Path,
    tmp_path: Path,
    numbered: Numbered,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
) -> None:
    others = {SessionKey(f"other {number}") for number in range(9)}
    archive.append_many([(other, numbered(1)) for other in others])
    data = bytearray(path.read_bytes())
    data[edges(path)[1] + 6] ^= 1
    path.write_bytes(data)
    durable = make_archive(tmp_path / "archive", sync=True)
    real = getattr(os, call)

    def refusing(what: Any, *arguments: Any, **named: Any) -> Any:
        if call != "open" or ".quarantine" in str(what):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(what, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refusing)
        patch.setattr("lixcore_huffman.durable_files._sync_data", refusing if call == "fdatasync" else os.fdatasync)
        found: list[Verified] = list(durable.verify(repair=True))
    (finding,) = (finding for verified in found for finding in verified.findings)
    assert not finding.is_repaired
    assert "No space left" in finding.remedy
    assert {verified.session for verified in found} == {SESSION, *others}
    assert path.read_bytes() == data
    assert all(finding.is_repaired for finding in repaired(durable))
    assert_works(durable, numbered(2, 3, *range(7, 12)), numbered(12))


# Each round repairs a fresh copy of the same damage and is killed just before, or just after, its n-th call of the system.
KILLED_REPAIR = f"""
import os, shutil, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import conftest
from pathlib import Path

CALLS = ["open", "pwrite", "fsync", "fdatasync", "rename", "unlink", "mkdir", "ftruncate", "truncate", "close"]

def die(n, after):
    count = iter(range(n))
    def deadly(real):
        def call(*arguments, **named):
            is_last = next(count, None) is None
            result = real(*arguments, **named) if after or not is_last else None
            if is_last:
                os.kill(os.getpid(), signal.SIGKILL)
            return result
        return call
    from lixcore_huffman import durable_files
    for name in CALLS:
        setattr(os, name, deadly(getattr(os, name)))
    durable_files._sync_data = os.fdatasync

base = Path(sys.argv[1])
for after in (False, True):
    for n in range(1000):
        root = base / f"{{after}}-{{n}}"
        shutil.copytree(base / "damaged", root)
        child = os.fork()
        if child == 0:
            archive = conftest._make_archive(root, sync=True)
            die(n, after)
            list(archive.verify(repair=True))
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            break
"""


@pytest.mark.share(2)
@pytest.mark.parametrize("damage", ["head", "header", "torn", "zeros", "moved"])
def test_a_repair_killed_at_any_call_leaves_the_old_file_or_the_new_one(  # noqa: PLR0917  # fixtures
    archive: HuffArchive, make_archive: Any, path: Path, tmp_path: Path, numbered: Numbered, damage: str
) -> None:
    data = bytearray(path.read_bytes())
    if damage == "moved":
        path.rename(path.parent / f"{'00' * 32}.huff")
    else:
        if damage == "head":
            data[edges(path)[1] + 6] ^= 1
        elif damage == "header":
            data[12] ^= 1
        data = data[:-9] if damage == "torn" else bytearray(len(data)) if damage == "zeros" else data
        path.write_bytes(data)
    held = list(archive.salvage(SESSION).entries) if damage != "moved" else numbered(*range(2, 12))
    (tmp_path / "archive").rename(tmp_path / "damaged")
    subprocess.run([sys.executable, "-c", KILLED_REPAIR, str(tmp_path)], check=True)  # noqa: S603  # ours
    rounds = [root for root in tmp_path.iterdir() if root.name != "damaged"]
    assert len(rounds) > 20
    before = file_of(tmp_path / "damaged", SESSION)
    for root in rounds:
        now = make_archive(root, sync=True)
        file = file_of(root, SESSION)
        is_old = file.exists() == before.exists() and (not file.exists() or file.read_bytes() == data)
        if not is_old:
            if damage != "moved":
                kept = quarantined(root)
                assert any(copy and bytes(data).endswith(copy) for copy in kept), root
            assert list(now.salvage(SESSION).entries) == held
        again = [finding for verified in now.verify(repair=True) for finding in verified.findings]
        assert all(finding.is_repaired for finding in again)
        assert_works(now, held, numbered(40))


def test_a_repair_waits_for_the_medium_before_and_after(
    make_archive: Any, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy, its name, the new file, its name: each before the next thing is done."""
    data = bytearray(path.read_bytes())
    data[edges(path)[1] + 6] ^= 1
    path.write_bytes(data)
    durable = make_archive(tmp_path / "archive", sync=True)
    steps: list[str] = []

    def noting(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(what: Any, *arguments: Any) -> Any:
            where = Path(what if isinstance(what, str) else Path(f"/proc/self/fd/{what}").readlink())
            steps.append(f"{name} {'/'.join(where.relative_to(tmp_path / 'archive').parts[:1])} {where.suffix}".strip())
            return real(what, *arguments)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", noting("rename", os.rename))
        patch.setattr("lixcore_huffman.durable_files._sync_data", noting("data", os.fdatasync))
        patch.setattr(os, "fsync", noting("name", os.fsync))
        assert all(finding.is_repaired for finding in repaired(durable))
    folder = path.parent.name
    copy = next((tmp_path / "archive" / ".quarantine").iterdir()).suffix
    new = f"{folder} .new"
    kept = ["name", f"data .quarantine {copy}", "name .quarantine", "name"]
    assert steps == [*kept, f"data {new}", f"rename {new}", f"name {folder}"]
