"""What the catalogue says a call is about: which parts, which of their rows, and the sums that scores are made of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.errors import InvalidInputError
from lixcore.ports.archive_index import IndexFilter, IndexProgress
from lixcore_duckdb.catalogue import tenant_digest
from lixcore_duckdb.part_files import PartFile
from lixcore_duckdb.part_reading import PartFacts

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AT_ONCE = 500


@attrs.frozen(eq=False)
class Ranges:
    """Rows of a part, as ranges that ascend and neither touch nor overlap.

    Attributes:
        firsts: int64, the first row of each.
        stops: int64, the row behind the last one of each.
    """

    firsts: NDArray[np.int64]
    stops: NDArray[np.int64]

    @classmethod
    def of(cls, found: Iterable[tuple[int, int]]) -> Ranges:
        """These ranges, in any order; none overlaps another one. Those that touch become one."""
        array = np.array(sorted(each for each in found if each[0] < each[1]), dtype=np.int64).reshape(-1, 2)
        if len(array) > 1:
            begins = np.concatenate(([True], array[1:, 0] != array[:-1, 1]))
            ends = np.concatenate((begins[1:], [True]))
            return cls(array[begins, 0], array[ends, 1])
        return cls(array[:, 0], array[:, 1])

    @property
    def count(self) -> int:
        """How many rows."""
        return int((self.stops - self.firsts).sum())

    def places_in(self, rows: NDArray[Any]) -> slice | NDArray[np.intp]:
        """Which of some ascending rows are among them: the places of these."""
        lows, highs = rows.searchsorted(self.firsts), rows.searchsorted(self.stops)
        if len(lows) == 1:
            return slice(int(lows[0]), int(highs[0]))
        lengths = highs - lows
        offsets = np.repeat(lows - np.concatenate(([0], lengths.cumsum()[:-1])), lengths)
        return np.arange(len(offsets), dtype=np.intp) + offsets


@attrs.frozen(eq=False)
class Searched:
    """What a search is about.

    Attributes:
        hash_key: What words are hashed with.
        messages: How many messages it looks at, whatever the rest of the filter says.
        words: How many words these have together.
        parts: All parts of the index.
        ranges: The rows that it looks at, by the part's number; parts without any are left out.
    """

    hash_key: bytes
    messages: int
    words: int
    parts: Sequence[PartFacts]
    ranges: Mapping[int, Ranges]


def searched(sql: sqlite3.Connection, generation: Path, where: IndexFilter) -> Searched:
    """What a filter's tenant and sessions are about."""
    tenant = tenant_digest(where.tenant)
    found: dict[int, list[tuple[int, int]]] = {}
    if where.sessions is None:
        messages, words = next(sql.execute("SELECT messages, words FROM totals WHERE tenant = ?", (tenant,)), (0, 0))
        for part, first, stop in sql.execute("SELECT part, first, stop FROM stretches WHERE tenant = ?", (tenant,)):
            found[part] = list(_without_forgotten(sql, part, first, stop))
    else:
        messages = words = 0
        for session, held, said in _known(sql, where.tenant, where.sessions):
            messages, words = messages + held, words + said
            for part, first, stop in sql.execute("SELECT part, first, stop FROM spans WHERE session = ?", (session,)):
                found.setdefault(part, []).append((first, stop))
    ranges = {part: Ranges.of(each) for part, each in found.items()}
    ((hash_key,),) = sql.execute("SELECT hash_key FROM meta").fetchall()
    return Searched(
        hash_key, messages, words, all_parts(sql, generation), {part: each for part, each in ranges.items() if each.count}
    )


def all_parts(sql: sqlite3.Connection, generation: Path) -> list[PartFacts]:
    """All parts of a generation."""
    files: dict[int, dict[str, PartFile]] = {}
    for part, kind, size, checksum in sql.execute("SELECT part, kind, size, checksum FROM files"):
        files.setdefault(part, {})[kind] = PartFile(kind, size, checksum)
    return [
        PartFacts(generation, part, messages, files.get(part, {}))
        for part, messages in sql.execute("SELECT part, messages FROM parts ORDER BY part")
    ]


@attrs.frozen
class KnownSession:
    """What is known of a session, besides its rows.

    Attributes:
        number: In the catalogue.
        progress: How far the index has come with it.
    """

    number: int
    progress: IndexProgress


def known_sessions(sql: sqlite3.Connection, digests: Sequence[bytes]) -> dict[bytes, KnownSession]:
    """What is known of sessions, by their digests; the unknown are left out."""
    columns = "digest, session, messages, last_position, forgotten_through, lacks"
    return {
        digest: KnownSession(
            number,
            IndexProgress(messages=messages, last_position=Position(last), forgotten_through=Position(forgotten), lacks=lacks),
        )
        for digest, number, messages, last, forgotten, lacks in _in_pieces(sql, columns, digests)
    }


def spans_of(sql: sqlite3.Connection, session: int) -> list[tuple[int, int, int]]:
    """Where the rows of a session are: part, first row, and the row behind the last one."""
    return sql.execute("SELECT part, first, stop FROM spans WHERE session = ? AND first < stop", (session,)).fetchall()


def rows_of(sql: sqlite3.Connection, parts: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    """The rows of parts that were not forgotten, as ranges."""
    found: dict[int, list[tuple[int, int]]] = {}
    for part in parts:
        found[part] = sql.execute("SELECT first, stop FROM spans WHERE part = ?", (part,)).fetchall()
    return found


def tenants_of(sql: sqlite3.Connection, parts: Sequence[int]) -> dict[int, bytes]:
    """What stands for the tenant of each session that has rows in some parts."""
    found: dict[int, bytes] = {}
    for part in parts:
        found.update(sql.execute("SELECT session, tenant FROM spans JOIN sessions USING (session) WHERE part = ?", (part,)))
    return found


def ids_of(sql: sqlite3.Connection, sessions: Sequence[int]) -> dict[int, str]:
    """The ids of sessions that have messages, by their numbers."""
    found: dict[int, str] = {}
    for start in range(0, len(sessions), _AT_ONCE):
        some = sessions[start : start + _AT_ONCE]
        marks = ",".join("?" * len(some))
        found.update(sql.execute(f"SELECT session, id FROM sessions WHERE session IN ({marks}) AND id IS NOT NULL", some))  # noqa: S608  # question marks
    return found


def _known(sql: sqlite3.Connection, tenant: str, ids: Iterable[str]) -> Iterable[tuple[int, int, int]]:
    digests = []
    for each in set(ids):
        try:
            digests.append(SessionKey(each, tenant).digest)
        except InvalidInputError:
            continue  # no session can have such an id
    return _in_pieces(sql, "session, messages, words", digests)


def _in_pieces(sql: sqlite3.Connection, columns: str, digests: Sequence[bytes]) -> Iterable[Any]:
    for start in range(0, len(digests), _AT_ONCE):
        some = digests[start : start + _AT_ONCE]
        yield from sql.execute(f"SELECT {columns} FROM sessions WHERE digest IN ({','.join('?' * len(some))})", some).fetchall()  # noqa: S608  # as above


def _without_forgotten(sql: sqlite3.Connection, part: int, first: int, stop: int) -> Iterable[tuple[int, int]]:
    at = first
    gone = "SELECT start, first FROM spans WHERE part = ? AND start >= ? AND start < ? AND first > start ORDER BY start"
    for start, end in sql.execute(gone, (part, first, stop)):
        yield at, start
        at = end
    yield at, stop
