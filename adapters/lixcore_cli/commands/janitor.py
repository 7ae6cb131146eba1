"""``lix janitor``: a process that does what the janitor's thread does in applications."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from lixcore.errors import LixError
from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption
from lixcore_cli.exit_codes import ExitCode, code_of
from lixcore_cli.interrupts import StopRequests
from lixcore_cli.invocation import Invocation, invoked

if TYPE_CHECKING:
    from lixcore.services.upkeep.janitor import JanitorReport
    from lixcore.stack import Stack

_LONGEST_WAIT: Final = 86_400.0  # one wait; what the system takes at most differs


def janitor(
    *,
    once: Annotated[bool, typer.Option("--once", help="Do one round, and end: for cron.")] = False,
    interval: Annotated[
        float | None,
        typer.Option(min=0.1, metavar="SECONDS", help="How long to wait between rounds; janitor_interval_seconds unless given."),
    ] = None,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Move idle sessions of all tenants to the archive, hold the limits of the hot store, and remove old histories.

    It also merges what was archived in small pieces, and brings together what was said while the hot store was away. Where there
    is an archive index, it brings in what was archived, unless --once is given: that is what `lix index` does.

    It goes on until it gets SIGTERM or SIGINT, finishes the step in hand, and ends with 0. Any number may run, and the threads of
    applications beside them: one at a time works, and another one takes over when it ends or dies.
    """
    texts = list(settings or ())
    if interval is not None:
        texts.append(f"janitor_interval_seconds={interval}")
    with invoked(as_json=as_json, config_file=config, settings=texts) as run, StopRequests() as stop, run.stack() as stack:
        if once:
            report = stack.wiring.janitor.round(stopping=stop.stopping)
            _Teller(run).tell(report)
            if report.found_problems:
                raise typer.Exit(ExitCode.PARTLY)
            return
        indexing = stack.wiring.searches.thread(stack.config.index_interval_seconds)
        if indexing is None:
            _go_on(run, stack, stop)
            return
        indexing.start()
        try:
            _go_on(run, stack, stop)
        finally:
            indexing.close()


def _go_on(run: Invocation, stack: Stack, stop: StopRequests) -> None:
    """Do rounds until somebody asks for an end. Stores may go and come meanwhile."""
    seconds, teller = stack.config.janitor_interval_seconds, _Teller(run)
    run.out.note(f"A round every {seconds:g} s; Ctrl-C or SIGTERM ends it.")
    while not stop.stopping():
        try:
            teller.tell(stack.wiring.janitor.round(stopping=stop.stopping))
        except LixError as error:
            if code_of(error) is ExitCode.DEFECT:
                raise
            teller.fail(error)
        _wait(stop, seconds)
    run.out.note("Ended, as it was asked to.")


def _wait(stop: StopRequests, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not stop.wait(min(left, _LONGEST_WAIT)):
        pass


class _Teller:
    """Says what rounds did; what goes on and on is said once to people."""

    def __init__(self, run: Invocation) -> None:
        self._run = run
        self._waiting = False
        self._failing = False

    def tell(self, report: JanitorReport) -> None:
        """Of a round that ended."""
        out = self._run.out
        if self._failing:
            out.note("The stores work again.")
        if report.another_is_janitor and not self._waiting:
            out.note("Another process is the janitor; this one takes over when that ends.")
        elif self._waiting and not report.another_is_janitor:
            out.note("This process is the janitor now.")
        self._failing, self._waiting = False, report.another_is_janitor
        if out.as_json:
            self._line(_facts(report))
        elif report.did_something or report.found_problems or report.still_hot:
            out.show(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {report}")
            sys.stdout.flush()

    def fail(self, error: LixError) -> None:
        """Of a round that a store ended."""
        if self._run.out.as_json:
            self._line({"error": {"message": str(error), "kind": type(error).__name__}})
        elif not self._failing:
            self._run.out.warn(f"{error}; it is tried again at every round")
        self._failing = True

    def _line(self, facts: dict[str, Any]) -> None:
        self._run.out.lines([{"time": round(time.time(), 3), **facts}])
        sys.stdout.flush()


def _facts(report: JanitorReport) -> dict[str, Any]:
    import attrs

    return attrs.asdict(report)
