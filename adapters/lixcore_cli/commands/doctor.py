"""``lix doctor``: what will cause trouble, before it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from lixcore.ports.diagnosis import Severity
from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption
from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.invocation import invoked
from lixcore_cli.output import Output
from lixcore_cli.quantities import counted
from lixcore_cli.safe_text import visible, visible_line

if TYPE_CHECKING:
    from lixcore_cli.doctor_checks import Check

MARKS = {Severity.OK: ("✓", "green"), Severity.WARNING: ("!", "yellow"), Severity.PROBLEM: ("✗", "bold red")}


def doctor(
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings count as problems for the exit code.")] = False,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look for what may lose messages or stop working: installation, configuration, adapters, and each store in use.

    Whatever is broken, all that can still be checked is checked. Nothing that is stored is changed; run it as the application's
    user, because a store that is not there yet is made. Each finding comes with what to do about it. The exit code is 0 when
    there is no problem, and 1 when there is one; with --strict, also on a warning.
    """
    with invoked(as_json=as_json, config_file=config, settings=settings) as run:
        from lixcore_cli.doctor_checks import checks

        found: list[Check] = []
        for check in checks(run.config):
            found.append(check)
            _show(run.out, check)
        count = Counter(check.diagnosis.severity for check in found)
        if not as_json:
            run.out.show("", _summary(found, count))
        if count[Severity.PROBLEM] or (strict and count[Severity.WARNING]):
            raise typer.Exit(ExitCode.PARTLY)


def _show(out: Output, check: Check) -> None:
    diagnosis = check.diagnosis
    if out.as_json:
        facts = {
            "area": check.area,
            "check": diagnosis.check,
            "severity": diagnosis.severity.value,
            "fact": diagnosis.fact,
            "advice": diagnosis.advice,
        }
        out.lines([facts])
        return
    from rich.padding import Padding
    from rich.text import Text

    mark, style = MARKS[diagnosis.severity]
    name = visible_line(f"{check.area}, {diagnosis.check}")
    out.show(Text.assemble((mark, style), " ", (name, "bold"), f": {visible(diagnosis.fact)}"))
    if diagnosis.advice:
        out.show(Padding(Text(visible(diagnosis.advice), style="dim"), (0, 0, 0, 4), expand=False))


def _summary(found: Sequence[Check], count: Counter[Severity]) -> str:
    problems, warnings = counted(count[Severity.PROBLEM], "problem"), counted(count[Severity.WARNING], "warning")
    return f"{counted(len(found), 'check')}: {problems}, {warnings}."
