"""``lix import``: conversations from files into the archive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from lixcore.errors import InvalidLineError, LixError, StoreError
from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption, TenantOption
from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.import_run import ImportReport, ImportRun
from lixcore_cli.interrupts import DeferredInterrupts
from lixcore_cli.invocation import StopError, file_problem, invoked
from lixcore_cli.line_source import opened
from lixcore_cli.output import Output
from lixcore_cli.quantities import counted
from lixcore_cli.reading_progress import reading_progress


def importing(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Files of conversations, plain or gzip; - is standard input.")
    ],
    *,
    hot: Annotated[bool, typer.Option("--hot", help="Make each session hot at once, instead of when it is first used.")] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Count and list lines that are refused, and go on; the exit code is then 1.")
    ] = False,
    tenant: TenantOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring conversations into the archive, one JSON object a line, as `lix export` writes them.

    A line is {"session_id": …, "messages": [{"role": …, "content": …}, …]}; timestamp, metadata and embedding may be added.

    Running the same import again, after an interruption or by mistake, stores nothing twice and continues where it ended. A
    line that is refused stops the import with its number and field; nothing of its session is stored, everything before it is.
    """
    with invoked(as_json=as_json, config_file=config, settings=settings) as run, run.stack() as stack:
        whose = tenant or stack.config.tenant
        with DeferredInterrupts() as interrupts, reading_progress(run.out) as on_progress:
            work = ImportRun(stack, interrupts, tenant=whose, hot=hot, skip_bad=skip_bad, on_progress=on_progress)
            stopped_by = _store(work, files)
        _tell(run.out, work.report, stopped_by)
        if stopped_by is not None:
            raise stopped_by
        if work.report.bad_lines:
            raise typer.Exit(ExitCode.PARTLY)


def _store(work: ImportRun, files: Sequence[str]) -> BaseException | None:
    """Store all that can be; returns what kept it from storing everything."""
    stopped_by: BaseException | None = None
    try:
        for name in files:
            _read(work, name)
    except (LixError, StopError, KeyboardInterrupt) as error:
        stopped_by = error
    if isinstance(stopped_by, StoreError):
        return stopped_by
    try:
        work.finish()  # what stood before a bad line, or had been read before Ctrl-C
    except (StoreError, KeyboardInterrupt) as error:
        return error
    return stopped_by


def _read(work: ImportRun, name: str) -> None:
    try:
        with opened(name) as source:
            work.read(source)
    except OSError as error:
        raise file_problem(name, error) from None


def _tell(out: Output, report: ImportReport, stopped_by: BaseException | None) -> None:
    if out.as_json:
        out.document({**report.to_dict(), "complete": stopped_by is None})
        return
    what = f"{counted(report.sessions, 'session')} and {counted(report.messages, 'message')}"
    least = "at least " if isinstance(stopped_by, StoreError) else ""
    out.show(f"Stored {least}{what} in {report.seconds:.1f} s ({report.rate:,.0f} messages/s).")
    if report.present_sessions:
        already = f"{counted(report.present_sessions, 'session')} with {counted(report.present_messages, 'message')}"
        out.show(f"Already there: {already}.")
    if report.ignored:
        names = ", ".join(f"{name!r} ({count:,})" for name, count in report.ignored.most_common(10))
        out.show(f"Ignored, because no message has it: {names}.")
    for error in report.listed:
        out.warn(f"skipped {error}")
    if report.bad_lines > len(report.listed):
        out.warn(f"skipped {report.bad_lines - len(report.listed):,} more bad lines")
    if isinstance(stopped_by, InvalidLineError):
        out.note("What stood before the bad line is stored. Mend the line, or add --skip-bad, and run this again: it continues.")
    elif isinstance(stopped_by, StoreError | KeyboardInterrupt):
        out.note("What is stored stays. Run the same command again: it continues.")
