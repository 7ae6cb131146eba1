"""Tallies, as rows: ``name, value``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lixcore_sqlite.database import Database

_ADD: Final = "INSERT INTO tallies VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"


def add_to_tallies(database: Database, changes: Mapping[str, float]) -> None:
    """`lixcore.ports.tallies.KeepsTallies.tally` of a file; all sums change together."""
    if not changes:
        database.check_open()
        return
    with database.writing(durable=False) as sql:
        sql.executemany(_ADD, list(changes.items()))


def read_tallies(database: Database) -> Mapping[str, float]:
    """`lixcore.ports.tallies.KeepsTallies.tallies` of a file."""
    sums: dict[str, float] = dict(database.rows("SELECT name, value FROM tallies", ()))
    if not all(type(name) is str and type(value) is float for name, value in sums.items()):
        raise database.damaged("holds a tally that is no number")
    return sums
