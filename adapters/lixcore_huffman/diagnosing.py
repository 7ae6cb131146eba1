"""Looking at an archive's directory and its disk for what will cause trouble."""

# ruff: noqa: PTH104, PTH108, PTH112, PTH208, PTH123
# Paths are strings here: pathlib costs more than the system calls it wraps.

from __future__ import annotations

import errno
import os
import statistics
from collections.abc import Callable, Iterator
from typing import Final

import attrs

from lixcore.ports.clock import Clock
from lixcore.ports.diagnosis import Diagnosis, Severity
from lixcore_huffman.durable_files import QUARANTINE, sync_directory, sync_file, write_all

_LEAST_BYTES: Final = 1 << 30
_LEAST_SHARE: Final = 0.05
_NONE_BYTES: Final = 16 << 20  # one message may be as long
_SLOW_SECONDS: Final = 0.05
_WRITES: Final = 5
_WRITE_BYTES: Final = 4096
_MOUNTS: Final = "/etc/fstab"


@attrs.frozen
class DirectoryDoctor:
    """Checks one archive.

    Attributes:
        root: Its directory.
        clock: To measure with.
        sync: Whether the archive waits for the medium.
        mounts: The system's list of file systems to mount.
    """

    root: str
    clock: Clock
    sync: bool
    mounts: str = _MOUNTS

    def diagnoses(self) -> Iterator[Diagnosis]:
        """All checks; those that need the directory are left out when it cannot be used."""
        yield from self._mount()
        if not os.path.isdir(self.root):
            is_there = os.path.lexists(self.root)  # see above
            fact = f"{self.root} is {'not a directory' if is_there else 'not there'}"
            yield Diagnosis("archive directory", Severity.PROBLEM, fact, "mount its disk, make it, or set archive_dir")
            return
        yield Diagnosis("archive directory", Severity.OK, f"{self.root} is there")
        yield from self._looked("archive rights", self._rights)
        yield from self._looked("archive disk time", self._sync_time)
        yield from self._looked("archive free space", self._free_space)
        yield from self._looked("archive quarantine", self._quarantine)
        yield self._durability()

    def _looked(self, check: str, look: Callable[[], Diagnosis | None]) -> Iterator[Diagnosis]:
        try:
            found = look()
        except OSError as error:
            found = _refused(check, error)
        if found is not None:
            yield found

    def _mount(self) -> Iterator[Diagnosis]:
        """Whether a file system that is to hold the directory is not mounted: it would look like an empty archive."""
        try:
            with open(self.mounts, encoding="utf-8", errors="surrogateescape") as file:
                lines = file.read().splitlines()
        except OSError:  # a system without such a list, or one that hides it: nothing is known
            return
        real = os.path.realpath(self.root)
        for line in lines:
            fields = line.partition("#")[0].split()
            if len(fields) < 4 or "noauto" in fields[3].split(","):  # noqa: PLR2004  # device, place, kind, options
                continue
            place = fields[1].replace("\\040", " ").replace("\\011", "\t").rstrip("/")
            if place.startswith("/") and f"{real}/".startswith(f"{place}/") and not os.path.ismount(place):
                fact = f"{place} is not mounted, though {self.mounts} says so; {self.root} is not the directory on that disk"
                yield Diagnosis("archive mount", Severity.PROBLEM, fact, f"mount {place}, then restart what uses the archive")

    def _rights(self) -> Diagnosis:
        closed = [
            name
            for name in sorted(os.listdir(self.root))
            if os.path.isdir(f"{self.root}/{name}") and not os.access(f"{self.root}/{name}", os.R_OK | os.W_OK | os.X_OK)
        ]
        path = self._trial_path()
        other = f"{path}.renamed"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            try:
                write_all(handle, bytes(_WRITE_BYTES), 0)
                sync_file(handle)
            finally:
                os.close(handle)
            os.rename(path, other)
            sync_directory(self.root)
        finally:
            _removed(path, other)
        if closed:
            fact = f"{len(closed)} directories in {self.root} cannot be read and written, such as {closed[0]}"
            return Diagnosis("archive rights", Severity.PROBLEM, fact, "give them to the user that runs lixcore")
        return Diagnosis("archive rights", Severity.OK, "files can be made, renamed and removed")

    def _sync_time(self) -> Diagnosis:
        path = self._trial_path()
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        times = []
        try:
            for number in range(_WRITES):
                started = self.clock.monotonic()
                write_all(handle, bytes(_WRITE_BYTES), number * _WRITE_BYTES)
                sync_file(handle)
                times.append(self.clock.monotonic() - started)
        finally:
            os.close(handle)
            _removed(path)
        seconds = statistics.median(times)
        fact = f"a write of {_WRITE_BYTES:,} bytes takes {seconds * 1000:.1f} ms until it is on the medium"
        if seconds > _SLOW_SECONDS:
            advice = 'use a faster disk, or a larger hot_window_size; avoid write_mode = "through", which waits for each message'
            return Diagnosis("archive disk time", Severity.WARNING, fact, advice)
        return Diagnosis("archive disk time", Severity.OK, fact)

    def _free_space(self) -> Diagnosis:
        status = os.statvfs(self.root)
        free, size = status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize
        fact = f"{free / (1 << 20):,.0f} MiB are free ({free / size if size else 0:.0%})"
        severity = Severity.OK
        if free < _LEAST_BYTES or free < _LEAST_SHARE * size:
            severity = Severity.PROBLEM if free < _NONE_BYTES else Severity.WARNING
        if status.f_files:  # some file systems have no fixed number of files
            fact += f", and {status.f_favail:,} files"
            if status.f_favail < _LEAST_SHARE * status.f_files:
                severity = Severity.PROBLEM if not status.f_favail else max(severity, Severity.WARNING, key=_badness)
        advice = "" if severity is Severity.OK else "free space, move archive_dir to a larger disk, or set disk_ttl_days"
        return Diagnosis("archive free space", severity, fact, advice)

    def _quarantine(self) -> Diagnosis:
        try:
            with os.scandir(f"{self.root}/{QUARANTINE}") as found:
                sizes = [entry.stat(follow_symlinks=False).st_size for entry in found]
        except FileNotFoundError:
            sizes = []
        if not sizes:
            return Diagnosis("archive quarantine", Severity.OK, "it is empty")
        count = "1 file" if len(sizes) == 1 else f"{len(sizes)} files"
        fact = f"{count} of {sum(sizes):,} bytes: what a crash left half written, or what was there before a repair"
        advice = f"run `lix verify`; when it finds nothing and nobody needs the old bytes, empty {self.root}/{QUARANTINE}"
        return Diagnosis("archive quarantine", Severity.WARNING, fact, advice)

    def _durability(self) -> Diagnosis:
        if self.sync:
            return Diagnosis("archive durability", Severity.OK, "every write waits for the disk")
        fact = "the option sync is off: a loss of power loses messages that were reported as stored"
        return Diagnosis("archive durability", Severity.WARNING, fact, "leave it off for tests and bulk loads only")

    def _trial_path(self) -> str:
        return f"{self.root}/.diagnosis-{os.urandom(8).hex()}"


def _removed(*paths: str) -> None:
    for path in paths:
        try:
            os.unlink(path)
        except FileNotFoundError:
            continue


def _badness(severity: Severity) -> int:
    return [Severity.OK, Severity.WARNING, Severity.PROBLEM].index(severity)


def _refused(check: str, error: OSError) -> Diagnosis:
    said = error.strerror or str(error)
    advice = {
        errno.EROFS: "the file system is read-only: mount it for writing, and look in the system's log for why it is not",
        errno.EACCES: "give the directory to the user that runs lixcore",
        errno.EPERM: "give the directory to the user that runs lixcore",
        errno.ENOSPC: "free space on the disk",
        errno.EDQUOT: "free space, or raise the quota",
    }.get(error.errno or 0, "look in the system's log: the disk may be failing")
    return Diagnosis(check, Severity.PROBLEM, f"it could not be tried: {said}", advice)
