"""SQL for the curious: what it answers, and that nothing gets out of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

import pytest

from indexed_messages import made, put
from lixcore.domain.position import Position
from lixcore.domain.session import SessionKey
from lixcore.errors import InvalidInputError
from lixcore_duckdb import DuckdbArchiveIndex

OURS, THEIRS = SessionKey("one"), SessionKey("one", tenant="other")
THEIR_WORDS = "theirs alone"

ESCAPES = {
    "a file": "select * from read_csv('/etc/passwd')",
    "a file by its name": "select * from '/etc/passwd'",
    "a file as text": "select * from read_text('/etc/passwd')",
    "a file as bytes": "select * from read_blob('/etc/passwd')",
    "a file as json": "select * from read_json('/etc/passwd')",
    "a look at a file": "from sniff_csv('/etc/passwd')",
    "names of files": "select * from glob('/etc/*')",
    "a database": "attach '{tmp}/x.db'",
    "another database": "select * from read_duckdb('{tmp}/x.db')",
    "writing": "copy messages to '{tmp}/out.csv'",
    "exporting": "export database '{tmp}/out'",
    "importing": "import database '{tmp}/out'",
    "an extension": "install httpfs",
    "loading": "load httpfs",
    "the network": "select * from read_csv('http://127.0.0.1:9/x.csv')",
    "a setting": "set memory_limit = '100GB'",
    "unlocking": "reset lock_configuration",
    "access": "set enable_external_access = true",
    "a pragma": "pragma version",
    "the environment": "select getenv('HOME')",
    "two statements": "select 1; attach '{tmp}/x.db'",
    "a statement in a query": "select * from query('attach ''{tmp}/x.db''')",
    "a query as data": "from json_execute_serialized_sql(json_serialize_sql('select * from ''/etc/passwd'''))",
    "a variable of this process": "select * from secret_of_the_test",
    "a variable of the adapter": "select * from columns",
    "the parts": "select * from read_parquet('{part}')",
    "a part by its name": "from '{part}'",
    "facts of a part": "select * from parquet_metadata('{part}')",
    "all parts": "select * from read_parquet('{tmp}/**/*.parquet')",
    "the catalogue": "select * from sqlite_scan('{catalogue}', 'sessions')",
    "a macro": "create macro f() as 1",
    "a call": "call pragma_version()",
    "preparing": "prepare x as select 1",
    "a checkpoint": "checkpoint",
}
secret_of_the_test = {"column": ["a variable"]}


@pytest.mark.parametrize("which", ESCAPES)
def test_nothing_gets_out(index: DuckdbArchiveIndex, tmp_path: Path, which: str) -> None:
    index.add([])
    put(index, OURS, made(1, "ours"))
    put(index, THEIRS, made(1, THEIR_WORDS))
    part, catalogue = next(tmp_path.rglob("*.parquet")), next(tmp_path.rglob("*.sqlite"))
    before = {path: path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(InvalidInputError) as refused:
        index.query_sql(ESCAPES[which].format(tmp=tmp_path, part=part, catalogue=catalogue), tenant="default", most=10)
    assert THEIR_WORDS not in str(refused.value)
    assert {path: path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()} == before
    assert not Path(".tmp").exists()


def test_what_another_tenant_said_is_not_there_in_whatever_table(index: DuckdbArchiveIndex) -> None:
    put(index, THEIRS, *(made(at, THEIR_WORDS) for at in range(1, 50)))
    put(index, OURS, made(1, "ours"))
    tables = index.query_sql("select schema_name, table_name from duckdb_tables()", tenant="default", most=10)
    assert [tuple(row) for row in tables.rows] == [("main", "messages")]
    found = index.query_sql("select * from messages", tenant="default", most=100)
    assert [row[4] for row in found.rows] == ["ours"]


def test_the_statements_of_the_manual(index: DuckdbArchiveIndex) -> None:
    put(index, OURS, *(made(at, f"turn {at}", role="ab"[at % 2], topic="rain") for at in range(1, 6)))

    def rows(statement: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in index.query_sql(statement, tenant="default", most=100).rows]

    assert rows("select role, count(*) from messages group by role order by role") == [("a", 2), ("b", 3)]
    assert rows("select count(*) from messages where fields['topic'] = 'rain'") == [(5,)]
    assert rows("with late as (from messages where position > 4) select text from late") == [("turn 5",)]
    assert rows("select max(timestamp) - min(timestamp) < interval 2 seconds from messages") == [(True,)]
    assert [row[0] for row in rows("describe messages")] == ["session", "position", "timestamp", "role", "text", "fields"]


def test_a_query_that_takes_too_long_is_ended(open_index: Callable[..., DuckdbArchiveIndex]) -> None:
    index = open_index(sql_seconds=0.3)
    put(index, OURS, made(1))
    began = time.monotonic()
    with pytest.raises(InvalidInputError, match=r"was not answered within 0\.3 seconds"):
        index.query_sql("select sum(a) from range(100000000000) t(a)", tenant="default", most=1)
    assert time.monotonic() - began < 20
    assert index.query_sql("select 1", tenant="default", most=1).rows


def test_a_query_that_takes_too_much_memory_is_refused(open_index: Callable[..., DuckdbArchiveIndex]) -> None:
    index = open_index(memory_mb=64)
    put(index, OURS, made(1))
    with pytest.raises(InvalidInputError, match="needs more memory"):
        index.query_sql("select list(a) from range(1000000000) t(a)", tenant="default", most=1)


@pytest.mark.parametrize(
    "made_of",
    [
        "repeat('x', 100000)",
        "repeat('x', 100000)::blob",
        "[repeat('x', 100000)]",
        "map {'k': repeat('x', 100000)}",
        "range(20000)",
    ],
)
def test_an_answer_that_takes_too_much_memory_is_refused(open_index: Callable[..., DuckdbArchiveIndex], made_of: str) -> None:
    index = open_index(memory_mb=64)
    put(index, OURS, made(1))
    statement = Template(f"select {made_of} from range(1500)").substitute(long="repeat('x', 100000)")  # noqa: S608  # ours
    with pytest.raises(InvalidInputError, match=r"has an answer of more than 67,108,864 bytes.*duckdb_memory_mb"):
        index.query_sql(statement, tenant="default", most=10_000)
    found = index.query_sql(statement, tenant="default", most=70)
    assert (len(found.rows), found.more) == (70, True)


@pytest.mark.parametrize("statement", ["select '\0'", "select " + "1+" * 40_000 + "1"])
def test_statements_that_no_person_writes_are_refused(index: DuckdbArchiveIndex, statement: str) -> None:
    with pytest.raises(InvalidInputError):
        index.query_sql(statement, tenant="default", most=1)


def test_one_that_was_forgotten_is_not_there(index: DuckdbArchiveIndex) -> None:
    put(index, OURS, *(made(at, f"turn {at}") for at in range(1, 6)))
    put(index, SessionKey("two"), made(1, "two"))
    index.forget(OURS, through=Position(4))
    found = index.query_sql("select text from messages order by text", tenant="default", most=10)
    assert [tuple(row) for row in found.rows] == [("turn 5",), ("two",)]


def test_a_statement_that_changes_its_copy_changes_nothing(index: DuckdbArchiveIndex) -> None:
    put(index, OURS, *(made(at, f"turn {at}") for at in range(1, 6)))
    found = index.query_sql("with gone as (delete from messages returning text) select * from gone", tenant="default", most=10)
    assert len(found.rows) == 5
    assert index.query_sql("select count(*) from messages", tenant="default", most=1).rows == [(5,)]
