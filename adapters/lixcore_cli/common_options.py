"""The options that commands share, each written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

_PANEL = "Common options"

JsonOption: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Write JSON for programs instead of text for people.", rich_help_panel=_PANEL)
]
ConfigOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Read settings from this TOML file instead of lixcore.toml in the working directory.",
        rich_help_panel=_PANEL,
    ),
]
SetOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Use this value for a setting, whatever file and environment say; may be repeated. `lix config` lists the names.",
        rich_help_panel=_PANEL,
    ),
]


def _not_empty(tenant: str | None) -> str | None:
    if tenant == "":  # nearly always a shell variable without a value; another tenant's data would be shown or removed
        raise typer.BadParameter("it is empty; leave the option out for the configuration's tenant")
    return tenant


TenantOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--tenant",
        callback=_not_empty,
        help="Whose sessions these are; the configuration's tenant unless given.",
        rich_help_panel=_PANEL,
    ),
]


def examples(*pairs: tuple[str, str]) -> str:
    """An epilog of examples: a command, then what it does."""
    return "\n".join(["[bold]Examples[/bold]", *(f"  [cyan]{command}[/cyan]  [dim]# {what}[/dim]" for command, what in pairs)])
