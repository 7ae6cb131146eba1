"""The package that the tutorials show passes ruff by its own rules, and mypy --strict. `tox -e types` runs it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOY = Path(__file__).resolve().parent.parent / "docs" / "examples" / "lixcore-toy"

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not (importlib.util.find_spec("mypy") and importlib.util.find_spec("ruff")),
        reason="mypy and ruff are not installed here: `tox -e types` runs this",
    ),
]


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(("ruff", "check", "--no-cache", "."), id="rules"),
        pytest.param(("ruff", "format", "--no-cache", "--check", "."), id="form"),
        pytest.param(("mypy", "--no-incremental", "src", "tests"), id="types"),
    ],
)
def test_it_is_clean(check: tuple[str, ...], tmp_path: Path) -> None:
    """A copy of it, beside which there is nothing of ours that a checker could take a setting from."""
    home = tmp_path / "lixcore-toy"
    shutil.copytree(TOY, home, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    ended = subprocess.run(  # noqa: S603  # our own programs
        [sys.executable, "-m", *check],
        cwd=home,
        env={**os.environ, "MYPYPATH": str(home / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
