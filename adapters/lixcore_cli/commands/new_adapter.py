"""``lix new-adapter``: a package of one's own, that passes its contract before a line of it is changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lixcore_cli.adapter_templates import Port, adapter_package
from lixcore_cli.common_options import JsonOption
from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.invocation import StopError, invoked
from lixcore_cli.new_package import Names, Package

if TYPE_CHECKING:
    from lixcore_cli.output import Output

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="What a configuration will call it: lower-case letters, digits, hyphens.")
]
IntoOption = Annotated[Path, typer.Option("--into", metavar="DIR", help="Make the package's directory in this one.")]


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
        write(run.out, adapter_package(names, port), into)


def write(out: Output, package: Package, into: Path) -> None:
    """Write a package and say what to do with it."""
    home, paths = package.write(into)
    commands = [f"cd {home}", "pip install -e '.[test]'", "pytest"]
    if out.as_json:
        out.document(
            {
                "directory": str(home),
                "files": list(paths),
                "distribution": package.names.distribution,
                "module": package.names.module,
                "class": package.values["class_name"],
                "entry_point": {"group": package.values["group"], "name": package.names.name},
                "next": commands,
            }
        )
        return
    out.show(f"Made {home}:", *(f"  {path}" for path in paths), "", "Now:", *(f"  {command}" for command in commands))
