"""The contracts of import-linter: complete for what is there, and each seen failing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def outer_packages() -> set[str]:
    return {path.parent.name for folder in ("adapters", "plugins") for path in (ROOT / folder).glob("*/__init__.py")}


def contracts() -> dict[str, dict[str, Any]]:
    return {contract["id"]: contract for contract in project()["tool"]["importlinter"]["contracts"]}


def rooms() -> set[str]:
    found = (path for path in (ROOT / "lixcore").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists())
    return {path.stem for path in found} - {"__init__"}


def test_no_layer_is_optional_that_exists() -> None:
    """Layers in parentheses may be missing; once a room stands, the contract must insist on it."""
    layers = " | ".join(contracts()["layers"]["layers"])
    assert set(re.findall(r"\((\w+)\)", layers)) & rooms() == set()


def test_contracts_know_every_package() -> None:
    outer = outer_packages()
    known = contracts()
    assert set(project()["tool"]["importlinter"]["root_packages"]) == outer | {"lixcore"}
    assert outer <= set(known["core-is-pure"]["forbidden_modules"])
    assert set(known["strangers"]["modules"]) == outer
    assert set(known["adapters-see-ports"]["source_modules"]) == outer - {"lixcore_cli"}
    assert set(known["adapters-see-ports"]["forbidden_modules"]) == {
        f"lixcore.{room}" for room in rooms() - {"domain", "errors", "ports"}
    }


# contract -> (the file that breaks it, the line that does)
OFFENCES = [
    ("layers", "lixcore/domain/offence.py", "import lixcore.ports.clock"),
    ("layers", "lixcore/ports/offence.py", "import lixcore.services.system_clock"),
    ("layers", "lixcore/errors.py", "import lixcore.domain.text"),
    ("layers", "lixcore/services/tiers/offence.py", "import lixcore.registry"),
    ("layers", "lixcore/config/offence.py", "import lixcore.bootstrap"),
    ("layers", "lixcore/hooks/offence.py", "import lixcore.config"),
    ("layers", "lixcore/registry.py", "import lixcore.hooks.plugins"),
    ("layers", "lixcore/a_room_nobody_planned.py", ""),
    ("services", "lixcore/services/tiers/offence.py", "import lixcore.services.outage.seeker"),
    ("services", "lixcore/services/upkeep/offence.py", "import lixcore.services.histories.catalogue"),
    ("services", "lixcore/services/reuse/offence.py", "import lixcore.services.upkeep.lease"),
    ("services", "lixcore/services/reuse/offence.py", "import lixcore.services.answers.semantic_cache"),
    ("services", "lixcore/services/embeddings/offence.py", "import lixcore.services.answers.semantic_cache"),
    ("services", "lixcore/services/outage/offence.py", "import lixcore.services.reuse"),
    ("services", "lixcore/services/events/offence.py", "import lixcore.services.tiers.tiering"),
    ("services", "lixcore/services/a_room_nobody_planned.py", ""),
    ("core-is-pure", "lixcore/services/tiers/offence.py", "import lixcore_redis"),
    ("core-is-pure", "lixcore/services/tiers/offence.py", "def late():\n    import lixcore_policies"),
    ("core-is-pure", "lixcore/services/tiers/offence.py", "import redis.asyncio"),
    ("core-is-pure", "lixcore/services/tiers/offence.py", "import sqlite3"),
    ("core-is-pure", "lixcore/services/tiers/offence.py", "from usearch.index import Index"),
    ("pluggy-in-hooks", "lixcore/services/tiers/offence.py", "import pluggy"),
    ("test-tools-in-testing", "lixcore/domain/offence.py", "from hypothesis import given"),
    ("layers", "lixcore/services/tiers/offence.py", "import lixcore.testing.ground.clock"),
    ("core-is-pure", "lixcore/testing/offence.py", "import lixcore_memory"),
    ("strangers", "adapters/lixcore_redis/offence.py", "import lixcore_memory"),
    ("strangers", "plugins/lixcore_policies/offence.py", "import lixcore_sqlite"),
    ("strangers", "adapters/lixcore_cli/offence.py", "import lixcore_huffman"),
    ("adapters-see-ports", "adapters/lixcore_memory/offence.py", "import lixcore.services.system_clock"),
    ("adapters-see-ports", "plugins/lixcore_policies/offence.py", "import lixcore.services"),
    ("adapters-see-ports", "plugins/lixcore_policies/offence.py", "from lixcore.hooks import hookimpl"),
    ("adapters-see-ports", "adapters/lixcore_sqlite/offence.py", "from lixcore.config import CacheConfig"),
    ("adapters-see-ports", "adapters/lixcore_usearch/offence.py", "from lixcore.services import tiers"),
    ("adapters-see-ports", "adapters/lixcore_sqlite/offence.py", "from lixcore.testing.ground import hostile"),
    ("adapters-see-ports", "adapters/lixcore_zstd/offence.py", "from lixcore.registry import Registry"),
]


def lint(tree: Path) -> tuple[set[str], set[str], str]:
    """The ids of the contracts that are kept and broken in ``tree``, and what import-linter says."""
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("import-linter is not installed here: `tox -e arch` runs this")
    paths = os.pathsep.join(str(tree / folder) for folder in (".", "adapters", "plugins"))
    run = subprocess.run(  # noqa: S603  # our own tree, no shell
        [command, "--no-cache", "--no-logo"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": paths, "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = run.stdout + run.stderr
    names = {contract["name"]: key for key, contract in contracts().items()}
    kept = {key for name, key in names.items() if re.search(rf"^{re.escape(name)} KEPT", said, re.MULTILINE)}
    broken = {key for name, key in names.items() if re.search(rf"^{re.escape(name)} BROKEN", said, re.MULTILINE)}
    assert (run.returncode == 0) == (not broken), said
    return kept, broken, said


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, in which every contract is kept."""
    tree = tmp_path_factory.mktemp("house") / "tree"
    tree.mkdir()
    for folder in ("lixcore", "adapters", "plugins"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    kept, _, said = lint(tree)
    assert kept == set(contracts()), said
    return tree


@pytest.mark.parametrize(("contract", "file", "line"), OFFENCES)
def test_each_contract_can_fail(pristine: Path, tmp_path: Path, contract: str, file: str, line: str) -> None:
    """A module that does what the contract forbids breaks exactly that contract."""
    tree = tmp_path / "tree"
    shutil.copytree(pristine, tree)
    offence = tree / file
    # First in the file, so that a file which exists keeps what it says.
    offence.write_text(f"{line}\n" + (offence.read_text() if offence.exists() else ""))
    kept, broken, said = lint(tree)
    assert broken == {contract}, said
    assert kept == set(contracts()) - {contract}, said


def test_every_contract_has_an_offence() -> None:
    assert {contract for contract, _, _ in OFFENCES} == set(contracts())
