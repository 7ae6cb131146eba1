"""Whole conversations into an archive: how fast, and how small they become."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from lixcore.domain.message import Message
from lixcore.domain.position import ORIGIN, Entry, next_position
from lixcore.domain.record import encode_message
from lixcore.domain.session import SessionKey
from lixcore.errors import MissingExtraError
from lixcore.ports.cold_archive import AppendsInBulk, ColdArchive
from lixcore_zstd import train_dictionary
from tests.benchmarks.adapters import open_adapter
from tests.benchmarks.corpus import json_lines
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings

CODECS = ("huffman", "deflate", "zstd", "none")
_DICTIONARY_BYTES = 512 * 1024
_AT_ONCE = 200
Batch = tuple[SessionKey, list[Entry]]


def import_rate(settings: Settings) -> list[Table]:
    """Every second session, from JSON lines to an archive that holds it durably, by codec."""
    table = Table(
        "import: sessions as JSON lines into an archive",
        ("archive, codec", "messages/s", "JSON bytes", "record bytes", "stored bytes", "stored / JSON %"),
        notes=[
            settings.corpus.origin,
            "one run each; every second session, the others train the dictionary; all headers are counted",
        ],
    )
    lines = _lines(settings.corpus.sessions[::2])
    json_bytes = sum(len(json_lines(session)) for session in settings.corpus.sessions[::2])
    for name in settings.archives:
        try:
            codecs = {codec: codec for codec in CODECS}
            codecs[f"zstd 19 + dictionary of {_DICTIONARY_BYTES:,} B"] = f"zstd:{_dictionary(settings, name)}"
            for place, (label, codec) in enumerate(codecs.items()):
                opened: ColdArchive = open_adapter(
                    "cold_archive", name, directory=settings.directory / f"{name}-{place}", codec=codec
                )
                began = time.perf_counter()
                messages = _import(opened, lines)
                taken = time.perf_counter() - began
                held = list(opened.sessions())
                opened.close()
                stored = sum(info.stored_bytes for info in held)
                raw = sum(info.raw_bytes for info in held)
                table.add(f"{name}, {label}", messages / taken, json_bytes, raw, stored, 100 * stored / json_bytes)
        except (LookupError, MissingExtraError) as error:
            table.notes.append(f"without {name}: {error}")
    return [table]


class _Recorder:
    """A codec that leaves bytes as they are, and keeps them: what an archive really gives its codec."""

    name: ClassVar[str] = "none"

    def __init__(self) -> None:
        self.blocks: list[bytes] = []

    def encode(self, data: bytes) -> bytes:
        self.blocks.append(data)
        return data

    def decode(self, data: bytes, *, size: int) -> bytes:
        if len(data) != size:
            raise ValueError(f"{len(data)} bytes instead of {size}")
        return data


def _dictionary(settings: Settings, name: str) -> Path:
    recorder = _Recorder()
    opened: ColdArchive = open_adapter(
        "cold_archive", name, directory=settings.directory / f"{name}-training", codec="none", codec_made=recorder
    )
    _import(opened, _lines(settings.corpus.sessions[1::2]))
    opened.close()
    path = settings.directory / f"{name}.zdict"
    path.write_bytes(train_dictionary(recorder.blocks, _DICTIONARY_BYTES))
    return path


def _lines(sessions: Sequence[Sequence[dict[str, Any]]]) -> list[str]:
    return [json.dumps({"session_id": str(at), "messages": messages}) for at, messages in enumerate(sessions)]


def _import(opened: ColdArchive, lines: Sequence[str]) -> int:
    messages = 0
    batches = map(_batch, lines)
    while batch := list(islice(batches, _AT_ONCE)):
        _append(opened, batch)
        messages += sum(len(entries) for _, entries in batch)
    return messages


def _append(opened: ColdArchive, batch: list[Batch]) -> None:
    if isinstance(opened, AppendsInBulk):
        opened.append_many(batch)
        return
    for session, entries in batch:
        opened.append(session, entries)


def _batch(line: str) -> Batch:
    spoken = json.loads(line)
    return SessionKey(spoken["session_id"]), list(_entries(spoken["messages"]))


def _entries(messages: Sequence[dict[str, Any]]) -> Iterator[Entry]:
    position = ORIGIN
    for plain in messages:
        message = Message.from_dict(plain, now=0.0)
        position = next_position(after=position, now=message.timestamp)
        yield Entry(position, message.timestamp, encode_message(message))
