"""Writing a package from templates: names that are checked, a directory that is new, and nothing left where writing failed."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Annotated, Final

import attrs
import typer

from lixcore_cli.exit_codes import ExitCode
from lixcore_cli.invocation import StopError, file_problem

if TYPE_CHECKING:
    from lixcore_cli.output import Output

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="What a configuration will call it: lower-case letters, digits, hyphens.")
]
IntoOption = Annotated[Path, typer.Option("--into", metavar="DIR", help="Make the package's directory in this one.")]

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_NAME: Final = 20
_PREFIX: Final = "lixcore-"


@attrs.frozen
class Names:
    """What a package and the things in it are called, all derived from one name.

    Attributes:
        name: What a configuration calls it, such as ``my-store``.
        distribution: What pip calls it: ``lixcore-my-store``. Also the name of its directory.
        module: What Python imports: ``lixcore_my_store``.
        stem: What its classes begin with: ``MyStore``.
    """

    name: str
    distribution: str
    module: str
    stem: str

    @staticmethod
    def of(given: str) -> Names:
        """Derive them.

        Args:
            given: Lower-case letters, digits and single hyphens, 20 at most, a letter first. ``lixcore-`` in front of it is
                left out.

        Raises:
            typer.BadParameter: It is not like that.
            StopError: Something that is installed has the module's name already.
        """
        name = given.removeprefix(_PREFIX)
        if _NAME.fullmatch(name) is None or len(name) > _LONGEST_NAME:
            raise typer.BadParameter(
                f"{given!r} is no name: at most {_LONGEST_NAME} lower-case letters, digits and single hyphens, a letter first",
                param_hint="'NAME'",
            )
        module = f"lixcore_{name.replace('-', '_')}"
        if importlib.util.find_spec(module) is not None:
            raise StopError(ExitCode.USAGE, f"there is a module {module} already: choose another name than {name!r}")
        return Names(name, f"{_PREFIX}{name}", module, "".join(part.capitalize() for part in name.split("-")))


@attrs.frozen
class Package:
    """A package that is about to be written.

    Attributes:
        names: What it is called.
        templates: The template of each file; ``""`` for an empty file. Keys are paths, in which names may stand as in templates.
        values: What the templates say with names.
    """

    names: Names
    templates: Mapping[str, str]
    values: Mapping[str, str]

    def contents(self) -> dict[str, str]:
        """Each file's path in the package, and its text."""
        home = files("lixcore_cli") / "templates"
        texts: dict[str, str] = {}
        for path, template in self.templates.items():
            text = home.joinpath(template).read_text(encoding="utf-8") if template else ""
            texts[Template(path).substitute(self.values)] = Template(text).substitute(self.values)
        return texts

    def write(self, into: Path) -> tuple[Path, Sequence[str]]:
        """Write the package into a new directory; returns the directory and the paths in it.

        Raises:
            StopError: There is such a directory already, or it cannot be written. Nothing is left of what was begun.
        """
        texts = self.contents()
        home = into / self.names.distribution
        try:
            home.mkdir()
        except FileExistsError:
            raise StopError(ExitCode.USAGE, f"{home} is there already, and nothing is overwritten; choose another name") from None
        except OSError as error:
            raise file_problem(str(home), error) from None
        try:
            for path, text in texts.items():
                (home / path).parent.mkdir(parents=True, exist_ok=True)
                (home / path).write_text(text, encoding="utf-8")
        except BaseException as error:
            shutil.rmtree(home, ignore_errors=True)
            if isinstance(error, OSError):
                raise file_problem(str(home), error) from None
            raise
        return home, list(texts)


def write_package(out: Output, package: Package, into: Path) -> None:
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
