"""Codecs: speed in both directions, and size, on conversations as the JSON lines of an import file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from lixcore.errors import MissingExtraError
from lixcore.ports.codec import Codec
from lixcore_zstd import ZstdCodec, train_dictionary
from tests.benchmarks.adapters import open_adapter
from tests.benchmarks.measuring import Timing, interleaved
from tests.benchmarks.predecessor import MISSING, predecessor
from tests.benchmarks.report import Table
from tests.benchmarks.settings import Settings

SIZES = (200, 1000, 65_536, 500_000, 1_000_000)
_CODECS = ("huffman", "deflate", "hcv1", "zstd", "none")
_WITH_DICTIONARY = "zstd + dictionary"
_PREDECESSOR = "predecessor"
_PREDECESSOR_ENCODES_TO = 65_536  # its time is quadratic: 25 s for 500 kB
_PREDECESSOR_DECODES_TO = 500_000
_DICTIONARY_BYTES = 112 * 1024
_MEGABYTE = 1e6


def codec(settings: Settings) -> list[Table]:
    """Encode and decode blocks of 200 B to 1 MB."""
    table = Table(
        "codec: conversations as JSON lines of an import file, block by block",
        ("codec", "block B", "encode MB/s", "decode MB/s", "size %", "encode x pred.", "decode x pred."),
        notes=[settings.corpus.origin, "size: over blocks from all parts of the data; speed: over up to 128 kB of them"],
    )
    codecs = _codecs(settings, table)
    theirs = predecessor("huffman_codec", "HuffmanCodec")
    if theirs is None:
        table.notes.append(MISSING)
    text = b"".join(settings.corpus.import_lines(slice(0, None, 2)))  # a dictionary is trained on the others
    for size in SIZES:
        _measure(table, codecs, theirs, _blocks(text, size), settings.seconds)
    return [table]


def _codecs(settings: Settings, table: Table) -> dict[str, Codec]:
    codecs = {}
    for name in _CODECS:
        try:
            codecs[name] = open_adapter("codec", name, directory=settings.directory)
        except (LookupError, MissingExtraError) as error:
            table.notes.append(f"without {name}: {error}")
    if "zstd" in codecs:
        path = settings.directory / "benchmark.zdict"
        path.write_bytes(train_dictionary(settings.corpus.import_lines(slice(1, None, 2)), _DICTIONARY_BYTES))
        codecs[_WITH_DICTIONARY] = ZstdCodec(dictionary=path)
        table.notes.append(
            f"{_WITH_DICTIONARY}: of {_DICTIONARY_BYTES:,} B, trained on every second session; measured on the others"
        )
    return codecs


def _blocks(text: bytes, size: int) -> list[bytes]:
    step = max(size, len(text) // 40)
    return [text[at : at + size] for at in range(0, len(text) - size + 1, step)]


def _measure(table: Table, codecs: dict[str, Codec], theirs: Any, blocks: list[bytes], seconds: float) -> None:
    size = len(blocks[0])
    streams = {name: [each.encode(block) for block in blocks] for name, each in codecs.items()}
    # Evenly from all parts: languages differ.
    few = range(0, len(blocks), max(1, len(blocks) * size // 131_072))
    encoding: dict[str, Callable[[], object]] = {}
    decoding: dict[str, Callable[[], object]] = {}
    for name, each in codecs.items():
        encoding[name] = partial(_encode_all, each, [blocks[at] for at in few])
        decoding[name] = partial(_decode_all, each, [streams[name][at] for at in few], size)
    if theirs is not None and "hcv1" in codecs:
        if size <= _PREDECESSOR_ENCODES_TO:
            encoding[_PREDECESSOR] = partial(_call_all, theirs.encode, [blocks[at] for at in few])
        if size <= _PREDECESSOR_DECODES_TO:
            decoding[_PREDECESSOR] = partial(_call_all, theirs.decode, [streams["hcv1"][at] for at in few])
    encoded = interleaved(encoding, seconds=seconds)
    decoded = interleaved(decoding, seconds=seconds)
    volume = len(few) * size / _MEGABYTE
    for name in [*codecs, _PREDECESSOR]:
        stored = streams.get(name, streams.get("hcv1", [])) if name in decoded else []
        table.add(
            name,
            size,
            _rate(encoded.get(name), volume),
            _rate(decoded.get(name), volume),
            100 * sum(map(len, stored)) / (size * len(blocks)) if stored else None,
            _speedup(encoded, name),
            _speedup(decoded, name),
        )


def _encode_all(each: Codec, blocks: list[bytes]) -> None:
    for block in blocks:
        each.encode(block)


def _decode_all(each: Codec, streams: list[bytes], size: int) -> None:
    for stream in streams:
        each.decode(stream, size=size)


def _call_all(function: Callable[[bytes], bytes], blocks: list[bytes]) -> None:
    for block in blocks:
        function(block)


def _rate(timing: Timing | None, megabytes: float) -> float | None:
    return None if timing is None else megabytes / timing.p50


def _speedup(timings: dict[str, Timing], name: str) -> float | None:
    baseline = timings.get(_PREDECESSOR)
    timing = timings.get(name)
    return None if baseline is None or timing is None else 1 / timing.ratio_to(baseline)
