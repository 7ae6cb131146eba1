"""Files of every format version open for ever: ``golden/v1.huff`` was written by the first release and is never written again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from lixcore.domain.message import Message
from lixcore.domain.position import Entry, Position
from lixcore.domain.record import decode_message, encode_message
from lixcore.domain.session import SessionKey
from lixcore.ports.adapter import AdapterContext
from lixcore.ports.codec import Codec
from lixcore_huffman import DeflateCodec, HuffArchive, HuffmanCodec, NoneCodec
from settable_clock import SettableClock

GOLDEN = Path(__file__).parent / "golden"
SESSION = SessionKey("golden/セッション 1", tenant="müller")
CODECS: dict[str, Any] = {"huffman": HuffmanCodec, "deflate": DeflateCodec, "none": NoneCodec}

MESSAGES = [
    Message("user", "Where is the blue teapot?", 1_700_000_000.0),
    Message("assistant", "", 1_700_000_001.25, {"tool_calls": [{"id": "call-1", "name": "look"}]}),
    Message("tool", "台所の棚の上 (second shelf)", 1_700_000_001.2500001, {"tool_call_id": "call-1"}),
    Message("assistant", "On the second shelf of the kitchen. " * 40, 1_700_000_003.5, {"n": 2**80, "deep": [[[None]]]}),
    Message("narrator", "It is quiet.", 0.0, embedding=[0.5, -0.25, 1.0]),
]
POSITIONS = [1, 2, 3, 1_782_579_200_000_000_000, 1_782_579_200_000_000_001]


def opened(directory: Path, codec: str = "huffman") -> HuffArchive:
    def named(name: str) -> Codec:
        codec: Codec = CODECS[name].open(CODECS[name].Options(), context)
        return codec

    context = AdapterContext(SettableClock(), codec, named, directory)
    return HuffArchive.open(HuffArchive.Options(), context)


def entries() -> list[Entry]:
    return [
        Entry(Position(position), message.timestamp, encode_message(message))
        for position, message in zip(POSITIONS, MESSAGES, strict=True)
    ]


def write_golden(directory: Path) -> Path:
    """What wrote the file: frames of three codecs, one of them late, and a mark of a context."""
    first, second, third, fourth, fifth = entries()
    opened(directory).append(SESSION, [first, third])
    opened(directory, "none").append(SESSION, [fourth])
    opened(directory, "deflate").append(SESSION, [second])
    opened(directory).start_context(SESSION, after=third.position)
    opened(directory).append(SESSION, [fifth])
    return next(directory.rglob("*.huff"))


def test_a_file_of_the_first_version_opens(tmp_path: Path) -> None:
    at = write_golden(tmp_path)
    shutil.copyfile(GOLDEN / "v1.huff", at)
    archive = opened(tmp_path)
    assert archive.read(SESSION) == entries()
    assert [decode_message(entry) for entry in archive.read(SESSION)] == MESSAGES
    assert archive.read(SESSION, last=2) == entries()[-2:]
    info = archive.describe(SESSION)
    assert info is not None
    assert (info.session, info.messages, info.context_after) == (SESSION, 5, 3)


def test_a_file_of_the_first_version_is_found_whole(tmp_path: Path) -> None:
    at = write_golden(tmp_path)
    shutil.copyfile(GOLDEN / "v1.huff", at)
    (verified,) = opened(tmp_path).verify(repair=True)
    assert (verified.session, verified.messages, list(verified.findings)) == (SESSION, 5, [])
    assert at.read_bytes() == (GOLDEN / "v1.huff").read_bytes()


def test_a_file_of_the_first_version_can_be_continued_and_merged(tmp_path: Path) -> None:
    shutil.copyfile(GOLDEN / "v1.huff", write_golden(tmp_path))
    more = Entry(Position(POSITIONS[-1] + 1), 1_700_000_010.0, b"more")
    archive = opened(tmp_path)
    archive.append(SESSION, [more])
    archive.compact(SESSION)
    assert archive.read(SESSION) == [*entries(), more]
