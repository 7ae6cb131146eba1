"""``lix sql``: questions about histories that take more than a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption, TenantOption
from lixcore_cli.invocation import invoked
from lixcore_cli.output import Output, plain_table
from lixcore_cli.quantities import counted
from lixcore_cli.safe_text import visible_line
from lixcore_cli.sql_values import cell, names_apart, plain_value

if TYPE_CHECKING:
    from lixcore.ports.archive_index_powers import Table


def sql(
    statement: Annotated[str, typer.Argument(metavar="STATEMENT", help="One SELECT over the view messages.")],
    *,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many rows at most.")] = 1000,
    catch_up: Annotated[bool, typer.Option("--catch-up", help="Bring what was archived into the index first.")] = False,
    tenant: TenantOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the archive index in SQL, of one tenant; it reads and cannot change anything.

    There is one view, messages, with the columns session, position, timestamp (UTC), role, text and fields (a map of texts). It
    takes an index that answers SQL, such as duckdb.
    """
    with invoked(as_json=as_json, config_file=config, settings=settings) as run, run.stack() as stack:
        if catch_up:
            stack.catch_up_index()
        table = stack.query_sql(statement, tenant=tenant, most=limit)
        if as_json:
            names = names_apart(table.columns)
            run.out.lines(dict(zip(names, map(plain_value, row), strict=True)) for row in table.rows)
        else:
            _show(run.out, table)
        if table.more:
            run.out.note(f"There are more rows; the first {limit:,} are shown, see --limit.")


def _show(out: Output, table: Table) -> None:
    columns = [visible_line(name) for name in table.columns]
    numbers = [
        name
        for name, values in zip(columns, zip(*table.rows, strict=True), strict=False)
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values if value is not None)
    ]
    shown = plain_table(*columns, right=numbers)
    for row in table.rows:
        shown.add_row(*map(cell, row))
    out.show(shown, counted(len(table.rows), "row"))
