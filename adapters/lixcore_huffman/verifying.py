"""Checking every file of an archive, and mending what can be mended."""

# ruff: noqa: PTH113, PTH119, PTH120, PTH208
# Paths are strings here: pathlib costs more than the system calls it wraps.

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

import attrs

from lixcore.ports.verification import Finding, Verified
from lixcore_huffman.archive_writer import ArchiveWriter, path_of
from lixcore_huffman.durable_files import SUFFIX
from lixcore_huffman.examining import Examined, Flaw, Mend, examined, no_file, unreadable
from lixcore_huffman.locks import WriterLocks
from lixcore_huffman.repairing import is_leftover, mended, put_aside, removed_leftover

_HEX: Final = frozenset("0123456789abcdef")
_ORDER: Final = (Mend.SET_ASIDE, Mend.REWRITE, Mend.CUT, Mend.RETURN)


@attrs.frozen
class ArchiveVerifier:
    """Goes through all files.

    A file is read without its lock first. Only what seems wrong is looked at again with the lock held, which keeps the writers of
    one session in 256 waiting: what a writer is at work on is nothing wrong.

    Attributes:
        writer: For what is to be written.
        locks: Of the same archive.
    """

    writer: ArchiveWriter
    locks: WriterLocks

    def verified(self, *, repair: bool) -> Iterator[Verified]:
        """What each file was found to be, in order of name; what has nothing to do with sessions is left out.

        Raises:
            OSError: The directory cannot be listed.
        """
        root = self.writer.root
        for folder in sorted(name for name in os.listdir(root) if len(name) == 2 and _HEX.issuperset(name)):  # noqa: PLR2004
            try:
                names = sorted(os.listdir(f"{root}/{folder}"))
            except FileNotFoundError:
                continue
            except NotADirectoryError:
                yield self._in_the_way(f"{root}/{folder}", repair=repair)
                continue
            except OSError as error:
                yield _with_flaws(f"{root}/{folder}", [unreadable(error)])
                continue
            for name in names:
                if name.startswith(".nfs"):  # a file that was removed and is still open somewhere, as NFS keeps it
                    continue
                found = self._verified_at(f"{root}/{folder}/{name}", repair=repair)
                if found is not None:
                    yield found

    def _verified_at(self, path: str, *, repair: bool) -> Verified | None:
        if is_leftover(path):
            return self._leftover(path, repair=repair)
        if not path.endswith(SUFFIX):
            return _with_flaws(path, [Flaw("is no file of lixcore's", Mend.NOTHING, "move it away: nothing here reads it")])
        return self._session_verified(path, repair=repair)

    def _session_verified(self, path: str, *, repair: bool) -> Verified | None:
        seen = self._look(path)
        if seen is None or not seen.flaws:
            return None if seen is None else Verified(path, seen.session, seen.messages)
        with self._locked(path, seen) as refusal:
            if refusal is not None:
                flaws = [Flaw(flaw.reason, Mend.NOTHING, _no_lock(refusal)) for flaw in seen.flaws]
                return _with_flaws(path, flaws, seen)
            if not repair:
                seen = self._look(path)
                return None if seen is None else _with_flaws(path, seen.flaws, seen)
            return self._repaired(path)

    def _look(self, path: str) -> Examined | None:
        return examined(self.writer.root, path, self.writer.codec_named)

    def _repaired(self, path: str) -> Verified | None:
        """Mend one thing after the other, until only what cannot be mended is left."""
        findings: list[Finding] = []
        at = path
        for _ in _ORDER:
            seen = self._look(at)
            if seen is None:  # it was moved aside, or is gone
                return Verified(path, None, 0, findings) if findings else None
            mend = next((mend for mend in _ORDER if any(flaw.mend is mend for flaw in seen.flaws)), None)
            if mend is None:
                break
            try:
                done = mended(self.writer, at, seen, mend)
            except OSError as error:
                return _failed(path, seen, findings, error)
            for flaw in seen.flaws:
                # Writing anew leaves an unfinished end away as well; and beside what is moved aside, nothing is left to mend.
                if flaw.mend is mend or (mend is Mend.REWRITE and flaw.mend is Mend.CUT) or mend is Mend.SET_ASIDE:
                    remedy = "; ".join(filter(None, [done.done, flaw.remedy if flaw.mend is not Mend.CUT else ""]))
                    findings.append(Finding(at, flaw.reason, remedy, is_repaired=True, copy=done.copy))
            at = done.path
        seen = self._look(at)
        if seen is None:
            return Verified(path, None, 0, findings)
        return Verified(at, seen.session, seen.messages, [*findings, *_findings(at, seen.flaws)])

    def _leftover(self, path: str, *, repair: bool) -> Verified | None:
        with self._locked(path) as refusal:
            if not os.path.lexists(path):  # see above
                return None
            if refusal is not None:
                return _with_flaws(path, [Flaw(_LEFTOVER.reason, Mend.NOTHING, _no_lock(refusal))])
            if not repair:
                return _with_flaws(path, [_LEFTOVER])
            try:
                if os.path.isfile(path) or os.path.islink(path):  # noqa: PTH114  # see above
                    removed_leftover(self.writer, path)
                    finding = Finding(path, _LEFTOVER.reason, "removed", is_repaired=True)
                else:
                    copy = put_aside(self.writer, path).copy
                    finding = Finding(path, no_file().reason, "moved to the quarantine", is_repaired=True, copy=copy)
            except OSError as error:
                finding = Finding(path, _LEFTOVER.reason, _not_repaired(error))
            return Verified(path, None, 0, [finding])

    def _in_the_way(self, path: str, *, repair: bool) -> Verified:
        """Something stands where a directory of session files belongs."""
        reason = "is no directory, and stands where lixcore keeps one; no session of it can be stored"
        if not repair:
            return _with_flaws(path, [Flaw(reason, Mend.SET_ASIDE)])
        try:
            copy = put_aside(self.writer, path).copy
        except OSError as error:
            return Verified(path, None, 0, [Finding(path, reason, _not_repaired(error))])
        return Verified(path, None, 0, [Finding(path, reason, "moved to the quarantine", is_repaired=True, copy=copy)])

    @contextmanager
    def _locked(self, path: str, seen: Examined | None = None) -> Iterator[OSError | None]:
        """Hold the locks that go with a path, and with the session that is there; or give what the system says against it."""
        stripes = {int(os.path.basename(os.path.dirname(path)), 16)}
        if seen is not None and seen.session is not None:
            stripes.add(int(os.path.basename(os.path.dirname(path_of(self.writer.root, seen.session))), 16))
        with ExitStack() as stack:
            refusal = None
            try:
                stack.enter_context(self.locks.held_for(stripes))
            except OSError as error:  # such as on a backup that may only be read, which can be checked all the same
                refusal = error
            yield refusal


_LEFTOVER: Final = Flaw("was left by a write that did not come to its end; it was never acknowledged", Mend.REMOVE)
_ADVICE: Final = "lix verify --repair mends it, after copying what is there to the quarantine"


def _no_lock(refusal: OSError) -> str:
    said = refusal.strerror or str(refusal)
    return f"its lock cannot be had ({said}): nothing is mended, and a writer may be at work on it; check again where it can be"


def _with_flaws(path: str, flaws: Sequence[Flaw], seen: Examined | None = None) -> Verified:
    session, messages = (None, 0) if seen is None else (seen.session, seen.messages)
    return Verified(path, session, messages, _findings(path, flaws))


def _findings(path: str, flaws: Sequence[Flaw]) -> list[Finding]:
    found = []
    for flaw in flaws:
        remedy = "; ".join(filter(None, [_ADVICE if flaw.mend is not Mend.NOTHING else "", flaw.remedy]))
        found.append(Finding(path, flaw.reason, remedy))
    return found


def _failed(path: str, seen: Examined, findings: Sequence[Finding], error: OSError) -> Verified:
    failed = [Finding(path, flaw.reason, _not_repaired(error)) for flaw in seen.flaws]
    return Verified(path, seen.session, seen.messages, [*findings, *failed])


def _not_repaired(error: OSError) -> str:
    said = error.strerror or str(error)
    return f"it could not be mended: {said}; what was there is as it was. Remove the cause, and repair again"
