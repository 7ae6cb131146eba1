"""``lix contract``: does an installed adapter keep what its port promises?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption
from lixcore_cli.contract_report import report_document, show_report
from lixcore_cli.contract_run import ContractPort, contract_of, trials
from lixcore_cli.exit_codes import ExitCode, code_of_kind
from lixcore_cli.invocation import invoked
from lixcore_cli.output import Output
from lixcore_cli.safe_text import visible_line

if TYPE_CHECKING:
    from lixcore.testing.runner import ContractReport


class Profile(Enum):
    """How thoroughly a contract is tried."""

    DEV = "dev"
    CI = "ci"
    NIGHTLY = "nightly"


def contract(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What a configuration calls the adapter.")],
    port: Annotated[
        ContractPort | None, typer.Option("--port", help="Only as this, where adapters of one name serve several ports.")
    ] = None,
    profile: Annotated[
        Profile, typer.Option("--profile", help="How thoroughly: dev takes seconds, nightly as long as it takes.")
    ] = Profile.CI,
    rule: Annotated[
        list[str] | None, typer.Option("--rule", metavar="RULE", help="Only rules with this in their name; may be repeated.")
    ] = None,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try an installed adapter against the contract of its port, with the options that are configured for it.

    It is tried in new places of its own, which are removed: other files, other names on the same server. What is configured is
    never touched, and nothing is written into the working directory. It needs the extra testing.

    The exit code is 0 when every rule holds, and 1 when one is broken.
    """
    with invoked(as_json=as_json, config_file=config, settings=settings) as run:
        configured = run.config()
        found = trials(configured, name, port)
        for trial in found:
            contract_of(trial.group)  # what is missing is told before anything is tried
        reports: list[ContractReport] = []
        for trial in found:
            with _progress(run.out, f"{trial.group.label} {trial.name}") as progress:
                report = trial.run(profile=profile.value, rules=rule or (), progress=progress)
            reports.append(report)
            if as_json:
                run.out.lines([report_document(trial, report)])
            else:
                show_report(run.out, trial, report)
            _tell_troubles(run.out, report)
            if report.interrupted:
                break
        if (code := _code(reports)) is not ExitCode.OK:
            raise typer.Exit(code)


def _tell_troubles(out: Output, report: ContractReport) -> None:
    for each in report.left_behind:
        out.warn(f"something that the contract made may be left: {each}")
    if report.interrupted:
        out.fail("interrupted", facts={"kind": "interrupted", "exit_code": int(ExitCode.INTERRUPTED)})
    elif report.obstacle is not None:
        code = code_of_kind(report.obstacle.kind)
        out.fail(report.obstacle.message, facts={"kind": report.obstacle.kind, "exit_code": int(code)})


def _code(reports: Sequence[ContractReport]) -> ExitCode:
    if any(report.interrupted for report in reports):
        return ExitCode.INTERRUPTED
    for report in reports:
        if report.obstacle is not None:
            return code_of_kind(report.obstacle.kind)
    return ExitCode.OK if all(report.holds for report in reports) else ExitCode.PARTLY


@contextmanager
def _progress(out: Output, what: str) -> Iterator[Callable[[str, int, int], None] | None]:
    """A bar of the rules that were tried, for people who watch a terminal; nothing otherwise."""
    if out.as_json or not out.errors.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns: list[Any] = [
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[rule]}", markup=False),
    ]
    with Progress(*columns, console=out.errors, transient=True) as bars:
        task = bars.add_task(what, total=None, rule="")

        def advance(rule: str, before: int, count: int) -> None:
            bars.update(task, completed=before, total=count, rule=visible_line(rule))

        yield advance
