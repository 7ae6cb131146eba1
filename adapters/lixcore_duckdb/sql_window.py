"""SQL for people who are curious: over a copy of one tenant's messages, in a DuckDB that can reach nothing else.

The copy is made for each statement, in memory. While it is made, the instance may read files; before the statement is looked at,
that is taken away for good, so that nothing depends on understanding what the statement does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Timer
from typing import Any, Final

from lixcore.errors import InvalidInputError
from lixcore.ports.archive_index_powers import Table
from lixcore_duckdb.duckdb_module import duckdb_module
from lixcore_duckdb.engine import Engine, files_in_place, quoted, registered
from lixcore_duckdb.part_reading import Part
from lixcore_duckdb.state_reading import Ranges

COLUMNS: Final = "session varchar, position bigint, timestamp timestamp, role varchar, text varchar, fields map(varchar, varchar)"
_NAMED: Final = "session, position, make_timestamp(cast(round(timestamp * 1e6) as bigint)) as timestamp, role, text, fields"
_MAX_STATEMENT_BYTES: Final = 65_536
_ROWS_AT_ONCE: Final = 64
_CLOSED: Final = (
    "set enable_external_access = false",
    "set lock_configuration = true",
)


def answer(
    engine: Engine,
    statement: str,
    parts: Sequence[Part],
    ranges: Mapping[int, Ranges],
    *,
    most: int,
    most_bytes: int,
    seconds: float,
) -> Table:
    """Run a statement over some rows of parts.

    Args:
        engine: Gives the instance that it runs in.
        statement: What was asked.
        parts: The parts with rows of the tenant.
        ranges: The rows that it may see, by the part's number.
        most: How many rows at most.
        most_bytes: How much memory these may take.
        seconds: How long it may take, the copy included.

    Raises:
        InvalidInputError: It is no statement that reads, is wrong, or needs more time or memory than it may have.
    """
    _check_text(statement)
    duckdb = duckdb_module()
    try:
        with engine.isolated() as connection, _in_time(connection, seconds):
            connection.execute(f"create table messages ({COLUMNS})")
            with files_in_place([part.messages() for part in parts]):
                for part in parts:
                    _copy(connection, part, ranges[part.facts.number])
            for closing in _CLOSED:
                connection.execute(closing)
            connection.execute(_single(connection, statement))
            columns = [column[0] for column in connection.description or ()]
            rows = _fetched(connection, most + 1, most_bytes)
    except duckdb.InterruptException as error:
        raise InvalidInputError(
            "statement", f"was not answered within {seconds:g} seconds; set duckdb_sql_seconds higher"
        ) from error
    except duckdb.OutOfMemoryException as error:
        raise InvalidInputError("statement", "needs more memory than it may have; set duckdb_memory_mb higher") from error
    except duckdb.Error as error:
        raise InvalidInputError("statement", f"cannot be answered: {str(error)[:2000]}") from error
    return Table(columns, rows[:most], more=len(rows) > most)


def _check_text(statement: str) -> None:
    if "\0" in statement:
        raise InvalidInputError("statement", "has a NUL character")
    if len(statement.encode("utf-8", "surrogatepass")) > _MAX_STATEMENT_BYTES:
        raise InvalidInputError("statement", f"is longer than {_MAX_STATEMENT_BYTES:,} bytes")


def _single(connection: Any, statement: str) -> Any:
    """The one statement of a text, if it only reads."""
    found = connection.extract_statements(statement)
    if len(found) != 1:
        raise InvalidInputError("statement", f"must be one statement, not {len(found)}")
    if found[0].type != duckdb_module().StatementType.SELECT:
        raise InvalidInputError("statement", f"must be one that reads, such as SELECT, not {found[0].type.name}")
    return found[0]


def _copy(connection: Any, part: Part, ranges: Ranges) -> None:
    source = f"read_parquet({quoted(part.messages())})"
    if ranges.count == part.facts.messages:
        connection.execute(f"insert into messages select {_NAMED} from {source}")  # noqa: S608  # a path of ours
        return
    with registered(connection, "wanted", {"first": ranges.firsts, "stop": ranges.stops}):
        connection.execute(
            f"insert into messages select {_NAMED} from {source} as found"  # noqa: S608  # as above
            " asof join wanted on found.row >= wanted.first where found.row < wanted.stop"
        )


def _fetched(connection: Any, most: int, most_bytes: int) -> list[tuple[object, ...]]:
    """The first rows of an answer; in pieces, for what is fetched is not within DuckDB's own limit."""
    rows: list[tuple[object, ...]] = []
    size = 0
    while len(rows) < most and (some := connection.fetchmany(min(_ROWS_AT_ONCE, most - len(rows)))):
        size += sum(map(_size_of, some))
        if size > most_bytes:
            reason = f"has an answer of more than {most_bytes:,} bytes; ask for less, or set duckdb_memory_mb higher"
            raise InvalidInputError("statement", reason)
        rows.extend(some)
    return rows


def _size_of(value: object) -> int:
    """About how many bytes a value takes."""
    size = sys.getsizeof(value)
    if isinstance(value, dict):
        return size + sum(_size_of(key) + _size_of(each) for key, each in value.items())
    if isinstance(value, (tuple, list)):
        return size + sum(map(_size_of, value))
    return size


@contextmanager
def _in_time(connection: Any, seconds: float) -> Iterator[None]:
    timer = Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
