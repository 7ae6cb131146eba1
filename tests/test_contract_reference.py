"""The pages of the contract suite list what there is. After a change, ``LIXCORE_WRITE_REFERENCE=1`` writes their tables anew."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest

import lixcore.ports
import lixcore.testing
from lixcore.ports.adapter import Capability, ErasesPlace
from lixcore.registry import Group, Registry
from lixcore.testing import Contract
from lixcore.testing.ground.places import capabilities_of, place_options
from lixcore.testing.ground.rules import PAGE

ROOT = Path(__file__).resolve().parent.parent
CAPABILITIES = ROOT / "docs" / "reference" / "capabilities.md"
STORES = [Group.HOT_STORE, Group.COLD_ARCHIVE, Group.SIMILARITY_INDEX, Group.EMBEDDING_STORE, Group.ARCHIVE_INDEX]


def contracts() -> list[type[Contract]]:
    """All that `lixcore.testing` exports."""
    names = [name for name in lixcore.testing.__all__ if name.endswith("Contract") and name != "Contract"]
    return sorted((getattr(lixcore.testing, name) for name in names), key=lambda contract: contract.prefix)


def powers() -> set[str]:
    """The names of all optional powers that ports declare."""
    modules = [importlib.import_module(f"lixcore.ports.{found.name}") for found in pkgutil.iter_modules(lixcore.ports.__path__)]
    return {
        name
        for module in modules
        for name, value in inspect.getmembers(module, inspect.isclass)
        if value.__module__ == module.__name__ and getattr(value, "_is_runtime_protocol", False)
    }


def rules_table(contract: type[Contract]) -> str:
    rows = [f'| <span id="{rule.anchor}"></span>`{rule.name.partition("/")[2]}` | {rule.why} |\n' for rule in contract.rules()]
    return "| rule | why it matters |\n|---|---|\n" + "".join(rows)


def capabilities_table() -> str:
    registry = Registry.scan()
    head = "".join(f" {capability.value} |" for capability in Capability)
    rows = [f"| adapter |{head} its place | erases it |\n|---|{'---|' * len(Capability)}---|---|\n"]
    for group in STORES:
        for name in registry.names(group):
            adapter: Any = registry.load(group, name, origin="the reference")
            declared = capabilities_of(adapter)
            cells = [" yes |" if capability in declared else " |" for capability in Capability]
            by = ", ".join(f"`{option}`" for option in place_options(adapter.Options))
            place = by or ("`archive_dir`" if Capability.PERSISTENT in declared else "")
            erases = "yes" if isinstance(adapter, ErasesPlace) else ""
            rows.append(f"| {group.label} `{name}` |{''.join(cells)} {place} | {erases} |\n")
    return re.sub(" +", " ", "".join(rows))


def written(page: Path, pattern: str) -> dict[str, str]:
    return dict(re.findall(pattern, page.read_text(), re.MULTILINE))


RULES_OF = r"^## `(\w+)`\n\n(?:.+\n)+\n((?:\|.*\n)+)"
TABLE_OF = r"^## (What lixcore's own stores declare)\n\n((?:\|.*\n)+)"


def test_the_page_of_rules_is_what_the_contracts_say() -> None:
    page = ROOT / PAGE
    if os.environ.get("LIXCORE_WRITE_REFERENCE"):
        head, _, _ = page.read_text().partition("## `")
        sections = [
            f"## `{each.__name__}`\n\n{len(each.rules())} rules; their names begin with `{each.prefix}/`.\n\n{rules_table(each)}"
            for each in contracts()
        ]
        page.write_text(head + "\n".join(sections))
    assert written(page, RULES_OF) == {each.__name__: rules_table(each) for each in contracts()}


def test_no_two_rules_have_one_anchor() -> None:
    anchors = [rule.anchor for contract in contracts() for rule in contract.rules()]
    assert len(anchors) == len(set(anchors)) > 100


def test_what_the_stores_declare_is_listed() -> None:
    if os.environ.get("LIXCORE_WRITE_REFERENCE"):
        head, _, rest = CAPABILITIES.read_text().partition("## What lixcore's own stores declare\n\n")
        tail = rest[rest.index("\n## ") :] if "\n## " in rest else ""
        CAPABILITIES.write_text(f"{head}## What lixcore's own stores declare\n\n{capabilities_table()}{tail}")
    assert written(CAPABILITIES, TABLE_OF) == {"What lixcore's own stores declare": capabilities_table()}


def test_every_capability_and_every_power_has_its_line() -> None:
    text = CAPABILITIES.read_text()
    assert set(re.findall(r"^\| `Capability\.(\w+)` \|", text, re.MULTILINE)) == {one.name for one in Capability}
    assert set(re.findall(r"^\| `([A-Z]\w+)` \|", text, re.MULTILINE)) == powers()


@pytest.mark.parametrize("contract", contracts(), ids=lambda contract: contract.__name__)
def test_every_test_of_a_contract_is_a_rule_with_one_sentence_or_two(contract: type[Contract]) -> None:
    tests = {name for name in dir(contract) if name.startswith("test_")}
    assert tests == {rule.test for rule in contract.rules()}
    for rule in contract.rules():
        assert re.fullmatch(r"[A-Z`].{30,}[.?]", rule.why), rule
        assert "|" not in rule.why, "it stands in a table"
