"""Mending one file; the locks of its sessions are held by the caller.

Whatever interrupts it, there is the old file or the new one at the path; and the old bytes are in the quarantine before anything
is changed.
"""

# ruff: noqa: PTH119, PTH120
# Paths are strings here: pathlib costs more than the system calls it wraps.

from __future__ import annotations

import os
from collections.abc import Iterator

import attrs

from lixcore.domain.position import ORIGIN
from lixcore_huffman.archive_writer import ArchiveWriter, name_of, path_of
from lixcore_huffman.durable_files import (
    NEW_SUFFIX,
    SUFFIX,
    moved,
    names_change,
    names_stand,
    quarantined,
    set_aside,
    sync_directory,
    sync_file,
)
from lixcore_huffman.examining import Examined, Mend
from lixcore_huffman.format.file_header import new_mark
from lixcore_huffman.format.packing import FrameRow
from lixcore_huffman.session_file import DamagedBlockError, SessionFile


@attrs.frozen
class Mended:
    """What was done.

    Attributes:
        path: Where the file is now.
        done: What was done, as a clause.
        copy: Where the bytes are that were there before; None where none were changed.
    """

    path: str
    done: str
    copy: str | None


def mended(writer: ArchiveWriter, path: str, examined: Examined, mend: Mend) -> Mended:
    """Do to the file at ``path``, which was found so, what mends it."""
    if mend is Mend.REWRITE:
        return _rewritten(writer, path, examined)
    if mend is Mend.CUT:
        return _cut(writer, path, examined)
    if mend is Mend.RETURN:
        assert examined.session is not None  # noqa: S101  # it says where it belongs
        own = path_of(writer.root, examined.session)
        moved(path, own, sync=writer.sync)
        return Mended(own, f"moved to {own}, where it belongs", None)
    return put_aside(writer, path, examined)


def put_aside(writer: ArchiveWriter, path: str, examined: Examined | None = None) -> Mended:
    """Move what stands at ``path`` to the quarantine; under its session's name if that is known, to be forgotten with it."""
    name = os.path.basename(path)
    # What is no file is nobody's: removing it with a session is not lixcore's to do.
    is_file = os.path.isfile(path)  # noqa: PTH113  # see above
    kept_as = f"{_copied_as(path, examined)}.0" if is_file else f"no-file.{name}"
    in_session_folder = os.path.dirname(os.path.dirname(path)) == writer.root
    if writer.sync and in_session_folder:
        names_change(path)
    copy = set_aside(writer.root, kept_as, path, sync=writer.sync)
    if writer.sync and in_session_folder:
        names_stand(os.path.dirname(path))
    return Mended(path, "moved to the quarantine", copy)


def removed_leftover(writer: ArchiveWriter, path: str) -> None:
    """Remove a replacement that was never finished: nobody was told that anything in it is held."""
    os.unlink(path)  # noqa: PTH108  # see above
    if writer.sync:
        sync_directory(os.path.dirname(path))


def _rewritten(writer: ArchiveWriter, path: str, examined: Examined) -> Mended:
    assert examined.header is not None  # noqa: S101  # without one, nothing is rewritten
    with SessionFile(path) as file:
        if file.header is None:
            file.adopt(examined.header)
        copy = quarantined(writer.root, _copied_as(path, examined), file.handle, 0, file.size, sync=writer.sync)
        header = attrs.evolve(examined.header, mark=new_mark())
        after = max((frame.head.context_after for frame in file.whole_scan().frames()), default=ORIGIN)
        writer.replace(path, header, _readable(file, writer.row(header.mark, after)))
    return Mended(path, "what can be read was written anew", copy)


def _readable(file: SessionFile, row: FrameRow) -> Iterator[bytes]:
    is_empty = True
    for frame in file.whole_scan().frames():
        try:
            payload = file.block(frame)
        except DamagedBlockError:
            continue
        if frame.head.count:
            is_empty = False
            yield row.copied(frame, payload)
    if is_empty and row.context_after:
        yield row.context(row.context_after)


def _cut(writer: ArchiveWriter, path: str, examined: Examined) -> Mended:
    with SessionFile(path, writable=True) as file:
        copy = quarantined(writer.root, _copied_as(path, examined), file.handle, examined.end, file.size, sync=writer.sync)
        os.ftruncate(file.handle, examined.end)
        if writer.sync:
            sync_file(file.handle)
    return Mended(path, "cut off", copy)


def _copied_as(path: str, examined: Examined | None) -> str:
    """What a copy's name begins with: that of the session whose bytes they are, with which they are forgotten."""
    if examined is None or examined.session is None:
        return os.path.basename(path).removesuffix(SUFFIX)
    return name_of(examined.session)


def is_leftover(path: str) -> bool:
    """Whether this is the name of a replacement."""
    return path.endswith(SUFFIX + NEW_SUFFIX)
