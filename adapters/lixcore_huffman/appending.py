"""Adding frames to a session's file, in two steps: write, then wait for the medium."""

# ruff: noqa: PTH104, PTH108
# Paths are strings here: pathlib costs more than the system calls it wraps.

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import attrs

from lixcore.domain.position import MAX_POSITION, ORIGIN, Entry, Position
from lixcore.domain.record import MAX_RECORD_BYTES
from lixcore.errors import CorruptDataError, InvalidInputError, PositionConflictError
from lixcore_huffman.durable_files import NEW_SUFFIX, opened_new, sync_file, write_all
from lixcore_huffman.format.file_header import FileHeader, encode_file_header
from lixcore_huffman.format.frame import NOTHING, Frame, Totals
from lixcore_huffman.format.scan import Damage
from lixcore_huffman.format.stored_codecs import CodecNamed
from lixcore_huffman.session_file import DamagedBlockError, SessionFile

_TIME: Final = struct.Struct("<d")


class Pending:
    """What was written but may not be on the medium yet; the session's lock is held until it is.

    Args:
        path: The session's file.
        handle: Of that file, or of the one that is to replace it; closed by `finish` or `abandon`, and None from then on.
        cut_to: How long the file was before; None for one that replaces it.
    """

    def __init__(self, path: str, handle: int, cut_to: int | None) -> None:
        self.path = path
        self.handle: int | None = handle
        self.cut_to = cut_to
        self.is_synced = False

    @property
    def replaces(self) -> bool:
        """Whether another file takes the place of this one, or of none."""
        return self.cut_to is None

    def sync(self) -> None:
        """Wait until what was written is on the medium."""
        assert self.handle is not None  # noqa: S101  # nobody waits for what is finished
        sync_file(self.handle)
        self.is_synced = True

    def finish(self) -> None:
        """Let readers see it, where they do not yet. The name still has to reach the medium."""
        if self.replaces:
            os.rename(self.path + NEW_SUFFIX, self.path)
        self._close()

    def abandon(self) -> None:
        """Undo it as far as possible: what remains is a torn end, which readers ignore and the next writer cuts off.

        Does nothing after `finish`.
        """
        if self.handle is None:
            return
        try:
            if self.cut_to is None:
                os.unlink(self.path + NEW_SUFFIX)
            elif not self.is_synced:
                os.ftruncate(self.handle, self.cut_to)
        except OSError:
            pass  # the error that led here is the one to tell; see above for what remains
        finally:
            self._close()

    def _close(self) -> None:
        # Forgotten first: after an interrupt, the number may be another thread's file, which must not be cut off or closed.
        handle, self.handle = self.handle, None
        if handle is not None:
            os.close(handle)


@attrs.frozen
class Ending:
    """Where a file ends and what it holds by its last frame.

    Attributes:
        end: Where the next frame goes.
        totals: Of all frames.
        context_after: As of the last frame.
    """

    end: int
    totals: Totals = NOTHING
    context_after: Position = ORIGIN


def ending_of(file: SessionFile) -> Ending:
    """Where ``file`` ends; cost does not depend on its length unless a crash or damage left its end unreadable.

    Raises:
        CorruptDataError: The header or the last frame is damaged, so that what the file holds is not known.
    """
    if file.header is None:
        raise CorruptDataError(file.path, f"{file.header_damage}; with on_damage = 'skip', what is left can be read")
    frame = file.last_frame()
    if frame is not None:
        return Ending(frame.end, frame.totals(), frame.head.context_after)
    found = file.whole_scan()
    if found.parts and isinstance(found.parts[-1], Damage) and found.parts[-1].end == found.end:
        last = found.parts[-1]
        if not (len(found.parts) > 1 and isinstance(found.parts[-2], Frame) and found.parts[-2].at == last.at):
            raise CorruptDataError(file.path, f"{last}; with on_damage = 'skip', what is left can be read")
    frames = found.frames()
    if not frames:
        return Ending(found.end)
    return Ending(found.end, frames[-1].totals(), frames[-1].head.context_after)


def checked_entries(entries: Sequence[Entry]) -> Sequence[Entry]:
    """``entries`` in ascending order; a position that was given more than once is so still.

    Raises:
        InvalidInputError: A position or a size cannot be stored.
    """
    before, is_sorted = 0, True
    for entry in entries:
        if not 0 < entry.position <= MAX_POSITION:
            raise InvalidInputError("position", f"is {entry.position}; 1 to 2**63 - 1 are accepted")
        if len(entry.payload) > MAX_RECORD_BYTES:
            raise InvalidInputError("payload", f"is {len(entry.payload):,} bytes long; at most {MAX_RECORD_BYTES:,} are accepted")
        is_sorted = is_sorted and entry.position > before
        before = entry.position
    if is_sorted:
        return entries
    return sorted(entries, key=lambda entry: entry.position)


def distinct(path: str, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Each position of ``entries``, which are in ascending order, once.

    Raises:
        PositionConflictError: Two entries at one position differ.
    """
    if all(one.position < other.position for one, other in pairwise(entries)):
        return entries
    first_of: dict[Position, Entry] = {}
    for entry in entries:
        if not _is_same(first_of.setdefault(entry.position, entry), entry):
            raise PositionConflictError(path, entry.position)
    return list(first_of.values())


def not_held(file: SessionFile, totals: Totals, entries: Sequence[Entry], codec_named: CodecNamed) -> Sequence[Entry]:
    """Those of ``entries`` whose position ``file`` does not hold, or holds only where it is damaged.

    Raises:
        PositionConflictError: It holds another entry at the position of one.
    """
    if not entries or entries[0].position > totals.last:
        return entries
    lowest, highest = entries[0].position, entries[-1].position
    held: dict[Position, Entry] = {}
    for part in file.newest_first():
        if isinstance(part, Damage):
            continue
        if part.head.first <= highest and part.head.last >= lowest:
            try:
                # Of entries at one position, the one that was written first is the one that is read; it comes last here.
                held.update((entry.position, entry) for entry in file.entries(part, codec_named))
            except DamagedBlockError:
                continue
        if part.head.before.last < lowest:
            break
    for entry in entries:
        if entry.position in held and not _is_same(held[entry.position], entry):
            raise PositionConflictError(file.path, entry.position)
    return [entry for entry in entries if entry.position not in held]


def _is_same(one: Entry, other: Entry) -> bool:
    # Bit for bit: a NaN is unequal to itself, and -0.0 equals 0.0.
    return one.payload == other.payload and _TIME.pack(one.timestamp) == _TIME.pack(other.timestamp)


def written_in_place(file: SessionFile, ending: Ending, data: bytes) -> Pending:
    """Add ``data`` at the end of an open file; its handle is the result's from now on."""
    handle = os.dup(file.handle)
    pending = Pending(file.path, handle, ending.end)
    try:
        if data:
            write_all(handle, data, ending.end)
    except BaseException:
        pending.abandon()
        raise
    return pending


def written_anew(path: str, header: FileHeader, data: bytes, *, sync: bool) -> Pending:
    """Write a whole file, which is to stand at ``path``."""
    handle = opened_new(path, sync=sync)
    pending = Pending(path, handle, None)
    try:
        write_all(handle, encode_file_header(header) + data, 0)
    except BaseException:
        pending.abandon()
        raise
    return pending
