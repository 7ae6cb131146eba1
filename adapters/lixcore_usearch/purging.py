"""Removing what is over, a little with every add, so that scopes nobody uses any more do not stay."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import attrs

from lixcore_usearch import rows
from lixcore_usearch.graph_file import SUFFIX


@attrs.frozen
class Purged:
    """What was removed.

    Attributes:
        entries: Numbers of entries, by the number of their scope.
        scopes: Numbers of the scopes that have none left.
    """

    entries: Mapping[int, list[int]]
    scopes: frozenset[int]


def purge(sql: sqlite3.Connection, now: float, *, limit: int) -> Purged:
    """In a transaction: remove entries whose time is over, up to ``limit`` of them; all of them where that is -1."""
    entries: defaultdict[int, list[int]] = defaultdict(list)
    for number, scope in rows.expired(sql, now, limit=limit):
        entries[scope].append(number)
    rows.delete(sql, (number for numbers in entries.values() for number in numbers))
    return Purged(entries, frozenset(rows.drop_empty_scopes(sql, entries)))


def forget_orphans(sql: sqlite3.Connection, folder: Path) -> None:
    """Remove files of graphs that no scope has, and those that were never finished.

    Raises:
        OSError: One cannot be removed.
    """
    scopes = rows.scope_numbers(sql)
    for file in folder.iterdir():
        number: int | None = None
        with suppress(ValueError):
            number = int(file.stem)
        if file.suffix != SUFFIX or number not in scopes:
            file.unlink()
