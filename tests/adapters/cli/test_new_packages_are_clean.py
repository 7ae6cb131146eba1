"""What `lix new-adapter` and `lix new-policy` write passes ruff as it comes, and mypy --strict. `tox -e types` runs it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lixcore_cli.adapter_templates import Port, adapter_package
from lixcore_cli.new_package import Names
from lixcore_cli.policy_templates import Kind, policy_package

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not (importlib.util.find_spec("mypy") and importlib.util.find_spec("ruff")),
        reason="mypy and ruff are not installed here: `tox -e types` runs this",
    ),
]


@pytest.fixture(params=["a", "longnames"])
def packages(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A directory with a package of each kind; their names are short, or so long that lines might not fit."""
    fill: str = request.param
    for kind in [*Port, *Kind]:
        name = f"{kind.name.lower().replace('_', '-')[:9].strip('-')}-{fill}"[:20].strip("-")
        package = adapter_package if isinstance(kind, Port) else policy_package
        package(Names.of(name), kind).write(tmp_path)
    return tmp_path


def run(*command: str, cwd: Path, **variables: str) -> None:
    ended = subprocess.run(  # noqa: S603  # our own programs
        [sys.executable, "-m", *command], cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_they_are_clean(packages: Path) -> None:
    homes = sorted(packages.iterdir())
    assert len(homes) == len(Port) + len(Kind)
    # Each package is linted by itself: what counts as its own modules depends on where ruff runs.
    for home in homes:
        run("ruff", "check", "--no-cache", ".", cwd=home)
        run("ruff", "format", "--no-cache", "--check", ".", cwd=home)
    # Their tests have the same names, so they are checked under others.
    tests = packages / "tests"
    tests.mkdir()
    for home in homes:
        for path in (home / "tests").iterdir():
            shutil.copy(path, tests / f"{home.name.replace('-', '_')}_{path.name}")
    sources = [str(home / "src") for home in homes]
    modules = [str(path) for home in homes for path in (home / "src").iterdir()]
    run("mypy", "--strict", "--no-incremental", *modules, str(tests), cwd=packages, MYPYPATH=os.pathsep.join(sources))
