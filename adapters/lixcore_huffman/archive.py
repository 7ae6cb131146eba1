"""The archive of ``.huff`` files, one a session."""

# ruff: noqa: PTH112, PTH120
# Paths are strings here: pathlib costs more than the system calls it wraps.

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar, Final, Self

import attrs

from lixcore.domain.position import Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import ClosedError, CorruptDataError, PositionConflictError, StoreRefusedError
from lixcore.ports.adapter import AdapterContext, Capability
from lixcore.ports.cold_archive import ArchiveInfo, Salvage
from lixcore.ports.diagnosis import Diagnosis
from lixcore.ports.options import option
from lixcore.ports.verification import Verified
from lixcore_huffman.appending import Pending
from lixcore_huffman.archive_writer import ArchiveWriter, path_of
from lixcore_huffman.describing import described, session_files, session_of
from lixcore_huffman.diagnosing import DirectoryDoctor
from lixcore_huffman.durable_files import made_directory, names_stand
from lixcore_huffman.locks import WriterLocks
from lixcore_huffman.looking import ChangedError, looked_at
from lixcore_huffman.os_errors import translated
from lixcore_huffman.reading import Found, Range, found_in
from lixcore_huffman.session_file import SessionFile
from lixcore_huffman.verifying import ArchiveVerifier
from lixcore_huffman.waiting import finish_all, sync_all, sync_directories

_AT_ONCE: Final = 256  # sessions of a bulk append whose locks and files are open at a time


@attrs.frozen
class HuffArchiveOptions:
    """The options of `HuffArchive`."""

    block_bytes: int = option(
        65536, "Size of a full block before compression, in bytes.", at_least=4096, at_most=16 * 1024 * 1024
    )
    merge_share: float = option(
        0.25, "Share of a session's file that small frames must take before they are merged.", at_least=0.01, at_most=1
    )
    sync: bool = option(
        True, "Wait for the disk on every write; switched off, a power failure loses data: for tests and bulk loads only."
    )


class HuffArchive:
    """`lixcore.ports.cold_archive.ColdArchive` in files; also appends in bulk, salvages, compacts, verifies and diagnoses.

    Threads and processes may share a directory. No file stays open between calls.

    Args:
        options: How.
        context: Where; and the codecs and the clock.
    """

    Options: ClassVar[type[HuffArchiveOptions]] = HuffArchiveOptions
    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.PERSISTENT, Capability.SHARED})

    def __init__(self, options: HuffArchiveOptions, context: AdapterContext) -> None:
        self._root = str(context.archive_dir.expanduser().absolute())  # now: the working directory may change
        self._sync = options.sync
        self._locks = WriterLocks(self._root, sync=options.sync)
        self._codec_named = context.codec_named
        self._writer = ArchiveWriter(
            root=self._root,
            clock=context.clock,
            codec=context.codec_named(context.codec_name),
            codec_named=context.codec_named,
            block_bytes=options.block_bytes,
            merge_share=options.merge_share,
            sync=options.sync,
        )
        self._verifier = ArchiveVerifier(self._writer, self._locks)
        self._doctor = DirectoryDoctor(self._root, context.clock, options.sync)
        self._closed = False

    @classmethod
    def open(cls, options: HuffArchiveOptions, context: AdapterContext) -> Self:
        """Make the directory if it is not there.

        Raises:
            StoreError: It cannot be made.
            UnknownAdapterError: The codec to write with is not installed.
        """
        archive = cls(options, context)
        with translated(archive._root):
            made_directory(archive._root, sync=options.sync)
            if not os.path.isdir(archive._root):
                raise CorruptDataError(archive._root, "is not a directory; the archive needs one there")
        return archive

    def append(self, session: SessionKey, entries: Sequence[Entry]) -> None:
        """See `lixcore.ports.cold_archive.ColdArchive.append`."""
        if entries and (conflicts := self._written([(session, lambda path: self._writer.append(path, session, entries))])):
            raise conflicts[0]

    def append_many(self, batches: Sequence[tuple[SessionKey, Sequence[Entry]]]) -> None:
        """See `lixcore.ports.cold_archive.AppendsInBulk.append_many`."""
        by_session: dict[SessionKey, Sequence[Entry]] = {}
        for session, entries in batches:
            by_session[session] = [*by_session[session], *entries] if session in by_session else entries
        # Neighbours share directories, which are waited for once.
        jobs = [
            (session, _append_job(self._writer, session, by_session[session]))
            for session in sorted(by_session, key=lambda session: session.digest)
        ]
        conflicts: list[PositionConflictError] = []
        for start in range(0, len(jobs), _AT_ONCE):
            conflicts += self._written(jobs[start : start + _AT_ONCE])
        if conflicts:
            raise conflicts[0]

    def read(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Sequence[Entry]:
        """See `lixcore.ports.cold_archive.ColdArchive.read`."""
        entries, damage = self._found(session, Range(last, after, before))
        if damage:
            more = f" (and {len(damage) - 1} more)" if len(damage) > 1 else ""
            raise CorruptDataError(
                path_of(self._root, session), f"{damage[0]}{more}; with on_damage = 'skip', what is left can be read"
            )
        return entries

    def salvage(
        self,
        session: SessionKey,
        *,
        last: int | None = None,
        after: Position | None = None,
        before: Position | None = None,
    ) -> Salvage:
        """See `lixcore.ports.cold_archive.Salvages.salvage`."""
        entries, damage = self._found(session, Range(last, after, before))
        return Salvage(entries, [f"{path_of(self._root, session)}: {sentence}" for sentence in damage])

    def describe(self, session: SessionKey) -> ArchiveInfo | None:
        """See `lixcore.ports.cold_archive.ColdArchive.describe`."""
        self._check_open()
        return looked_at(path_of(self._root, session), self._root, lambda file: described(file, session))

    def start_context(self, session: SessionKey, *, after: Position) -> None:
        """See `lixcore.ports.cold_archive.ColdArchive.start_context`."""
        self._written([(session, lambda path: self._writer.start_context(path, session, after))])

    def sessions(self) -> Iterator[ArchiveInfo]:
        """See `lixcore.ports.cold_archive.ColdArchive.sessions`; in order of file name.

        Raises:
            CorruptDataError: After all others were given, when some could not be described; it names the first.
        """
        self._check_open()
        damaged: list[CorruptDataError | StoreRefusedError] = []
        with translated(self._root):
            for path in session_files(self._root):
                try:
                    info = looked_at(path, self._root, _info_of)
                except (CorruptDataError, StoreRefusedError) as error:
                    damaged.append(error)
                    continue
                if info is not None and info.messages:
                    yield info
        if damaged:
            more = f" (and {len(damaged) - 1} more files are not readable)" if len(damaged) > 1 else ""
            raise CorruptDataError(damaged[0].where, damaged[0].reason + more) from damaged[0]

    def forget(self, session: SessionKey, *, through: Position) -> int:
        """See `lixcore.ports.cold_archive.ColdArchive.forget`."""
        path = path_of(self._root, session)
        with self._writing([session], path):
            return self._writer.forget(path, session, through)

    def compact(self, session: SessionKey) -> bool:
        """See `lixcore.ports.cold_archive.Compacts.compact`; costs next to nothing when there is nothing to gain."""
        path = path_of(self._root, session)
        self._check_open()
        if self._writer.is_unmergeable(path):
            return False
        with self._writing([session], path):
            return self._writer.compact(path, session)

    def verify(self, *, repair: bool = False) -> Iterator[Verified]:
        """See `lixcore.ports.verification.Verifies.verify`; one for each file, in order of name."""
        self._check_open()
        with translated(self._root):
            for verified in self._verifier.verified(repair=repair):
                yield verified
                self._check_open()

    def diagnose(self) -> Iterator[Diagnosis]:
        """See `lixcore.ports.diagnosis.Diagnoses.diagnose`."""
        self._check_open()
        return self._doctor.diagnoses()

    def close(self) -> None:
        """Refuse further use; there are no handles to give back."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError("the archive")

    @contextmanager
    def _writing(self, sessions: Sequence[SessionKey], path: str) -> Iterator[None]:
        self._check_open()
        with translated(path), self._locks.held(sessions):
            yield

    def _written(self, jobs: Sequence[tuple[SessionKey, Callable[[str], Pending | None]]]) -> Sequence[PositionConflictError]:
        """Do all writes, then wait for the medium for all of them at once; the conflicts of those that were refused."""
        conflicts: list[PositionConflictError] = []
        path = path_of(self._root, jobs[0][0])
        with self._writing([session for session, _ in jobs], path):
            pending: list[Pending] = []
            try:
                for session, job in jobs:
                    path = path_of(self._root, session)
                    try:
                        with translated(path):
                            written = job(path)
                    except PositionConflictError as conflict:  # one session's, which must not hold up the others
                        conflicts.append(conflict)
                        continue
                    if written is not None:
                        pending.append(written)
                if self._sync:
                    sync_all(pending)
            except BaseException:
                for written in pending:
                    written.abandon()
                raise
            folders = {os.path.dirname(written.path) for written in pending if written.replaces}
            finish_all(pending)
            if self._sync:
                sync_directories(sorted(folders))
                for folder in folders:
                    names_stand(folder)
        return conflicts

    def _found(self, session: SessionKey, wanted: Range) -> tuple[Sequence[Entry], Sequence[str]]:
        self._check_open()
        path = path_of(self._root, session)

        def look(file: SessionFile) -> tuple[Sequence[Entry], Sequence[str]]:
            file.belongs_to(session)
            found: Found = found_in(file, wanted, self._codec_named)
            damage = [str(damage) for damage in found.damages]
            if file.header is None:
                damage.insert(0, file.header_damage)
            if damage and file.has_changed():
                raise ChangedError
            return found.entries, damage

        return looked_at(path, self._root, look) or ([], [])


def _info_of(file: SessionFile) -> ArchiveInfo | None:
    session = session_of(file)
    return None if session is None else described(file, session)


def _append_job(writer: ArchiveWriter, session: SessionKey, entries: Sequence[Entry]) -> Callable[[str], Pending | None]:
    return lambda path: writer.append(path, session, entries)
