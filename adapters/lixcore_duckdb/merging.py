"""Several parts as one, sorted as a part is, without what was forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from lixcore_duckdb.engine import Engine, quoted, registered
from lixcore_duckdb.part_files import MESSAGES, ROWS, WORDS, PartFile, describe, path_of, write_arrays
from lixcore_duckdb.part_reading import Embeddings, Part
from lixcore_duckdb.part_writing import WRITE_MESSAGES, NewPart, NewSpan, write_embeddings
from lixcore_duckdb.posting_lists import merged_lists, write_lists
from lixcore_duckdb.state_reading import Ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EMBEDDINGS_AT_ONCE: Final = 16_384


@attrs.frozen(eq=False)
class Kept:
    """A part of which some rows go into another one.

    Attributes:
        part: The part.
        rows: int64, which rows are kept, ascending.
        moves: int64, for each row of the part the new one; -1 for those that are left out.
    """

    part: Part
    rows: NDArray[np.int64]
    moves: NDArray[np.int64]


def merged(
    target: tuple[Path, int], parts: Sequence[Part], kept: Mapping[int, Ranges], tenants: Mapping[int, bytes], engine: Engine
) -> NewPart | None:
    """Write the files of a part that has what some parts have; None if that is nothing.

    Args:
        target: The directory of the generation, and the new part's number.
        parts: What becomes one.
        kept: The rows of each part, by its number, that were not forgotten.
        tenants: What stands for the tenant of each session, by the session's number.
        engine: Reads and writes Parquet.
    """
    rows = [_rows_in(kept.get(part.facts.number)) for part in parts]
    if not any(map(len, rows)):
        return None
    positions, timestamps, sessions, lengths = (
        np.concatenate([getattr(part.rows(), name)[held] for part, held in zip(parts, rows, strict=True)])
        for name in ("positions", "timestamps", "sessions", "lengths")
    )
    order = np.lexsort((positions, _order_of_sessions(tenants)[sessions]))
    facts = [each[order] for each in (positions, timestamps, sessions, lengths)]
    sources = _moved(parts, rows, order)
    files = [
        write_arrays(path_of(*target, ROWS), ROWS, facts),
        write_lists(path_of(*target, WORDS), list(merged_lists([(each.part.postings(), each.moves) for each in sources]))),
        _merge_messages(path_of(*target, MESSAGES), sources, engine),
    ]
    embedded = np.zeros(len(order), dtype=np.bool_)
    for dimension in sorted({dimension for part in parts for dimension in part.facts.dimensions}):
        new_rows, pieces = _merge_embeddings(dimension, sources)
        if len(new_rows):
            embedded[new_rows] = True
            files.append(write_embeddings(*target, dimension, new_rows, pieces))
    return NewPart(target[1], files, _spans(facts[0], facts[2], facts[3], embedded, tenants))


def _order_of_sessions(tenants: Mapping[int, bytes]) -> NDArray[np.uint32]:
    """For each session's number its place among all of them, by tenant."""
    ordered = sorted(tenants, key=lambda session: (tenants[session], session))
    places = np.zeros(max(ordered, default=0) + 1, dtype=np.uint32)
    places[ordered] = np.arange(len(ordered), dtype=np.uint32)
    return places


def _rows_in(ranges: Ranges | None) -> NDArray[np.int64]:
    if ranges is None or not len(ranges.firsts):
        return np.empty(0, dtype=np.int64)
    return np.concatenate(
        [np.arange(first, stop) for first, stop in zip(ranges.firsts.tolist(), ranges.stops.tolist(), strict=True)]
    )


def _moved(parts: Sequence[Part], rows: Sequence[NDArray[np.int64]], order: NDArray[np.intp]) -> list[Kept]:
    """Where the rows of each part go, when all of them stand in a new order."""
    new_rows = np.empty(len(order), dtype=np.int64)
    new_rows[order] = np.arange(len(order))
    found, first = [], 0
    for part, held in zip(parts, rows, strict=True):
        moves = np.full(part.facts.messages, -1, dtype=np.int64)
        moves[held] = new_rows[first : first + len(held)]
        found.append(Kept(part, held, moves))
        first += len(held)
    return found


def _merge_messages(path: Path, sources: Sequence[Kept], engine: Engine) -> PartFile:
    moves: dict[str, NDArray[Any]] = {
        "part": np.repeat(np.arange(len(sources), dtype=np.int32), [len(each.rows) for each in sources]),
        "old": np.concatenate([each.rows.astype(np.uint32) for each in sources]),
        "new": np.concatenate([each.moves[each.rows].astype(np.uint32) for each in sources]),
    }
    held = " union all ".join(
        f"select {at} as part, * from read_parquet({quoted(each.part.messages())})"  # noqa: S608  # a path of ours
        for at, each in enumerate(sources)
    )
    query = (
        "select new as row, session, position, timestamp, role, text, fields"  # noqa: S608  # as above
        f" from ({held}) as held join moves on held.part = moves.part and held.row = moves.old order by new"
    )
    with engine.cursor() as cursor, registered(cursor, "moves", moves):
        cursor.execute(f"copy ({query}) to {quoted(path)} {WRITE_MESSAGES}")
    return describe(path, MESSAGES)


def _merge_embeddings(dimension: int, sources: Sequence[Kept]) -> tuple[NDArray[np.uint32], Iterator[NDArray[np.float32]]]:
    """The new rows that have an embedding of one dimension, and these embeddings in pieces."""
    tables: list[Embeddings] = []
    rows, source, place = [], [], []
    for each in sources:
        table = each.part.embeddings(dimension)
        if table is not None:
            moved = each.moves[table.rows]
            kept = (moved >= 0).nonzero()[0]
            rows.append(moved[kept])
            source.append(np.full(len(kept), len(tables), dtype=np.intp))
            place.append(kept)
            tables.append(table)
    every = np.concatenate(rows)
    order = every.argsort()
    return every[order].astype(np.uint32), _gathered(
        dimension, tables, np.concatenate(source)[order], np.concatenate(place)[order]
    )


def _gathered(
    dimension: int, tables: Sequence[Embeddings], source: NDArray[np.intp], place: NDArray[np.intp]
) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(source), _EMBEDDINGS_AT_ONCE):
        some, at = source[start : start + _EMBEDDINGS_AT_ONCE], place[start : start + _EMBEDDINGS_AT_ONCE]
        piece = np.empty((len(some), dimension), dtype=np.float32)
        for number, table in enumerate(tables):
            here = some == number
            piece[here] = table.values[at[here]]
        yield piece


def _spans(
    positions: NDArray[np.int64],
    sessions: NDArray[np.uint32],
    lengths: NDArray[np.uint32],
    embedded: NDArray[np.bool_],
    tenants: Mapping[int, bytes],
) -> list[NewSpan]:
    firsts = np.concatenate(([0], (sessions[1:] != sessions[:-1]).nonzero()[0] + 1)).tolist()
    stops = [*firsts[1:], len(sessions)]
    words = lengths.astype(np.int64)
    return [
        NewSpan(number, tenants[number], None, first, positions[first:stop], words[first:stop], embedded[first:stop])
        for number, first, stop in zip(sessions[firsts].tolist(), firsts, stops, strict=True)
    ]
