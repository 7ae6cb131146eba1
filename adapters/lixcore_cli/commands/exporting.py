"""``lix export``: conversations as lines that `lix import` reads back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption, TenantOption
from lixcore_cli.invocation import invoked, readable
from lixcore_cli.line_sink import STDOUT, opened_for_lines
from lixcore_cli.line_source import MAX_LINE_BYTES
from lixcore_cli.quantities import counted
from lixcore_cli.safe_text import visible_line

if TYPE_CHECKING:
    from lixcore.domain.session import SessionKey
    from lixcore.stack import Stack


def exporting(
    *,
    session_ids: Annotated[
        list[str] | None, typer.Option("--session", metavar="ID", help="Only this one; may be repeated.")
    ] = None,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is standard output.")] = STDOUT,
    compressed: Annotated[
        bool | None, typer.Option("--gzip/--no-gzip", help="Whether to compress; unless given, files are whose name ends in .gz.")
    ] = None,
    tenant: TenantOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write whole histories, one session a line, sorted by id. Importing them gives the same messages again, exactly.

    A file appears under its name when it is complete, so an export that is interrupted leaves no half file. The summary goes to
    standard error when the lines go to standard output.
    """
    with invoked(as_json=as_json, config_file=config, settings=settings) as run, run.stack() as stack:
        if session_ids:
            keys = [stack.session(session_id, tenant=tenant).session for session_id in dict.fromkeys(session_ids)]
            for key in keys:
                readable(stack, key)
        else:
            keys = sorted(stack.session_keys(tenant=tenant), key=lambda key: key.id)
        started, sessions, messages = time.perf_counter(), 0, 0
        with opened_for_lines(output, compressed=output.endswith(".gz") if compressed is None else compressed) as write:
            for key in keys:
                line, count = _line(stack, key)
                if not count and not session_ids:
                    continue  # hot and empty, or just forgotten: an import has nothing to do with it
                if len(line) > MAX_LINE_BYTES:
                    run.out.warn(f"{visible_line(key.id)} takes {len(line):,} bytes, more than `lix import` accepts in a line")
                write(line)
                sessions, messages = sessions + 1, messages + count
        seconds = time.perf_counter() - started
        if as_json:
            facts = {"sessions": sessions, "messages": messages, "output": output, "seconds": round(seconds, 3)}
            run.out.document(facts, stderr=output == STDOUT)
        else:
            run.out.note(f"Exported {counted(sessions, 'session')} and {counted(messages, 'message')} in {seconds:.1f} s.")


def _line(stack: Stack, key: SessionKey) -> tuple[bytes, int]:
    """A session's line, and how many messages it has."""
    from lixcore.domain.record import decode_message
    from lixcore.services.histories.conversation_lines import format_line

    messages = [decode_message(entry) for entry in stack.wiring.window.history(key)]
    return format_line(key, messages), len(messages)
