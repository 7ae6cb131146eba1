"""An archive of ``.huff`` files that tests damage: where its bytes are, and whether it works again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lixcore.domain.position import Entry
from lixcore.domain.session import SessionKey
from lixcore.ports.verification import Finding
from lixcore_huffman import HuffArchive
from lixcore_huffman.session_file import SessionFile

SESSION = SessionKey("worn", "out")


def file_of(root: Path, session: SessionKey) -> Path:
    name = session.digest.hex()
    return root / name[:2] / f"{name}.huff"


def edges(path: Path) -> list[int]:
    """Where the header ends, and each frame."""
    with SessionFile(str(path)) as file:
        return [file.start, *(frame.end for frame in file.whole_scan().frames())]


def quarantined(root: Path) -> list[bytes]:
    folder = root / ".quarantine"
    return [copy.read_bytes() for copy in sorted(folder.iterdir())] if folder.exists() else []


def repaired(archive: HuffArchive) -> list[Finding]:
    return [finding for verified in archive.verify(repair=True) for finding in verified.findings]


def assert_works(archive: HuffArchive, held: Sequence[Entry], new: Sequence[Entry]) -> None:
    """The session is read, described, appended to, merged and listed, and nothing more is found."""
    assert [verified.findings for verified in archive.verify() if verified.findings] == []
    assert list(archive.read(SESSION)) == list(held)
    info = archive.describe(SESSION)
    assert info is None or info.messages == len(held)
    archive.append(SESSION, new)
    archive.compact(SESSION)
    assert list(archive.read(SESSION)) == [*held, *new]
    assert [info.messages for info in archive.sessions() if info.session == SESSION] == [len(held) + len(new)]
