"""``lix new-adapter``: a package of one's own, that passes its contract before a line of it is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lixcore_cli.adapter_templates import Port, adapter_package
from lixcore_cli.common_options import JsonOption
from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.invocation import StopError, invoked
from lixcore_cli.new_package import IntoOption, NameArgument, Names, write_package


def new_adapter(
    *,
    name: NameArgument,
    port: Annotated[Port, typer.Option("--port", help="What it is for.")],
    into: IntoOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write a new package with an adapter that works, its contract test and a README, to begin from.

    The directory is called lixcore-NAME; one that is there already is never written into.
    """
    with invoked(as_json=as_json) as run:
        from lixcore.registry import Group, Registry

        names = Names.of(name)
        group = Group(f"lixcore.{port.value.replace('-', '_')}")
        if names.name in (registry := Registry.scan()).names(group):
            provider = registry.provider(group, names.name)
            raise StopError(
                ExitCode.USAGE, f"there is a {group.label} {names.name!r} already, of {provider}; choose another name"
            )
        write_package(run.out, adapter_package(names, port), into)
