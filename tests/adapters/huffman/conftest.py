"""What the tests of the ``.huff`` archive share: a codec, a clock that stands still, archives, and strategies."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import strategies as st

from lixcore.domain.position import Entry, Position
from lixcore.errors import CorruptDataError
from lixcore.ports.adapter import AdapterContext
from lixcore_huffman import HuffArchive

MakeArchive: TypeAlias = Callable[..., HuffArchive]


class LiteralsCodec:
    """Huffman coding by the standard library alone."""

    name = "literals"

    def encode(self, data: bytes) -> bytes:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_HUFFMAN_ONLY)
        return packer.compress(data) + packer.flush()

    def decode(self, data: bytes, *, size: int) -> bytes:
        try:
            block = zlib.decompressobj(-15).decompress(data, size + 1)
        except zlib.error as error:
            raise CorruptDataError("a block", str(error)) from error
        if len(block) != size:
            raise CorruptDataError("a block", "has another size than it should")
        return block


class StillClock:
    """Always the same instant."""

    def now(self) -> float:
        return 1_700_000_000.0

    def monotonic(self) -> float:
        return 0.0


def _codec_named(name: str) -> LiteralsCodec:
    assert name == LiteralsCodec.name  # what is stored as it is asks for no codec
    return LiteralsCodec()


def _make_archive(root: Path, **options: Any) -> HuffArchive:
    context = AdapterContext(StillClock(), LiteralsCodec.name, _codec_named, Path(root))
    return HuffArchive.open(HuffArchive.Options(**{"sync": False, **options}), context)


@pytest.fixture(scope="session")
def make_archive() -> MakeArchive:
    """Opens an archive in a directory; does not wait for the disk unless told to."""
    return _make_archive


@pytest.fixture
def archive(tmp_path: Path) -> HuffArchive:
    """An empty archive in ``tmp_path / "archive"``."""
    return _make_archive(tmp_path / "archive")


def _numbered(*positions: int, size: int = 20) -> list[Entry]:
    return [Entry(Position(number), 1.7e9 + number, (b"message %d " % number).ljust(size, b".")) for number in positions]


@pytest.fixture(scope="session")
def numbered() -> Callable[..., list[Entry]]:
    """Makes entries at the positions given, each different from all others."""
    return _numbered


def _bits_of(entries: Any) -> list[tuple[int, bytes, bytes]]:
    return [(entry.position, struct.pack("<d", entry.timestamp), entry.payload) for entry in entries]


@pytest.fixture(scope="session")
def bits_of() -> Callable[..., list[tuple[int, bytes, bytes]]]:
    """Makes entries comparable to the last bit of their timestamps."""
    return _bits_of


@pytest.fixture(scope="session")
def entry_lists() -> st.SearchStrategy[list[Entry]]:
    """One to twelve entries in ascending order, with any timestamp at all."""
    timestamps = st.one_of(
        st.floats(),
        st.floats(0, 253_402_300_799).map(lambda time: round(time, 6)),
        st.sampled_from([0.0, -0.0, 1.7e9, 1e308, 5e-324]),
    )
    entries = st.builds(Entry, st.integers(1, 2**63 - 1), timestamps, st.binary(max_size=40))
    unique = st.lists(entries, min_size=1, max_size=12, unique_by=lambda entry: entry.position)
    return unique.map(lambda found: sorted(found, key=lambda entry: entry.position))


@pytest.fixture
def path(archive: HuffArchive, tmp_path: Path, numbered: Callable[..., list[Entry]]) -> Path:
    """The file of a session of five frames: 2 and 3, 4 to 6, 7 to 9, a mark, 10 and 11; 1 was forgotten."""
    from worn_archive import SESSION, file_of  # here: programs that tests start import this file without tests/support

    for positions in ((1, 2, 3), (4, 5, 6), (7, 8, 9)):
        archive.append(SESSION, numbered(*positions))
    archive.forget(SESSION, through=Position(1))
    archive.start_context(SESSION, after=Position(2))
    archive.append(SESSION, numbered(10, 11))
    return file_of(tmp_path / "archive", SESSION)
