"""``lix new-policy``: a package of one's own that decides something otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lixcore_cli.common_options import JsonOption
from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.invocation import StopError, invoked
from lixcore_cli.new_package import IntoOption, NameArgument, Names, write_package
from lixcore_cli.policy_templates import Kind, policy_package


def new_policy(
    *,
    name: NameArgument,
    kind: Annotated[
        Kind, typer.Option("--kind", help="What it decides; or a plugin, which answers hooks and needs no configuration.")
    ] = Kind.EVICTION,
    into: IntoOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write a new package with a policy that works, its tests and a README, to begin from.

    The directory is called lixcore-NAME; one that is there already is never written into.
    """
    with invoked(as_json=as_json) as run:
        from lixcore.registry import Group, Registry

        names = Names.of(name)
        if kind is not Kind.PLUGIN:
            group = Group(f"lixcore.{kind.setting}")
            if names.name in (registry := Registry.scan()).names(group):
                provider = registry.provider(group, names.name)
                raise StopError(
                    ExitCode.USAGE, f"there is a {group.label} {names.name!r} already, of {provider}; choose another name"
                )
        write_package(run.out, policy_package(names, kind), into)
