"""Whole conversations into an archive: how fast, and how small they become."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from lixcore.domain.message import Message
from lixcore.domain.position import ORIGIN, Entry, next_position
from lixcore.domain.record import encode_message
from lixcore.domain.session import SessionKey
from lixcore.errors import MissingExtraError
from lixcore.ports.cold_archive import AppendsInBulk, ColdArchive
from tests.benchmarks.adapters import open_adapter
from tests.benchmarks.codec_benchmark import trained_dictionary
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
    sessions = settings.corpus.sessions[::2]
    lines = [json.dumps({"session_id": str(at), "messages": messages}) for at, messages in enumerate(sessions)]
    json_bytes = sum(len(json_lines(session)) for session in sessions)
    codecs = list(CODECS)
    try:
        codecs.append(f"zstd:{trained_dictionary(settings.corpus, settings.directory, _DICTIONARY_BYTES, _records)}")
    except MissingExtraError as error:
        codecs.remove("zstd")
        table.notes.append(f"without zstd: {error}")
    for name in settings.archives:
        for codec in codecs:
            label = f"{name}, {codec}" if ":" not in codec else f"{name}, zstd 19 + dictionary of {_DICTIONARY_BYTES:,} B"
            try:
                opened: ColdArchive = open_adapter(
                    "cold_archive", name, directory=settings.directory / f"{name}-{codecs.index(codec)}", codec=codec
                )
            except LookupError as error:
                table.notes.append(f"without {label}: {error}")
                continue
            began = time.perf_counter()
            messages = _import(opened, lines)
            taken = time.perf_counter() - began
            held = list(opened.sessions())
            opened.close()
            stored = sum(info.stored_bytes for info in held)
            raw = sum(info.raw_bytes for info in held)
            table.add(label, messages / taken, json_bytes, raw, stored, 100 * stored / json_bytes)
    return [table]


def _records(messages: Sequence[dict[str, Any]]) -> bytes:
    records = [encode_message(Message.from_dict(message, now=0.0)) for message in messages]
    return b"".join(len(record).to_bytes(2, "little") + record for record in records)


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
