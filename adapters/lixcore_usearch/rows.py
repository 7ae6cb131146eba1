"""What is asked of the SQLite file: scopes, entries, vectors and payloads by their numbers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from lixcore.domain.freshness import CLOCK_SKEW_SECONDS
from lixcore.domain.scope import Scope
from lixcore.errors import CorruptDataError
from lixcore.ports.cache_size import CacheSize

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_AT_ONCE: Final = 512  # parameters of one statement; SQLite before 3.32 takes up to 999
_ENTRY_BYTES: Final = 256
"""About what an entry takes of the files beside its vector, its payload and its vector in the graph."""
_LIVE: Final = "expires > ? AND added <= ?"


@attrs.frozen
class NewEntry:
    """An entry as it is stored."""

    added: float
    expires: float
    label: bytes
    source: bytes
    vector: bytes
    payload: bytes


ScopeFacts = tuple[int, bytes, int]
"""Number, digest and dimension of a scope."""


def find_scope(sql: sqlite3.Connection, digest: bytes) -> ScopeFacts | None:
    """A scope; None where it has no entries."""
    found: ScopeFacts | None = sql.execute("SELECT number, digest, dimension FROM scopes WHERE digest = ?", (digest,)).fetchone()
    return found


def scopes_of_source(sql: sqlite3.Connection, source: bytes) -> list[ScopeFacts]:
    """The scopes to which a session added entries that are there."""
    return sql.execute(
        "SELECT number, digest, dimension FROM scopes WHERE number IN (SELECT scope FROM entries WHERE source = ?)", (source,)
    ).fetchall()


def scope_numbers(sql: sqlite3.Connection) -> set[int]:
    """The numbers of all scopes."""
    return {number for (number,) in sql.execute("SELECT number FROM scopes")}


def scopes_of_owner(sql: sqlite3.Connection, owner: bytes) -> list[ScopeFacts]:
    """The scopes of an owner that have entries."""
    return sql.execute("SELECT number, digest, dimension FROM scopes WHERE owner = ?", (owner,)).fetchall()


def make_scope(sql: sqlite3.Connection, scope: Scope, dimension: int) -> int:
    """The number of a new scope."""
    row = (scope.digest, scope.owner, dimension)
    number = sql.execute("INSERT INTO scopes (digest, owner, dimension) VALUES (?, ?, ?)", row).lastrowid
    assert number is not None  # noqa: S101  # for the type checker: an INSERT of a row has one
    return number


def set_dimension(sql: sqlite3.Connection, scope: int, dimension: int) -> None:
    """Let a scope without live entries take another dimension."""
    sql.execute("UPDATE scopes SET dimension = ? WHERE number = ?", (dimension, scope))


def listed(sql: sqlite3.Connection, scope: int) -> list[tuple[int, float, float]]:
    """Number, when added and when over, of all entries of a scope, in the order of adding."""
    return sql.execute("SELECT number, added, expires FROM entries WHERE scope = ? ORDER BY number", (scope,)).fetchall()


def insert(sql: sqlite3.Connection, scope: int, entry: NewEntry) -> int:
    """Store an entry; return its number, which is higher than any before."""
    size = 2 * len(entry.vector) + len(entry.payload) + _ENTRY_BYTES
    number = sql.execute(
        "INSERT INTO entries (scope, added, expires, label, source, size) VALUES (?, ?, ?, ?, ?, ?)",
        (scope, entry.added, entry.expires, entry.label, entry.source, size),
    ).lastrowid
    assert number is not None  # noqa: S101  # for the type checker: an INSERT of a row has one
    sql.execute("INSERT INTO vectors VALUES (?, ?)", (number, entry.vector))
    sql.execute("INSERT INTO payloads VALUES (?, ?)", (number, entry.payload))
    return number


def delete(sql: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Remove entries."""
    rows = [(number,) for number in numbers]
    if rows:
        for table in ("entries", "vectors", "payloads"):
            sql.executemany(f"DELETE FROM {table} WHERE number = ?", rows)  # noqa: S608  # the names stand in the line above
        sql.execute("UPDATE meta SET removals = removals + 1")


def drop_empty_scopes(sql: sqlite3.Connection, scopes: Iterable[int]) -> list[int]:
    """Remove those of some scopes that have no entries; return them."""
    gone = []
    for scope in scopes:
        if sql.execute("SELECT 1 FROM entries WHERE scope = ? LIMIT 1", (scope,)).fetchone() is None:
            sql.execute("DELETE FROM scopes WHERE number = ?", (scope,))
            gone.append(scope)
    return gone


def expired(sql: sqlite3.Connection, now: float, *, limit: int) -> list[tuple[int, int]]:
    """Number and scope of entries whose time is over, those that ended first before others; limit -1 for all."""
    return sql.execute("SELECT number, scope FROM entries WHERE expires <= ? ORDER BY expires LIMIT ?", (now, limit)).fetchall()


def of_source(sql: sqlite3.Connection, source: bytes) -> list[tuple[int, int, float, float]]:
    """Number, scope, when added and when over, of all that a session added."""
    return sql.execute("SELECT number, scope, added, expires FROM entries WHERE source = ?", (source,)).fetchall()


def labelled(sql: sqlite3.Connection, scope: int, label: bytes) -> Iterator[int]:
    """Entries of a scope with a label, newest first."""
    found = sql.execute(
        "SELECT number FROM entries WHERE scope = ? AND label = ? AND label != x'' ORDER BY number DESC", (scope, label)
    )
    return (number for (number,) in found)


def vectors(sql: sqlite3.Connection, where: str, numbers: Sequence[int], dimension: int) -> NDArray[np.float32]:
    """The vectors of entries.

    Args:
        sql: The connection.
        where: The file, for errors.
        numbers: Entries that are stored, in ascending order.
        dimension: Of their scope.

    Returns:
        float32 of shape (len(numbers), dimension), in the order of ``numbers``.

    Raises:
        CorruptDataError: One is missing, or has another dimension.
    """
    import numpy as np

    found = [vector for (vector,) in _by_number(sql, "SELECT vector FROM vectors", numbers)]
    joined = b"".join(found)
    if len(found) != len(numbers) or len(joined) != len(numbers) * dimension * 4 or len(set(map(len, found))) > 1:
        raise CorruptDataError(where, "lacks vectors of its entries; move its directory away: it is a cache, and fills again")
    return np.frombuffer(joined, dtype="<f4").astype(np.float32, copy=False).reshape(len(numbers), dimension)


def payloads(sql: sqlite3.Connection, where: str, numbers: Sequence[int]) -> dict[int, tuple[float, bytes]]:
    """When they were added, and payloads, of entries that are stored.

    Raises:
        CorruptDataError: One is missing.
    """
    statement = "SELECT number, added, payload FROM entries JOIN payloads USING (number)"
    found = {number: (added, payload) for number, added, payload in _by_number(sql, statement, numbers)}
    if len(found) != len(numbers):
        raise CorruptDataError(where, "lacks payloads of its entries; move its directory away: it is a cache, and fills again")
    return found


def measured(sql: sqlite3.Connection, now: float, owner: bytes | None) -> CacheSize:
    """How many live entries the scopes of an owner have, and their size; of all scopes where the owner is None."""
    statement = f"SELECT count(*), ifnull(sum(size), 0) FROM entries WHERE {_LIVE}"  # noqa: S608  # a constant of this module
    parameters: tuple[object, ...] = (now, now + CLOCK_SKEW_SECONDS)
    if owner is not None:
        statement += " AND scope IN (SELECT number FROM scopes WHERE owner = ?)"
        parameters += (owner,)
    entries, size = sql.execute(statement, parameters).fetchone()
    return CacheSize(entries, size)


def _by_number(sql: sqlite3.Connection, statement: str, numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        found += sql.execute(f"{statement} WHERE number IN ({','.join('?' * len(some))}) ORDER BY number", some).fetchall()
    return found
