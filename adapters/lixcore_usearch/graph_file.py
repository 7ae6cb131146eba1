"""The file of a graph: what USearch writes, followed by what it was made of and a checksum of all of it.

It is derived from the SQLite file, so it may always be missing. USearch trusts what it reads (a damaged file ends the process
by a segmentation fault), so nothing is given to it that is not, byte for byte, what was saved.

Layout: USearch's bytes; JSON of `_Facts`; its length (4 bytes, little-endian); SHA-256 of all before (32 bytes); 8 bytes of mark.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from lixcore_usearch.graph import Graph, GraphShape
from lixcore_usearch.usearch_module import usearch_version

SUFFIX: Final = ".graph"

_MARK: Final = b"lixgraf1"
_LENGTH_BYTES: Final = 4
_DIGEST_BYTES: Final = 32
_END_BYTES: Final = _LENGTH_BYTES + _DIGEST_BYTES + len(_MARK)
_MOST_FACTS: Final = 4096
_CHUNK: Final = 1 << 20


class UnusableGraphFileError(Exception):
    """The file is not one that can be loaded; the graph is built anew. It does not leave this package."""


class _Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scope: str
    usearch: str
    dimension: int
    dtype: str
    connectivity: int
    expansion_add: int
    highest: int
    free: int
    uncovered: int


def save_graph(graph: Graph, path: Path, *, scope: bytes) -> None:
    """Write the file, or put another one in its place, wholly or not at all.

    Raises:
        OSError: It cannot be written; the one before is untouched.
        RuntimeError: USearch cannot write it.
    """
    shape = graph.shape
    facts = _Facts(
        scope=scope.hex(),
        usearch=usearch_version(),
        dimension=shape.dimension,
        dtype=shape.dtype,
        connectivity=shape.connectivity,
        expansion_add=shape.expansion_add,
        highest=graph.highest,
        free=graph.free,
        uncovered=graph.uncovered,
    )
    new = path.with_suffix(".new")
    try:
        new.touch(mode=0o600)
        graph.save(str(new))
        with new.open("r+b") as file:
            encoded = msgspec.json.encode(facts)
            file.seek(0, os.SEEK_END)
            file.write(encoded + len(encoded).to_bytes(_LENGTH_BYTES, "little"))
            file.flush()
            digest = _digest(file, file.tell())
            file.seek(0, os.SEEK_END)
            file.write(digest + _MARK)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    graph.changes = 0


def load_graph(path: Path, shape: GraphShape, *, scope: bytes, expansion_search: int) -> Graph | None:
    """The graph of a file; None where there is no file.

    Raises:
        UnusableGraphFileError: It is damaged, of another scope, made otherwise, or by another version of USearch.
        OSError: It cannot be read.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        facts = _checked_facts(file)
    wanted = _Facts(
        scope=scope.hex(),
        usearch=usearch_version(),
        dimension=shape.dimension,
        dtype=shape.dtype,
        connectivity=shape.connectivity,
        expansion_add=shape.expansion_add,
        highest=facts.highest,
        free=facts.free,
        uncovered=facts.uncovered,
    )
    if facts != wanted:
        raise UnusableGraphFileError("it was made with other options or by another version of USearch")
    graph = Graph(shape, expansion_search=expansion_search)
    try:
        graph.load(str(path), highest=facts.highest, free=facts.free, uncovered=facts.uncovered)
    except RuntimeError as error:
        raise UnusableGraphFileError(f"USearch cannot read it: {error}") from error
    return graph


def _checked_facts(file: BinaryIO) -> _Facts:
    size = file.seek(0, os.SEEK_END)
    if size < _END_BYTES:
        raise UnusableGraphFileError("it is too short")
    file.seek(size - _END_BYTES)
    end = file.read(_END_BYTES)
    length, digest = int.from_bytes(end[:_LENGTH_BYTES], "little"), end[_LENGTH_BYTES : _LENGTH_BYTES + _DIGEST_BYTES]
    if not end.endswith(_MARK) or length > min(_MOST_FACTS, size - _END_BYTES):
        raise UnusableGraphFileError("it is not a whole graph file")
    if _digest(file, size - _END_BYTES + _LENGTH_BYTES) != digest:
        raise UnusableGraphFileError("its checksum does not fit")
    file.seek(size - _END_BYTES - length)
    try:
        return msgspec.json.decode(file.read(length), type=_Facts)
    except msgspec.MsgspecError as error:
        raise UnusableGraphFileError("it does not say what it was made of") from error


def _digest(file: BinaryIO, length: int) -> bytes:
    digest = hashlib.sha256()
    file.seek(0)
    while length:
        part = file.read(min(_CHUNK, length))
        if not part:
            raise UnusableGraphFileError("it became shorter while it was read")
        digest.update(part)
        length -= len(part)
    return digest.digest()
