"""Making a part of messages: their texts cut into words, and everything written to files that nobody names yet."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count, starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import msgspec
import numpy as np

from lixcore.ports.analyzer import Analyzer
from lixcore.ports.archive_index import IndexedMessage
from lixcore_duckdb.engine import Engine, quoted, registered, texts
from lixcore_duckdb.hashing import WordHashes
from lixcore_duckdb.part_files import MESSAGES, ROWS, WORDS, PartFile, describe, path_of, write_arrays
from lixcore_duckdb.posting_lists import lists_of, write_lists

if TYPE_CHECKING:
    from numpy.typing import NDArray

WRITE_MESSAGES = "(format parquet, compression zstd, row_group_size 61440)"


@attrs.frozen(eq=False)
class NewMessages:
    """What one session gets: ascending in position, and nothing twice.

    Attributes:
        number: The session's, in the catalogue.
        tenant: What stands for its tenant.
        id: The session's id.
        messages: One at least.
    """

    number: int
    tenant: bytes
    id: str
    messages: Sequence[IndexedMessage]


@attrs.frozen(eq=False)
class NewSpan:
    """The rows of one session in a new part.

    Attributes:
        session: Its number.
        tenant: What stands for its tenant.
        id: The session's id; None where the catalogue knows it already.
        first: Its first row.
        positions: int64, of each of its rows.
        words: int64, how many words each of them has.
        embedded: bool, whether each of them has an embedding.
    """

    session: int
    tenant: bytes
    id: str | None
    first: int
    positions: NDArray[np.int64]
    words: NDArray[np.int64]
    embedded: NDArray[np.bool_]

    @property
    def stop(self) -> int:
        """The row behind its last one."""
        return self.first + len(self.positions)


@attrs.frozen(eq=False)
class NewPart:
    """A part whose files are written, and that the catalogue does not know yet.

    Attributes:
        number: Its number.
        files: Its files.
        spans: Whose rows it has; in their order.
    """

    number: int
    files: Sequence[PartFile]
    spans: Sequence[NewSpan]


def write_part(
    generation: Path,
    number: int,
    given: Sequence[NewMessages],
    *,
    analyzer: Analyzer,
    hashes_of: Callable[[bytes], WordHashes],
    engine: Engine,
) -> NewPart:
    """Write the files of a part.

    Args:
        generation: Where.
        number: The part's.
        given: The sessions, sorted by tenant.
        analyzer: Cuts their texts.
        hashes_of: Gives the hashes of a tenant's words.
        engine: Writes Parquet.
    """
    messages = [message for each in given for message in each.messages]
    positions = np.fromiter((message.position for message in messages), np.int64, len(messages))
    timestamps = np.fromiter((message.timestamp for message in messages), np.float64, len(messages))
    sessions = np.repeat(
        np.array([each.number for each in given], dtype=np.uint32),
        np.array([len(each.messages) for each in given], dtype=np.intp),
    )
    cut = _cut(given, analyzer, hashes_of)
    rows = np.repeat(np.arange(len(messages), dtype=np.uint32), cut.sizes)
    facts: list[NDArray[Any]] = [positions, timestamps, sessions, cut.lengths.astype(np.uint32)]
    files = [
        write_arrays(path_of(generation, number, ROWS), ROWS, facts),
        write_lists(path_of(generation, number, WORDS), [lists_of(cut.hashes, cut.entries, rows)]),
        _write_messages(path_of(generation, number, MESSAGES), given, engine),
    ]
    embedded = np.zeros(len(messages), dtype=np.bool_)
    by_dimension: dict[int, list[int]] = {}
    for row, message in enumerate(messages):
        if message.embedding is not None:
            by_dimension.setdefault(len(message.embedding), []).append(row)
    for dimension, held in sorted(by_dimension.items()):
        embedded[held] = True
        values = np.array([messages[row].embedding for row in held], dtype=np.float32)
        files.append(write_embeddings(generation, number, dimension, np.array(held, dtype=np.uint32), [values]))
    spans, first = [], 0
    for each in given:
        own = slice(first, first + len(each.messages))
        spans.append(NewSpan(each.number, each.tenant, each.id, first, positions[own], cut.lengths[own], embedded[own]))
        first = own.stop
    return NewPart(number, files, spans)


def write_embeddings(
    generation: Path, number: int, dimension: int, rows: NDArray[np.uint32], values: Iterable[NDArray[np.float32]]
) -> PartFile:
    """Write the embeddings of one dimension; ``values`` one after the other are those of the rows."""
    kind = str(dimension)
    return write_arrays(path_of(generation, number, kind), kind, [rows, *values])


@attrs.frozen(eq=False)
class Cut:
    """Texts as words; roles and fields stand among these, and do not count as such.

    Attributes:
        hashes: uint64, of all different ones.
        entries: uint32, which of them, text by text.
        sizes: int64, how many entries each text has.
        lengths: int64, how many of these are words.
    """

    hashes: NDArray[np.uint64]
    entries: NDArray[np.uint32]
    sizes: NDArray[np.int64]
    lengths: NDArray[np.int64]


def _cut(given: Sequence[NewMessages], analyzer: Analyzer, hashes_of: Callable[[bytes], WordHashes]) -> Cut:
    words_of = analyzer.words_of
    # What makes the next number is the dict's own doing, so that no Python code runs for a word.
    number = count().__next__
    known: dict[bytes, tuple[defaultdict[str, int], defaultdict[str, int], defaultdict[tuple[str, str], int]]] = {}
    entries, sizes, lengths = array("I"), array("q"), array("q")
    for each in given:
        kinds = known.setdefault(each.tenant, (defaultdict(number), defaultdict(number), defaultdict(number)))
        of_word, roles, of_field = kinds[0].__getitem__, kinds[1], kinds[2].__getitem__
        for message in each.messages:
            words = words_of(message.text)
            lengths.append(len(words))
            entries.extend(map(of_word, words))
            entries.append(roles[message.role])
            if message.fields:
                entries.extend(map(of_field, message.fields.items()))
            sizes.append(len(words) + 1 + len(message.fields))
    hashes = np.empty(number(), dtype=np.uint64)
    for tenant, (words_known, roles_known, fields_known) in known.items():
        hashed = hashes_of(tenant)
        for numbers, values in (
            (words_known, map(hashed.__getitem__, words_known)),
            (roles_known, map(hashed.of_role, roles_known)),
            (fields_known, starmap(hashed.of_field, fields_known)),
        ):
            places = np.fromiter(numbers.values(), np.int64, len(numbers))
            hashes[places] = np.fromiter(values, np.uint64, len(numbers))
    return Cut(
        hashes,
        np.frombuffer(entries, dtype=np.uintc),
        np.frombuffer(sizes, dtype=np.int64),
        np.frombuffer(lengths, dtype=np.int64),
    )


def _write_messages(path: Path, given: Sequence[NewMessages], engine: Engine) -> PartFile:
    messages = [message for each in given for message in each.messages]
    columns: dict[str, NDArray[Any]] = {
        "row": np.arange(len(messages), dtype=np.uint32),
        "session": texts([each.id for each in given for _ in each.messages]),
        "position": np.fromiter((message.position for message in messages), np.int64, len(messages)),
        "timestamp": np.fromiter((message.timestamp for message in messages), np.float64, len(messages)),
        "role": texts([message.role for message in messages]),
        "text": texts([message.text for message in messages]),
        "fields": texts([_as_json(message.fields) for message in messages]),
    }
    fields = "case when fields = '{}' then map([], [])::map(varchar, varchar) else fields::json::map(varchar, varchar) end"
    with engine.cursor() as cursor, registered(cursor, "given", columns):
        query = f"select * replace ({fields} as fields) from given"  # noqa: S608  # nothing of a message is in it
        cursor.execute(f"copy ({query}) to {quoted(path)} {WRITE_MESSAGES}")
    return describe(path, MESSAGES)


def _as_json(fields: Mapping[str, str]) -> str:
    return msgspec.json.encode(dict(fields)).decode() if fields else "{}"
