"""What a file tells without its entries being read."""

# ruff: noqa: PTH208
# Paths are strings here: pathlib costs more than the system calls it wraps.

from __future__ import annotations

import os
from collections.abc import Iterator

from lixcore.domain.position import ORIGIN
from lixcore.domain.session import SessionKey
from lixcore.errors import CorruptDataError, InvalidInputError
from lixcore.ports.cold_archive import ArchiveInfo
from lixcore_huffman.appending import ending_of
from lixcore_huffman.archive_writer import name_of
from lixcore_huffman.durable_files import SUFFIX
from lixcore_huffman.session_file import MISPLACED, SessionFile

_HEX = frozenset("0123456789abcdef")


def described(file: SessionFile, session: SessionKey) -> ArchiveInfo:
    """The facts of ``session``, whose file this is.

    Raises:
        CorruptDataError: The header or the last frame is damaged.
    """
    file.belongs_to(session)
    ending = ending_of(file)
    totals = ending.totals
    return ArchiveInfo(
        session=session,
        messages=totals.messages,
        first_position=totals.first,
        last_position=totals.last,
        first_timestamp=totals.oldest,
        last_timestamp=totals.newest,
        raw_bytes=totals.content_bytes,
        stored_bytes=file.size,
        context_after=ending.context_after,
        forgotten_through=file.header.forgotten_through if file.header else ORIGIN,
        updated_at=file.status.st_mtime,
    )


def session_of(file: SessionFile) -> SessionKey | None:
    """Whose file it is; None for a tombstone.

    Raises:
        CorruptDataError: The header is damaged, or the file does not stand where that session's file belongs.
    """
    header = file.header
    if header is None:
        ending_of(file)
    assert header is not None  # noqa: S101  # ending_of saw to that
    if header.is_tombstone:
        return None
    try:
        session = SessionKey(header.id, header.tenant)
    except InvalidInputError as error:
        raise CorruptDataError(file.path, f"names no session: its {error}") from None
    name = name_of(session)
    if not file.path.endswith(f"/{name[:2]}/{name}{SUFFIX}"):
        raise CorruptDataError(file.path, MISPLACED)
    return session


def session_files(root: str) -> Iterator[str]:
    """The paths of all session files, by name. Directories that come or go meanwhile may be missed."""
    for folder in sorted(os.listdir(root)):
        if len(folder) == 2 and _HEX.issuperset(folder):  # noqa: PLR2004  # one byte in hex
            try:
                names = sorted(os.listdir(f"{root}/{folder}"))
            except FileNotFoundError:
                continue
            yield from (f"{root}/{folder}/{name}" for name in names if name.endswith(SUFFIX))
