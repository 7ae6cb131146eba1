"""``lix sessions``: which conversations there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import attrs
import typer

from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption, TenantOption
from lixcore_cli.invocation import invoked
from lixcore_cli.output import Output, plain_table
from lixcore_cli.quantities import counted, minute, size
from lixcore_cli.safe_text import visible_line

if TYPE_CHECKING:
    from lixcore.services.histories.catalogue import SessionSummary
    from lixcore.stack import Stack

SHOWN_BY_DEFAULT = 50


class SortKey(StrEnum):
    """What the list is sorted by."""

    LAST = "last"
    ID = "id"
    MESSAGES = "messages"
    HOT = "hot"
    SIZE = "size"


@attrs.frozen
class Row:
    """A line of the list.

    Attributes:
        session_id: Whose.
        messages: All of them, each counted once.
        hot: Entries in the hot store; None when the session is not hot.
        last_said: Seconds since the epoch of the newest message; 0.0 when there is none.
        stored_bytes: What the archive takes for it.
    """

    session_id: str
    messages: int
    hot: int | None
    last_said: float
    stored_bytes: int


_ORDER: dict[SortKey, Callable[[Row], Any]] = {
    SortKey.LAST: lambda row: (-row.last_said, row.session_id),
    SortKey.ID: lambda row: row.session_id,
    SortKey.MESSAGES: lambda row: (-row.messages, row.session_id),
    SortKey.HOT: lambda row: (row.hot is None, -(row.hot or 0), row.session_id),
    SortKey.SIZE: lambda row: (-row.stored_bytes, row.session_id),
}


def sessions(
    *,
    sort: Annotated[
        SortKey, typer.Option(help="What comes first: the last said, the most or the largest; ids from A to Z.")
    ] = SortKey.LAST,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"At most so many; {SHOWN_BY_DEFAULT} unless given, and all with --json.")
    ] = None,
    tenant: TenantOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the sessions of a tenant, hot or archived, without decompressing anything that is not hot."""
    with invoked(as_json=as_json, config_file=config, settings=settings) as run, run.stack() as stack:
        rows = sorted((_row(stack, summary) for summary in stack.sessions(tenant=tenant)), key=_ORDER[sort])
        if as_json:
            run.out.lines(attrs.asdict(row) for row in rows[:limit])
        else:
            _show(run.out, rows, limit or SHOWN_BY_DEFAULT, is_whole=not stack.wiring.reader.damage_found)


def _row(stack: Stack, summary: SessionSummary) -> Row:
    key = summary.session
    messages, last_said = summary.archived, summary.last_timestamp
    if summary.hot is not None:  # part of what is hot may be archived as well
        messages = stack.wiring.window.stats(key).messages
        newest = stack.wiring.window.history(key, last=1)
        last_said = max(last_said, *(entry.timestamp for entry in newest), 0.0)
    return Row(key.id, messages, summary.hot, last_said, summary.stored_bytes)


def _show(out: Output, rows: Sequence[Row], limit: int, *, is_whole: bool) -> None:
    if not rows:
        if is_whole:
            out.note("No sessions yet. `lix import FILE` brings some, `lix demo` shows how it works.")
        else:
            out.note("No session could be listed.")
        return
    numbers = ("messages", "hot", "last said", "size")
    table = plain_table("session", *numbers, right=numbers)
    for row in rows[:limit]:
        table.add_row(*_cells(row))
    out.show(table)
    total = sum(row.messages for row in rows)
    left_out = f"; the first {limit:,} are shown, see --limit" if len(rows) > limit else ""
    out.show(f"{counted(len(rows), 'session')}, {counted(total, 'message')}{left_out}")


def _cells(row: Row) -> Iterable[str]:
    hot = "-" if row.hot is None else f"{row.hot:,}"
    return visible_line(row.session_id), f"{row.messages:,}", hot, minute(row.last_said), size(row.stored_bytes)
