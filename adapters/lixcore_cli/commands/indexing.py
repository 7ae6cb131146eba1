"""``lix index``: keeping the index of what is archived up to date."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import attrs
import typer

from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption
from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.index_progress import index_progress
from lixcore_cli.interrupts import StopRequests
from lixcore_cli.invocation import Invocation, invoked
from lixcore_cli.output import Output, plain_table
from lixcore_cli.quantities import counted, size

if TYPE_CHECKING:
    from lixcore.services.searching.catch_up import CaughtUp
    from lixcore.services.searching.index_report import IndexStatus
    from lixcore.stack import Stack


class IndexAction(StrEnum):
    """What is done with the index."""

    CATCH_UP = "catch-up"
    REBUILD = "rebuild"
    STATUS = "status"


def indexing(
    action: Annotated[
        IndexAction,
        typer.Argument(
            help="catch-up: bring in what was archived since; rebuild: begin from nothing; status: tell what it holds."
        ),
    ] = IndexAction.CATCH_UP,
    *,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring what is archived into the archive index, of all tenants, so that it is found.

    Applications do it from time to time by themselves; this is for histories that were just imported, and for cron.

    It may be interrupted at any time: what is indexed stays, and the next one goes on. The exit code is 1 when something
    archived cannot be read, and so cannot be indexed. An index that is damaged, or of another version, is made anew.
    """
    with invoked(as_json=as_json, config_file=config, settings=settings) as run, run.stack() as stack:
        if action is IndexAction.STATUS:
            _show_status(run.out, stack.index_status())
            return
        done = _caught_up(run, stack, anew=action is IndexAction.REBUILD)
        _tell(run.out, done)
        if done.failed:
            raise typer.Exit(ExitCode.PARTLY)


def _caught_up(run: Invocation, stack: Stack, *, anew: bool) -> CaughtUp:
    with StopRequests() as stop, index_progress(run.out) as advance:

        def progress(done: CaughtUp) -> None:
            advance(done)
            if stop.stopping() and not done.complete:
                run.out.note("What is indexed stays. Run the same command again without rebuild: it goes on.")
                raise KeyboardInterrupt

        return stack.rebuild_index(progress) if anew else stack.catch_up_index(progress)


def _tell(out: Output, done: CaughtUp) -> None:
    if out.as_json:
        failure = None if done.first_failure is None else str(done.first_failure)
        out.document({**attrs.asdict(done, filter=attrs.filters.exclude("first_failure")), "first_failure": failure})
        return
    if done.cleared:
        out.show("The index could not be used as it was, and was made anew.")
    rate = f" ({done.messages / done.seconds:,.0f} messages/s)" if done.messages and done.seconds else ""
    what = f"{counted(done.messages, 'message')} of {counted(done.sessions, 'session')}"
    out.show(f"Indexed {what} in {done.seconds:.1f} s{rate}; {counted(done.seen, 'session')} looked at.")
    if done.forgotten:
        out.show(f"Removed {counted(done.forgotten, 'message')} that the archive forgot.")
    if done.first_failure is not None:
        times = counted(done.failed, "part") + " of the archive cannot be read; the rest is indexed"
        out.warn(f"{times}. The first: {done.first_failure}")


def _show_status(out: Output, status: IndexStatus) -> None:
    if out.as_json:
        out.document(attrs.asdict(status))
        return
    heading = f"index {status.adapter}"
    table = plain_table("", heading, right=(heading,))
    table.add_row("messages", f"{status.messages:,}")
    table.add_row("  of these with an embedding", f"{status.embeddings:,}")
    table.add_row("sessions", f"{status.sessions:,}")
    table.add_row("size", "-" if status.stored_bytes is None else size(status.stored_bytes))
    table.add_row("archived messages", f"{status.archived_messages:,}")
    table.add_row("  of these not indexed yet", f"{status.lag:,}")
    table.add_row("  of these not readable", f"{status.unreadable:,}")
    out.show(table)
    if status.unlisted:
        what = f"{counted(status.unlisted, 'message')} of sessions that the archive does not show"
        out.warn(f"it holds {what}; if all of the archive is there, `lix index rebuild` removes them")
    if status.lag:
        out.note("`lix index` brings them in.")
    if status.trouble is not None:
        out.warn(status.trouble)
