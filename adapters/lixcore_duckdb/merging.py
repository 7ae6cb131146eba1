"""Putting parts together: which, and how.

Parts of about the same size become one when there are `FAN_IN` of them, so that a message is written again once for each tier
that it rises: of a million added in thousands, three times. A part of which somebody was forgotten is always written anew.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from lixcore_duckdb.engine import Engine, quoted, registered
from lixcore_duckdb.part_files import MESSAGES, ROWS, WORDS, PartFile, describe, path_of, write_arrays
from lixcore_duckdb.part_reading import Part
from lixcore_duckdb.part_writing import WRITE_MESSAGES, NewPart, NewSpan, write_embeddings
from lixcore_duckdb.posting_lists import merged_lists, write_lists
from lixcore_duckdb.state_reading import Ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

FAN_IN: Final = 8
_SMALLEST: Final = 2_000
_EMBEDDINGS_AT_ONCE: Final = 16_384


@attrs.frozen
class PartSize:
    """What is asked to choose parts by.

    Attributes:
        number: The part's.
        messages: Its rows.
        forgotten: How many of these count no more.
    """

    number: int
    messages: int
    forgotten: int

    @property
    def tier(self) -> int:
        """How large it is, in powers of `FAN_IN`."""
        left = max(1, self.messages - self.forgotten)
        return 0 if left < _SMALLEST else 1 + int(math.log(left / _SMALLEST, FAN_IN))


def chosen(parts: Sequence[PartSize], *, most: int, forgotten: bool) -> list[int]:
    """Which parts become one next; empty when there is nothing to gain.

    Args:
        parts: All there are.
        most: From how many parts of one tier on these become one.
        forgotten: Whether those are written anew of which somebody was forgotten.
    """
    tiers: dict[int, list[PartSize]] = {}
    for each in parts:
        tiers.setdefault(each.tier, []).append(each)
    for tier in sorted(tiers):
        if len(tiers[tier]) >= most:
            return [each.number for each in tiers[tier]]
    for tier in sorted(tiers):
        if forgotten and (touched := [each.number for each in tiers[tier] if each.forgotten]):
            return touched
    return []


def merged(
    generation: Path, number: int, parts: Sequence[Part], kept: Mapping[int, Ranges], tenants: Mapping[int, bytes], engine: Engine
) -> NewPart | None:
    """Write the files of a part that has what some parts have; None if that is nothing.

    Args:
        generation: Where.
        number: The new part's.
        parts: What becomes one.
        kept: The rows of each part, by its number, that were not forgotten.
        tenants: What stands for the tenant of each session, by the session's number.
        engine: Reads and writes Parquet.
    """
    rows = [_rows_in(kept.get(part.facts.number)) for part in parts]
    sources = np.repeat(np.arange(len(parts)), [len(each) for each in rows])
    if not len(sources):
        return None
    positions, timestamps, sessions, lengths = (
        np.concatenate([getattr(part.rows(), name)[held] for part, held in zip(parts, rows, strict=True)])
        for name in ("positions", "timestamps", "sessions", "lengths")
    )
    known, places = np.unique(sessions, return_inverse=True)
    ranks = {tenant: rank for rank, tenant in enumerate(sorted({tenants[session] for session in known.tolist()}))}
    order = np.lexsort((positions, sessions, np.array([ranks[tenants[session]] for session in known.tolist()])[places]))
    new_rows = np.empty(len(order), dtype=np.int64)
    new_rows[order] = np.arange(len(order))
    maps = _maps(parts, rows, new_rows, sources)
    files = [
        write_arrays(
            path_of(generation, number, ROWS), ROWS, [each[order] for each in (positions, timestamps, sessions, lengths)]
        ),
        write_lists(
            path_of(generation, number, WORDS),
            list(merged_lists([(part.postings(), each) for part, each in zip(parts, maps, strict=True)])),
        ),
        _merge_messages(path_of(generation, number, MESSAGES), parts, maps, engine),
    ]
    embedded = np.zeros(len(order), dtype=np.bool_)
    for dimension in sorted({dimension for part in parts for dimension in part.facts.dimensions}):
        if (file := _merge_embeddings(generation, number, dimension, parts, maps, embedded)) is not None:
            files.append(file)
    return NewPart(number, files, _spans(positions[order], sessions[order], lengths[order], embedded, tenants))


def _rows_in(ranges: Ranges | None) -> NDArray[np.int64]:
    if ranges is None or not len(ranges.firsts):
        return np.empty(0, dtype=np.int64)
    return np.concatenate(
        [np.arange(first, stop) for first, stop in zip(ranges.firsts.tolist(), ranges.stops.tolist(), strict=True)]
    )


def _maps(
    parts: Sequence[Part], rows: Sequence[NDArray[np.int64]], new_rows: NDArray[np.int64], sources: NDArray[np.intp]
) -> list[NDArray[np.int64]]:
    """For each row of each part the new one; -1 for those that are left out."""
    maps = []
    for at, (part, held) in enumerate(zip(parts, rows, strict=True)):
        found = np.full(part.facts.messages, -1, dtype=np.int64)
        found[held] = new_rows[sources == at]
        maps.append(found)
    return maps


def _merge_messages(path: Path, parts: Sequence[Part], maps: Sequence[NDArray[np.int64]], engine: Engine) -> PartFile:
    moves = {
        "part": np.concatenate([np.full(int((each >= 0).sum()), at, dtype=np.int32) for at, each in enumerate(maps)]),
        "old": np.concatenate([(each >= 0).nonzero()[0].astype(np.uint32) for each in maps]),
        "new": np.concatenate([each[each >= 0].astype(np.uint32) for each in maps]),
    }
    selects = [f"select {at} as part, * from read_parquet({quoted(part.messages())})" for at, part in enumerate(parts)]  # noqa: S608  # paths of ours
    query = (
        "select new as row, session, position, timestamp, role, text, fields"  # noqa: S608  # as above
        f" from ({' union all '.join(selects)}) as held join moves on held.part = moves.part and held.row = moves.old order by new"
    )
    with engine.cursor() as cursor, registered(cursor, "moves", moves):
        cursor.execute(f"copy ({query}) to {quoted(path)} {WRITE_MESSAGES}")
    return describe(path, MESSAGES)


def _merge_embeddings(
    generation: Path,
    number: int,
    dimension: int,
    parts: Sequence[Part],
    maps: Sequence[NDArray[np.int64]],
    embedded: NDArray[np.bool_],
) -> PartFile | None:
    """Write those of one dimension, and note which rows have one; None if none of them is kept."""
    tables, rows, sources, places = [], [], [], []
    for part, new_rows in zip(parts, maps, strict=True):
        held = part.embeddings(dimension)
        if held is None:
            continue
        moved = new_rows[held.rows]
        kept = (moved >= 0).nonzero()[0]
        rows.append(moved[kept])
        sources.append(np.full(len(kept), len(tables), dtype=np.intp))
        places.append(kept)
        tables.append(held.values)
    every = np.concatenate(rows)
    if not len(every):
        return None
    order = every.argsort()
    embedded[every] = True
    source, place = np.concatenate(sources)[order], np.concatenate(places)[order]

    def pieces() -> Iterator[NDArray[np.float32]]:
        for start in range(0, len(order), _EMBEDDINGS_AT_ONCE):
            some, at = source[start : start + _EMBEDDINGS_AT_ONCE], place[start : start + _EMBEDDINGS_AT_ONCE]
            piece = np.empty((len(some), dimension), dtype=np.float32)
            for table, values in enumerate(tables):
                here = some == table
                piece[here] = values[at[here]]
            yield piece

    return write_embeddings(generation, number, dimension, every[order].astype(np.uint32), pieces())


def _spans(
    positions: NDArray[np.int64],
    sessions: NDArray[np.uint32],
    lengths: NDArray[np.uint32],
    embedded: NDArray[np.bool_],
    tenants: Mapping[int, bytes],
) -> list[NewSpan]:
    firsts = np.concatenate(([0], (sessions[1:] != sessions[:-1]).nonzero()[0] + 1)).tolist()
    stops = [*firsts[1:], len(sessions)]
    return [
        NewSpan(
            (session := int(sessions[first])),
            tenants[session],
            None,
            first,
            positions[first:stop],
            lengths[first:stop].astype(np.int64),
            embedded[first:stop],
        )
        for first, stop in zip(firsts, stops, strict=True)
    ]
