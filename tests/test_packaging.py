"""Folders, wheel packages and entry points say the same; and what is installed is what they say.

The first half looks at the sources and runs everywhere. The second half looks at the installed distribution: `tox -e pkg`
installs the wheel into an environment that has no sources.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from lixcore.registry import Group

ROOT = Path(__file__).resolve().parent.parent


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def wheel_packages() -> list[str]:
    packages: list[str] = project()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return packages


def folders() -> list[str]:
    outer = (path for folder in ("adapters", "plugins") for path in (ROOT / folder).iterdir() if path.name != "__pycache__")
    return ["lixcore", *sorted(path.relative_to(ROOT).as_posix() for path in outer)]


def import_names() -> list[str]:
    return [PurePosixPath(package).name for package in wheel_packages()]


def entry_points() -> list[tuple[str, str, str]]:
    """Group, name and target of each entry point that pyproject.toml lists, commands included."""
    table = project()["project"]
    groups = {**table["entry-points"], "console_scripts": table["scripts"]}
    return [(group, name, target) for group, targets in groups.items() for name, target in targets.items()]


def test_every_folder_is_in_the_wheel() -> None:
    assert sorted(wheel_packages()) == sorted(folders())


def test_folders_of_adapters_and_plugins_are_no_packages_themselves() -> None:
    """`adapters.lixcore_redis` would import the same module a second time under another name."""
    assert not (ROOT / "adapters" / "__init__.py").exists()
    assert not (ROOT / "plugins" / "__init__.py").exists()


@pytest.mark.parametrize("package", wheel_packages())
def test_every_package_is_typed_and_named_as_ours(package: str) -> None:
    folder = ROOT / package
    assert (folder / "__init__.py").is_file()
    assert (folder / "py.typed").is_file()
    assert folder.name == "lixcore" or folder.name.startswith("lixcore_")


@pytest.mark.parametrize(("group", "name", "target"), entry_points())
def test_every_entry_point_names_a_package_that_ships(group: str, name: str, target: str) -> None:
    module, _, attribute = target.partition(":")
    assert module.split(".")[0] in import_names(), f"{group}: {name}"
    assert attribute.isidentifier()


def test_every_adapter_package_is_registered() -> None:
    registered = {target.partition(":")[0].split(".")[0] for _, _, target in entry_points()}
    adapters = {PurePosixPath(package).name for package in wheel_packages() if package.startswith("adapters/")}
    assert adapters == registered & adapters


def test_entry_points_of_the_core_are_in_known_groups() -> None:
    """A group that nothing reads is a name misspelt."""
    groups = {group for group, _, _ in entry_points()}
    assert groups - {"console_scripts"} <= {group.value for group in Group}


def test_all_is_every_extra_that_a_user_may_want() -> None:
    extras = project()["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    named = re.fullmatch(r"lixcore\[([\w,-]+)\]", everything)
    assert named is not None
    assert set(named.group(1).split(",")) == set(extras) - {"all", "testing"}


@pytest.fixture(scope="module")
def distribution() -> importlib.metadata.Distribution:
    """The installed wheel."""
    found = importlib.metadata.distribution("lixcore")
    url = json.loads(found.read_text("direct_url.json") or "{}")
    if url.get("dir_info", {}).get("editable"):
        pytest.skip("lixcore is installed from its sources here: `tox -e pkg` installs the wheel and runs this")
    return found


def test_the_wheel_holds_our_packages_whole_and_nothing_else(distribution: importlib.metadata.Distribution) -> None:
    files = {path.as_posix() for path in distribution.files or () if "__pycache__" not in path.parts}
    installed = {path for path in files if ".dist-info/" not in path and not path.startswith("../")}
    sources = {
        path.relative_to((ROOT / package).parent).as_posix()
        for package in wheel_packages()
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert installed == sources
    assert any(path.endswith(".dist-info/licenses/LICENSE") for path in files)


@pytest.mark.usefixtures("distribution")
@pytest.mark.parametrize("name", import_names())
def test_every_package_imports_from_the_installation(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert not Path(module.__file__).is_relative_to(ROOT / "lixcore")
    assert not Path(module.__file__).is_relative_to(ROOT / "adapters")
    assert not Path(module.__file__).is_relative_to(ROOT / "plugins")


@pytest.mark.parametrize(("group", "name", "target"), entry_points())
def test_every_entry_point_loads(distribution: importlib.metadata.Distribution, group: str, name: str, target: str) -> None:
    (point,) = distribution.entry_points.select(group=group, name=name)
    assert point.value == target
    assert callable(point.load())


def test_installed_metadata_is_complete(distribution: importlib.metadata.Distribution) -> None:
    about = distribution.metadata
    assert about["License-Expression"] == "MIT"
    assert about["Requires-Python"] == ">=3.11"
    assert about["Description-Content-Type"] == "text/markdown"
    assert (ROOT / "README.md").read_text().strip() in (distribution.read_text("METADATA") or "")
