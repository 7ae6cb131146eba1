"""Archive indexes that are wrong in what they answer to SQL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from lixcore.errors import InvalidInputError
from lixcore.ports.archive_index import IndexFilter
from lixcore.ports.archive_index_powers import Table
from lixcore_duckdb import DuckdbArchiveIndex
from lixcore_duckdb.part_reading import Part
from lixcore_duckdb.state_reading import Ranges, Searched


class ShowsWholeParts(DuckdbArchiveIndex):
    """The view is over the files, whoever else is in them, and whatever was forgotten."""

    def _searched(self, generation: Path, where: IndexFilter) -> tuple[Searched, list[Part]]:
        searched, parts = super()._searched(generation, where)
        whole = {part.facts.number: Ranges.of([(0, part.facts.messages)]) for part in parts}
        return attrs.evolve(searched, ranges=whole), parts


class SaysThereIsNoMore(DuckdbArchiveIndex):
    """``fetchmany(most)``."""

    def query_sql(self, statement: str, *, tenant: str, most: int) -> Table:
        return attrs.evolve(super().query_sql(statement, tenant=tenant, most=most), more=False)


class GivesAllRows(DuckdbArchiveIndex):
    """``fetchall()``."""

    def query_sql(self, statement: str, *, tenant: str, most: int) -> Table:  # noqa: ARG002  # that is what is wrong
        return super().query_sql(statement, tenant=tenant, most=1_000_000)


class FindsNothingForMistakes(DuckdbArchiveIndex):
    """Whatever is wrong with a statement, it found nothing."""

    def query_sql(self, statement: str, *, tenant: str, most: int) -> Table:
        try:
            return super().query_sql(statement, tenant=tenant, most=most)
        except InvalidInputError:
            return Table((), ())


class RunsTheLastStatement(DuckdbArchiveIndex):
    """A driver that runs one statement after the other, and gives what the last one gave."""

    def query_sql(self, statement: str, *, tenant: str, most: int) -> Table:
        return super().query_sql(statement.rpartition(";")[2], tenant=tenant, most=most)


class TellsTimesAsNumbers(DuckdbArchiveIndex):
    """Seconds since the epoch, as they are stored."""

    def query_sql(self, statement: str, *, tenant: str, most: int) -> Table:
        found = super().query_sql(statement, tenant=tenant, most=most)
        return attrs.evolve(
            found, rows=[[value.timestamp() if hasattr(value, "timestamp") else value for value in row] for row in found.rows]
        )


class GivesFieldsAsText(DuckdbArchiveIndex):
    """A column of JSON."""

    def query_sql(self, statement: str, *, tenant: str, most: int) -> Table:
        found = super().query_sql(statement, tenant=tenant, most=most)
        return attrs.evolve(
            found, rows=[[str(value) if isinstance(value, dict) else value for value in row] for row in found.rows]
        )


CASES: list[tuple[Any, Sequence[str]]] = [
    (ShowsWholeParts, ["sql-sees-one-tenant-only", "sql-sees-what-is-held-now"]),
    (SaysThereIsNoMore, ["no-more-rows-than-asked-for"]),
    (GivesAllRows, ["no-more-rows-than-asked-for"]),
    (FindsNothingForMistakes, ["mistakes-in-sql-are-told[no sql]", "sql-changes-nothing[delete]"]),
    (RunsTheLastStatement, ["sql-changes-nothing[two that read]"]),
    (TellsTimesAsNumbers, ["the-view-has-the-columns-that-are-promised"]),
    (GivesFieldsAsText, ["the-view-has-the-columns-that-are-promised"]),
]
