"""The suite without what it needs, and what importing it brings."""

from __future__ import annotations

import subprocess
import sys

import pytest

IMPORT = """
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == {module!r} else real(name, *more)
import lixcore.testing
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603  # ours


@pytest.mark.parametrize("module", ["pytest", "hypothesis"])
def test_what_is_missing_is_named_with_the_extra_that_brings_it(module: str) -> None:
    ran = run(IMPORT.format(module=module))
    assert ran.returncode == 1
    told = ran.stderr.strip().splitlines()[-1]
    assert told.endswith(f"lixcore.testing needs the module '{module}'; install it with: pip install 'lixcore[testing]'")


def test_nothing_of_lixcore_imports_it_and_it_imports_no_contract_before_it_is_asked_for() -> None:
    ran = run(
        "import sys, lixcore; lixcore.CacheCoordinator, lixcore.open\n"
        "assert not any(name.startswith(('lixcore.testing', 'pytest', 'hypothesis')) for name in sys.modules)\n"
        "import lixcore.testing\n"
        "assert 'pytest' not in sys.modules and 'hypothesis' not in sys.modules\n"
        "lixcore.testing.CodecContract\n"
        "assert 'lixcore.testing.hot_store.contract' not in sys.modules\n"
        "assert 'HotStoreContract' in dir(lixcore.testing)\n"
    )
    assert ran.returncode == 0, ran.stderr
