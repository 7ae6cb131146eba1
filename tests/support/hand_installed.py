"""Packages in directories, as if ``pip install -e`` had installed them, but without a network or a trace in the environment."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def install(package: Path) -> dict[str, Any]:
    """Put a distribution's metadata beside its modules, where ``importlib.metadata`` finds it; returns the project's table."""
    project: dict[str, Any] = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = package / "src" / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    about = {"Metadata-Version": "2.1", "Name": project["name"], "Version": project["version"]}
    (info / "METADATA").write_text("".join(f"{name}: {value}\n" for name, value in about.items()), encoding="utf-8")
    groups = project.get("entry-points", {})
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items()) for group, points in groups.items()
    ]
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    return project


def environment(package: Path, **more: str) -> dict[str, str]:
    """What a process needs to find the package, and all that is found here; nothing set for lixcore or pytest."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("LIX_", "LIXCORE_", "PYTEST_"))}
    path = os.pathsep.join([str(package / "src"), *filter(None, sys.path)])
    return {
        **({} if "PYTHONPYCACHEPREFIX" in ours else {"PYTHONDONTWRITEBYTECODE": "1"}),
        **ours,
        "PYTHONPATH": path,
        "COLUMNS": "200",
        "PYTEST_ADDOPTS": "-p no:cacheprovider",
        **more,
    }


def run(
    package: Path, *command: str, cwd: Path | None = None, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program of Python, such as ``-m pytest``, in the package's directory."""
    return subprocess.run(  # noqa: S603  # our own programs
        [sys.executable, *command],
        cwd=cwd or package,
        env=environment(package, **(variables or {})),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=500,
        check=False,
    )


LIX: Sequence[str] = ("-c", "from lixcore_cli import main; main()")
"""The command, as a program of Python."""
