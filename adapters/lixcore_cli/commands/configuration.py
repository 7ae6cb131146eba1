"""``lix config``: every setting, its value, and where the value comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lixcore_cli.common_options import ConfigOption, JsonOption, SetOption
from lixcore_cli.invocation import invoked
from lixcore_cli.output import plain_table
from lixcore_cli.safe_text import visible_line

if TYPE_CHECKING:
    from lixcore.config import CacheConfig


def configuration(
    *,
    changed: Annotated[bool, typer.Option("--changed", help="Only settings that are not at their default.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Also what each setting is for, and what it accepts.")] = False,
    config: ConfigOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show every setting with its value and origin; secrets are masked. Opens no store.

    The exit code is 78 when something is wrong, such as the name of a policy that no installed package has.
    """
    with invoked(as_json=as_json, config_file=config, settings=settings) as run:
        from lixcore.config import Layer

        found = run.config()
        shown = [each for each in found.settings() if not changed or each.origin.layer is not Layer.DEFAULT]
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
            _check_names(found)
            return
        table = plain_table("setting", "value", "origin", *(("for", "accepted") if explain else ()))
        for each in shown:
            more = (each.help, each.accepted) if explain else ()
            at_default = each.origin.layer is Layer.DEFAULT
            table.add_row(*map(visible_line, (each.name, each.value, str(each.origin), *more)), style="dim" if at_default else "")
        run.out.show(table)
        _check_names(found)


def _check_names(config: CacheConfig) -> None:
    """Stacks look up policies and caches when they use them; who asks for the configuration wants to know at once.

    Raises:
        InvalidConfigError: With every name that nothing is registered under.
    """
    from lixcore.errors import InvalidConfigError, UnknownAdapterError
    from lixcore.registry import Group

    problems: list[str] = []
    for group in Group:
        if (name := config.chosen(group)) is not None and name not in config.registry.names(group):
            try:
                config.registry.load(group, name, origin=str(config.origin(group.setting)))
            except UnknownAdapterError as error:
                problems.append(str(error))
    if problems:
        raise InvalidConfigError(problems)
