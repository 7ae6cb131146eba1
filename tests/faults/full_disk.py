"""(d) Disks that are full at any size, that fail to write, to sync or to rename, and that become read-only."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

from fault_ground import Ground, Site
from fault_rows import Result, Scenario
from worker_record import HARMED, RAISED, REFUSED

MIX = {"add": 40, "context": 6, "history": 1, "evict": 2, "compact": 2, "flush": 2}
CALLS = {
    "full": ("writes fail: disk full", {"pwrite": errno.ENOSPC, "fdatasync": errno.ENOSPC}),
    "broken": ("writes fail: medium broken", {"pwrite": errno.EIO}),
    "unsynced": ("fsync fails", {"fsync": errno.EIO, "fdatasync": errno.EIO}),
    "unnamed": ("rename fails", {"rename": errno.ENOSPC}),
}
ROOM_BYTES = {"redis": 96 * 1024, "sqlite": 512 * 1024}  # of a file system of our own: enough to begin, and soon full


def limited_files(
    ground: Ground, seed: int, size: Mapping[str, Any], *, hot: str, mode: str = "overflow", on_failure: str = "raise"
) -> Result:
    """No file of a worker may grow beyond a size of its own, from a few bytes to more than it needs; then all may."""
    with ground.site(hot, seed, write_mode=mode, on_hot_store_failure=on_failure) as site:
        site.sessions = ["one", "two"]
        smallest = 0 if hot == "redis" else 60_000  # a database that cannot be made at all is no store
        for number in range(size["limits"]):
            limit = smallest + site.chance.randrange(1, 12_000 if hot == "redis" else 400_000)
            site.crew.start(site.task(f"w{number}", adds=size["adds"], mix=MIX, sabotage={"file_limit": limit}))
            if len(site.crew.alive) == 3:
                site.crew.wait_for(lambda: len(site.crew.alive) < 3, what="the end of a worker", timeout=600)
        site.crew.finish(timeout=600)
        site.crew.start(site.task("after", adds=20, mix=MIX))
        site.crew.finish()
        return site.judge(runs=size["limits"], account=site.account())


def failing_calls(ground: Ground, seed: int, size: Mapping[str, Any], *, calls: Mapping[str, int], mode: str) -> Result:
    """Now and then a call of the system fails in the archive; with Redis, which has none of them in the worker."""
    with ground.site("redis", seed, write_mode=mode) as site:
        site.sessions = ["one", "two"]
        sabotage = {"calls": {name: {"every": 5, "errno": number} for name, number in calls.items()}}
        site.crew.start(
            *(site.task(f"w{number}", adds=size["adds"], mix=MIX, sabotage=sabotage) for number in range(size["workers"]))
        )
        site.crew.finish(timeout=600)
        site.crew.start(site.task("after", adds=20, mix=MIX))
        site.crew.finish()
        return site.judge(runs=site.crew.count(HARMED))


def small_file_system(
    ground: Ground, seed: int, size: Mapping[str, Any], *, hot: str, read_only: bool = False, on_failure: str = "raise"
) -> Result:
    """Everything is on a file system that fills up, or becomes read-only, and that is put right again."""
    with ground.site(hot, seed, on_hot_store_failure=on_failure) as site, _mounted(site, ROOM_BYTES[hot]) as room:
        site.settings |= {"archive_dir": str(room / "archive")}
        if hot == "sqlite":
            site.settings |= {"sqlite_path": str(room / "hot.sqlite3")}
        site.sessions = ["one", "two"]
        site.padding = 1500 if not read_only else 60
        site.crew.start(*(site.task(f"w{number}", mix=MIX) for number in range(3)))
        for _ in range(size["strikes"]):
            site.crew.wait_for_lines(100)
            if read_only:
                _remount(room, "ro")
            site.crew.wait_for_lines(5, REFUSED, RAISED)
            used = shutil.disk_usage(room).used
            _remount(room, f"rw,size={used + ROOM_BYTES[hot]}")
        site.crew.wait_for_lines(20)
        site.crew.finish()
        _remount(room, "rw,size=64m")
        return site.judge(runs=size["strikes"], account=site.account())


def read_only_directories(ground: Ground, seed: int, size: Mapping[str, Any]) -> Result:
    """The archive's directories lose the right to write, and get it back."""
    with ground.site("redis", seed) as site:
        site.sessions = ["one", "two"]
        site.crew.start(*(site.task(f"w{number}", mix=MIX) for number in range(3)))
        for _ in range(size["strikes"]):
            site.crew.wait_for_lines(100)
            _chmod(site.archive_dir, directory=0o500, file=0o400)
            site.crew.wait_for_lines(5, REFUSED, RAISED)
            _chmod(site.archive_dir, directory=0o700, file=0o600)
        site.crew.wait_for_lines(20)
        site.crew.finish()
        return site.judge(runs=size["strikes"])


@contextmanager
def _mounted(site: Site, size: int) -> Iterator[Path]:
    room = site.directory / "room"
    room.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(room))
    try:
        yield room
    finally:
        site.crew.kill(*site.crew.alive)
        subprocess.run(["umount", "--lazy", str(room)], check=True)  # noqa: S603, S607  # our own mount


def _remount(room: Path, how: str) -> None:
    # A file that is open for writing keeps a file system from becoming read-only; workers hold none for long.
    for _ in range(1000):
        if subprocess.run(["mount", "-o", f"remount,{how}", str(room)], check=False, capture_output=True).returncode == 0:  # noqa: S603, S607  # our own mount
            return
    raise RuntimeError(f"cannot remount {room} as {how}")


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)  # noqa: S603, S607  # arguments of ours


def _chmod(root: Path, *, directory: int, file: int) -> None:
    for path in [root, *root.rglob("*")]:
        path.chmod(directory if path.is_dir() else file)


@cache
def _cannot_mount() -> str | None:
    import tempfile

    if os.geteuid() != 0:
        return "only root can mount a small file system; run it as root, in a container for instance"
    with tempfile.TemporaryDirectory() as directory:
        try:
            _mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", directory)
        except (OSError, subprocess.CalledProcessError) as error:
            return f"no file system can be mounted here ({error}); run it where mount is allowed"
        subprocess.run(["umount", directory], check=True)  # noqa: S603, S607  # our own mount
    return None


def _is_root() -> str | None:
    return "root may write everywhere; run it as another user" if os.geteuid() == 0 else None


LIMITS: list[tuple[str, str, dict[str, Any]]] = [
    ("redis-overflow", "redis, overflow", {"hot": "redis"}),
    ("redis-through", "redis, through", {"hot": "redis", "mode": "through"}),
    ("sqlite-overflow", "sqlite, overflow", {"hot": "sqlite"}),
    ("sqlite-archive", "sqlite, failures to the archive", {"hot": "sqlite", "on_failure": "archive"}),
]
FILE_SYSTEMS: list[tuple[str, str, dict[str, Any]]] = [
    ("full-redis", "is full (redis)", {"hot": "redis"}),
    ("full-sqlite", "is full (sqlite)", {"hot": "sqlite"}),
    ("full-sqlite-archive", "is full (sqlite, failures to the archive)", {"hot": "sqlite", "on_failure": "archive"}),
    # Not with SQLite: a database that is open keeps its file system writable.
    ("read-only-redis", "becomes read-only (redis)", {"hot": "redis", "read_only": True}),
]

SCENARIOS = [
    *(
        Scenario(
            name=f"file-limit-{name}",
            fault=f"no file may grow beyond a limit ({words})",
            letter="d",
            play=partial(limited_files, **how),
            ci={"limits": 6, "adds": 40},
            nightly={"limits": 200, "adds": 60},
        )
        for name, words, how in LIMITS
    ),
    *(
        Scenario(
            name=f"disk-{name}-{mode}",
            fault=f"{fault} ({mode})",
            letter="d",
            play=partial(failing_calls, calls=calls, mode=mode),
            ci={"workers": 3, "adds": 80},
            nightly={"workers": 3, "adds": 1500},
        )
        for name, (fault, calls) in CALLS.items()
        for mode in ("overflow", "through")
    ),
    *(
        Scenario(
            name=f"file-system-{name}",
            fault=f"file system {words}",
            letter="d",
            play=partial(small_file_system, **how),
            ci={"strikes": 2},
            nightly={"strikes": 20},
            skip=_cannot_mount,
        )
        for name, words, how in FILE_SYSTEMS
    ),
    Scenario(
        name="read-only-directories",
        fault="directories become read-only",
        letter="d",
        play=read_only_directories,
        ci={"strikes": 2},
        nightly={"strikes": 20},
        skip=_is_root,
    ),
]
