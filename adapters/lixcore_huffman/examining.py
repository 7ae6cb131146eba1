"""Looking at every byte of one session's file."""

# ruff: noqa: PTH114
# Paths are strings here: pathlib costs more than the system calls it wraps.

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from enum import Enum
from typing import Final

import attrs

from lixcore.domain.position import ORIGIN, Entry, Position
from lixcore.domain.session import SessionKey
from lixcore.errors import ConfigError, CorruptDataError, InvalidInputError, StoreRefusedError
from lixcore_huffman.archive_writer import name_of, path_of
from lixcore_huffman.durable_files import SUFFIX
from lixcore_huffman.format.file_header import MAX_HEADER_BYTES, FileHeader
from lixcore_huffman.format.frame import NOTHING, Frame, Totals
from lixcore_huffman.format.header_mending import mended_header
from lixcore_huffman.format.scan import Damage, Scan, payload_damage
from lixcore_huffman.format.stored_codecs import CodecNamed
from lixcore_huffman.session_file import DamagedBlockError, SessionFile

_NO_FILE: Final = frozenset({errno.ENXIO, errno.ELOOP, errno.EISDIR})


class Mend(Enum):
    """What mends a flaw."""

    NOTHING = "nothing"
    REWRITE = "rewrite"
    """Writing anew what can be read."""
    CUT = "cut"
    """Cutting off the end."""
    RETURN = "return"
    """Moving the file to where it belongs."""
    SET_ASIDE = "set aside"
    """Moving it to the quarantine."""
    REMOVE = "remove"
    """Removing it: it holds nothing that anybody counts on."""


@attrs.frozen
class Flaw:
    """Something wrong with a file.

    Attributes:
        reason: What, as the rest of a sentence that begins with the path.
        mend: What mends it.
        remedy: What to do by hand, or what was lost by mending it.
    """

    reason: str
    mend: Mend
    remedy: str = ""


@attrs.frozen
class Examined:
    """What a file was found to be.

    Attributes:
        session: Whose it is; None for a tombstone, and where that is not known.
        messages: How many can be read.
        flaws: What is wrong.
        header: As it is, or as it was before it was damaged; None when that is not known.
        end: Where the last frame ends; what follows was never written completely.
    """

    session: SessionKey | None
    messages: int
    flaws: Sequence[Flaw]
    header: FileHeader | None = None
    end: int = 0


def examined(root: str, path: str, codec_named: CodecNamed) -> Examined | None:
    """What is at ``path``; None when nothing is. Needs memory for one block and the heads of all frames."""
    try:
        with SessionFile(path) as file:
            return _examined(root, file, codec_named)
    except FileNotFoundError:
        if not os.path.islink(path):
            return None
        flaw = Flaw("is a link to nothing", Mend.NOTHING, "bring back what it points to, or remove the link")
    except StoreRefusedError as error:  # of a newer version
        flaw = Flaw(error.reason, Mend.NOTHING, "check it with a newer lixcore")
    except CorruptDataError:
        flaw = no_file()
    except OSError as error:
        flaw = no_file() if error.errno in _NO_FILE else unreadable(error)
    return Examined(None, 0, [flaw])


def unreadable(error: OSError) -> Flaw:
    """What the system does not let anyone read."""
    said = error.strerror or str(error)
    return Flaw(f"cannot be read: {said}", Mend.NOTHING, "give lixcore the right to read it, or look after the disk; check again")


def no_file() -> Flaw:
    """Something else in a file's place."""
    return Flaw("is not a file, and stands where lixcore keeps one", Mend.SET_ASIDE)


def _examined(root: str, file: SessionFile, codec_named: CodecNamed) -> Examined:
    flaws: list[Flaw] = []
    header = file.header
    if header is None:
        header, flaw = _header_flaw(file)
        flaws.append(flaw)
    found = file.whole_scan()
    flaws += [_damage_flaw(damage) for damage in found.damages() if damage.end > damage.at]
    messages, more = _frame_flaws(file, found, codec_named)
    flaws += more
    flaws += _mark_flaws(found)
    if found.end < file.size:
        reason = (
            f"ends in an unfinished write (bytes {found.end} to {file.size}), as a crash leaves it; it was never acknowledged"
        )
        flaws.append(Flaw(reason, Mend.CUT, "the next write to the session does the same"))
    session = _session_of(header)
    if header is not None and not header.is_tombstone:
        flaws += _place_flaws(root, file.path, session)
    if header is None:  # then nobody knows what to write anew, or whose end to cut off
        flaws = [
            flaw if flaw.mend is Mend.SET_ASIDE else attrs.evolve(flaw, mend=Mend.NOTHING, remedy=_NAME_IT) for flaw in flaws
        ]
    return Examined(session, messages, flaws, header, found.end)


def _session_of(header: FileHeader | None) -> SessionKey | None:
    if header is None or header.is_tombstone:
        return None
    try:
        return SessionKey(header.id, header.tenant)
    except InvalidInputError:
        return None


def _header_flaw(file: SessionFile) -> tuple[FileHeader | None, Flaw]:
    """The header that was there, if that can be known; the file reads with it from now on."""
    name = os.path.basename(file.path).removesuffix(SUFFIX)  # noqa: PTH119  # see above

    def is_named(session_id: str, tenant: str) -> bool:
        try:
            return name_of(SessionKey(session_id, tenant)) == name
        except InvalidInputError:
            return False

    mended = mended_header(file.read(0, MAX_HEADER_BYTES, forward=True), file.mark, is_named)
    if mended is None:
        if not file.whole_scan().frames():
            return None, Flaw(f"holds nothing that can be read: {file.header_damage}", Mend.SET_ASIDE, _FORGET_AGAIN)
        return None, Flaw(file.header_damage, Mend.NOTHING, _NAME_IT)
    header = mended.header
    if not mended.is_certain:
        first = min((frame.head.first for frame in file.whole_scan().frames() if frame.head.count), default=ORIGIN)
        is_sane = header.forgotten_through < first
        header = attrs.evolve(
            header,
            created_at=header.created_at if 0.0 <= header.created_at < 1e12 else 0.0,  # noqa: PLR2004  # NaN fails as well
            forgotten_through=header.forgotten_through if is_sane else ORIGIN,
        )
    file.adopt(header)
    return header, Flaw(file.header_damage, Mend.REWRITE, "" if mended.is_certain else _FORGET_AGAIN)


_FORGET_AGAIN: Final = "if messages of this session were forgotten, forget them once more: the note of that may be lost"
_NAME_IT: Final = (
    "its session's id is lost. Whoever knows the id reads what is left with on_damage = 'skip'; "
    "export it so, move the file away, and import it"
)


def _damage_flaw(damage: Damage) -> Flaw:
    return Flaw(str(damage), Mend.REWRITE)


def _mark_flaws(found: Scan) -> Sequence[Flaw]:
    last = found.parts[-1] if found.parts else None
    frames = found.frames()
    if not isinstance(last, Damage) or (frames and frames[-1].end >= last.end):
        return []
    after = max((frame.head.context_after for frame in frames), default=ORIGIN)
    reason = f"has lost its last frame, and maybe a newer start of the context than position {after}"
    return [Flaw(reason, Mend.REWRITE, "if the context was cleared last, clear it once more")]


def _frame_flaws(file: SessionFile, found: Scan, codec_named: CodecNamed) -> tuple[int, list[Flaw]]:
    """How many entries can be read, and what is wrong in frames and between them."""
    flaws: list[Flaw] = []
    crossing = _crossing(found.frames())
    held: set[Position] = set()  # only where frames share a range, so that it stays small
    count = 0
    known: Totals | None = NOTHING  # None behind a damage, which was told already
    for part in found.parts:
        if isinstance(part, Damage):
            known = known if part.end <= part.at else None
            continue
        if known is not None and str(part.head.before) != str(known):  # as text: a NaN is unequal to itself
            flaws.append(_chain_flaw(part, known))
        known = part.totals()
        try:
            entries = file.entries(part, codec_named)
        except DamagedBlockError as error:
            flaws.append(_block_flaw(file, part, str(error)))
            continue
        except ConfigError as error:  # its codec is not installed
            flaws.append(Flaw(f"cannot be checked at byte {part.at}: {error}", Mend.NOTHING, "install the codec; check again"))
            continue
        flaws += _head_flaws(part, entries)
        count += len(entries)
        if part.at in crossing:
            before = len(held)
            held.update(entry.position for entry in entries)
            count -= len(entries) - (len(held) - before)
    return count, flaws


def _chain_flaw(frame: Frame, known: Totals) -> Flaw:
    before = frame.head.before
    reason = (
        f"has {known.messages} messages before byte {frame.at}, where its frame there says {before.messages}: "
        f"frames are missing or doubled before position {frame.head.first or before.last}"
    )
    return Flaw(reason, Mend.REWRITE, "what is missing is only in a backup, if at all")


def _block_flaw(file: SessionFile, frame: Frame, reason: str) -> Flaw:
    try:
        file.block(frame)
    except DamagedBlockError:
        return _damage_flaw(payload_damage(frame, reason))
    remedy = f"what is stored is as it was written; install the codec {frame.head.codec!r} that wrote it, with its dictionary"
    return Flaw(str(payload_damage(frame, reason)), Mend.NOTHING, remedy)


def _head_flaws(frame: Frame, entries: Sequence[Entry]) -> Sequence[Flaw]:
    """Where the head says something else than the entries do: nothing reads wrongly, only `describe` counts so."""
    if not entries:
        return []
    head = frame.head
    times = [entry.timestamp for entry in entries]
    is_right = str([head.oldest, head.newest]) == str([min(times), max(times)])
    if is_right and head.content_bytes == sum(len(entry.payload) for entry in entries):
        return []
    return [Flaw(f"has a frame at byte {frame.at} whose times or sizes are not those of its entries", Mend.NOTHING)]


def _crossing(frames: Sequence[Frame]) -> set[int]:
    """Where the frames stand that share their range with another one."""
    crossing: set[int] = set()
    widest: Frame | None = None
    for frame in sorted((frame for frame in frames if frame.head.count), key=lambda frame: frame.head.first):
        if widest is not None and frame.head.first <= widest.head.last:
            crossing |= {frame.at, widest.at}
        if widest is None or frame.head.last > widest.head.last:
            widest = frame
    return crossing


def _place_flaws(root: str, path: str, session: SessionKey | None) -> Sequence[Flaw]:
    if session is None:
        return [Flaw("names no session: its ids are not legal ones", Mend.NOTHING, "move it away")]
    own = path_of(root, session)
    if path == own:
        return []
    reason = "holds another session than its name says; it was moved or copied here"
    if os.path.lexists(own):  # see above
        remedy = f"the session's own file is {own}; what only the copy holds can be read there after it was put in that place"
        return [Flaw(reason, Mend.SET_ASIDE, remedy)]
    return [Flaw(reason, Mend.RETURN, f"it belongs to {own}")]
