"""``lix config``: every setting, its value, and where the value comes from."""

from __future__ import annotations

from typing import Annotated

import typer

from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption
from lixcore_cli.invocation import invoked
from lixcore_cli.output import plain_table
from lixcore_cli.safe_text import visible_line


def configuration(
    *,
    changed: Annotated[bool, typer.Option("--changed", help="Only settings that are not at their default.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Also what each setting is for, and what it accepts.")] = False,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show every setting with its value and origin; secrets are masked. Opens no store."""
    with invoked(as_json=as_json, config_file=config, settings=settings) as run:
        from lixcore.config import Layer

        shown = [each for each in run.config().settings() if not changed or each.origin.layer is not Layer.DEFAULT]
        if as_json:
            run.out.lines(
                {
                    "name": each.name,
                    "value": each.value,
                    "origin": str(each.origin),
                    "layer": each.origin.layer.name.lower(),
                    "help": each.help,
                    "accepted": each.accepted,
                }
                for each in shown
            )
            return
        table = plain_table("setting", "value", "origin", *(("for", "accepted") if explain else ()))
        for each in shown:
            more = (each.help, each.accepted) if explain else ()
            at_default = each.origin.layer is Layer.DEFAULT
            table.add_row(*map(visible_line, (each.name, each.value, str(each.origin), *more)), style="dim" if at_default else "")
        run.out.show(table)
