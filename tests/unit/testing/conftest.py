"""Runs contracts as a third party does: a project of its own, with its own pytest."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

ADAPTER = """
import attrs
from lixcore.ports.options import option

@attrs.frozen
class ToyOptions:
    path: str = option("./toy.db", "Where.", place="path")
    name: str = option("toy", "Which table.", place="name")
    size: int = option(5, "How many.")

class Toy:
    Options = ToyOptions
    def __init__(self, options): self.options = options
    @classmethod
    def open(cls, options, context): return cls(options)
    def close(self): pass
"""

CONTRACT = """
from typing import ClassVar
import pytest
from hypothesis import given, strategies as st
from lixcore.testing import Contract, Place, overridden, rule, waived
from lixcore.testing.ground.entries import facts
from lixcore.testing.ground.profiles import examples
from toy import Toy

class ToyContract(Contract):
    prefix: ClassVar[str] = "toy"

    @rule("Because numbers matter.")
    def test_it_is_small(self, options):
        @examples(50)
        @given(st.integers())
        def check(number):
            assert number < 100
        check()

    @rule("Because what is stored is read.")
    def test_it_gives_entries(self, open_adapter):
        facts(None if open_adapter() else ())

    @pytest.mark.parametrize("number", [1, 2])
    @rule("Because two is enough.")
    def test_two_is_enough(self, number):
        assert number <= 2
"""


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Runs ``test_toy.py``, made of `CONTRACT` and what is given, with arguments for pytest; gives its exit code and output."""
    (tmp_path / "toy.py").write_text(ADAPTER)

    def run(body: str, *arguments: str, **environment: str) -> tuple[int, str]:
        (tmp_path / "test_toy.py").write_text(CONTRACT + textwrap.dedent(body))
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", *arguments, "test_toy.py"]
        ran = subprocess.run(  # noqa: S603  # ours
            command,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(["", *filter(None, sys.path)]), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode, ran.stdout + ran.stderr

    return run
