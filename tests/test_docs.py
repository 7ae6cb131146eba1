"""What the documentation says is true: its code runs, its pages are found, and nothing public is left out of it."""

from __future__ import annotations

import importlib.util
import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

import lixcore
from lixcore.config import Setting, core_settings
from lixcore.config.namespace import adapter_settings
from lixcore.registry import Group, Registry

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
# Read where they are in the repository, not on the site.
OUTSIDE_THE_SITE = ["README.md", "CHANGELOG.md"]


def pages() -> list[str]:
    inside = sorted(path.relative_to(ROOT).as_posix() for path in DOCS.rglob("*.md") if "examples" not in path.parts)
    return [*OUTSIDE_THE_SITE, *inside]


def run_code_of(page: Path) -> int:
    """Run the Python blocks of a page, one after the other in one namespace; return how many there were."""
    examples = list(Sybil(parsers=[PythonCodeBlockParser()]).parse(page).examples())
    for example in examples:
        example.evaluate()
    return len(examples)


@pytest.fixture
def fresh_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory to work in, and no setting in the environment."""
    for name in [name for name in os.environ if name.startswith("LIX_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("fresh_machine")
@pytest.mark.parametrize("page", pages())
def test_the_python_of_every_page_runs(page: str) -> None:
    blocks = len(re.findall(r"^```python$", (ROOT / page).read_text(), re.MULTILINE))
    assert run_code_of(ROOT / page) == blocks


def test_code_that_is_wrong_fails(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Text.\n\n```python\nanswer = 41\n```\n\n```python\nassert answer == 42\n```\n")
    with pytest.raises(AssertionError):
        run_code_of(page)


def test_the_readme_has_its_two_commands_and_six_lines() -> None:
    text = (ROOT / "README.md").read_text()
    install, check = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    assert install == 'pip install ".[all]" && lix demo\n'
    assert check == "pip install tox && tox\n"
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(code.splitlines()) <= 6


def test_continuous_integration_runs_what_the_readme_says() -> None:
    said = re.sub(r"pip install (?=tox)", "pip install --quiet ", "pip install tox && tox")
    assert said in (ROOT / ".ci" / "run").read_text()


def entries(value: Any) -> list[str]:
    """The pages in the site's navigation."""
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value
    return [page for item in items for page in entries(item)]


def test_every_page_is_in_the_navigation_once() -> None:
    site = tomllib.loads((ROOT / "zensical.toml").read_text())
    listed = sorted(f"docs/{page}" for page in entries(site["project"]["nav"]))
    assert listed == sorted(set(pages()) - set(OUTSIDE_THE_SITE))


@pytest.mark.parametrize("page", OUTSIDE_THE_SITE)
def test_links_of_pages_outside_the_site_lead_somewhere(page: str) -> None:
    """Those on the site are checked when it is built."""
    links = re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text())
    assert [link for link in links if not link.startswith("https://") and not (ROOT / link).exists()] == []


def reference() -> str:
    return "\n".join(path.read_text() for path in sorted((DOCS / "reference").rglob("*.md")))


def missing_from(text: str, names: set[str]) -> set[str]:
    """Those of ``names`` that do not stand in backquotes in ``text``."""
    return {name for name in names if f"`{name}`" not in text}


def test_a_missing_name_is_noticed() -> None:
    assert missing_from("`open` and opening", {"open", "opening"}) == {"opening"}


def test_every_public_name_is_in_the_reference() -> None:
    assert missing_from(reference(), set(getattr(lixcore, "__all__", ()))) == set()


def test_every_module_that_implementers_read_is_in_the_reference() -> None:
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for room in ("domain", "ports")
        for path in (ROOT / "lixcore" / room).glob("*.py")
    } | {"lixcore.errors"}
    listed = set(re.findall(r"^::: (\S+)$", reference(), re.MULTILINE))
    assert modules - listed == {"lixcore.domain"}, "the package says nothing that its modules do not"


def settings_tables() -> dict[str, str]:
    """The tables of the settings page: one for the core, one for each adapter that has options."""
    registry = Registry.scan()
    tables = {"core": core_settings()}
    for group in Group:
        for name in registry.names(group):
            tables[f"{name} ({group.label})"] = adapter_settings(registry, group, name, origin="the reference")
    return {title: table(settings) for title, settings in tables.items() if settings}


def table(settings: Sequence[Setting]) -> str:
    head = "| setting | default | accepted | what it does |\n|---|---|---|---|\n"
    return head + "".join(
        f"| `{setting.name}` | `{setting.shown(setting.default)}` | {setting.accepted} | {setting.facts.help} |\n"
        for setting in settings
    )


def written_tables(text: str) -> dict[str, str]:
    return dict(re.findall(r"^## Settings: (.+)\n\n((?:\|.*\n)+)", text, re.MULTILINE))


def test_the_settings_page_is_what_the_code_declares() -> None:
    """After a change: `LIXCORE_WRITE_REFERENCE=1 pytest tests/test_docs.py` writes the tables anew."""
    page = DOCS / "reference" / "configuration.md"
    tables = settings_tables()
    if os.environ.get("LIXCORE_WRITE_REFERENCE"):
        head, _, _ = page.read_text().partition("## Settings: ")
        page.write_text(head + "\n".join(f"## Settings: {title}\n\n{rows}" for title, rows in tables.items()))
    assert written_tables(page.read_text()) == tables


def test_every_command_is_in_the_reference() -> None:
    typer = pytest.importorskip("typer.main", reason="the `cli` extra is not installed")
    app = importlib.import_module("lixcore_cli.app").app
    pages = reference()
    commands = set(typer.get_command(app).commands)
    assert {command for command in commands if not re.search(rf"`lix {re.escape(command)}[` ]", pages)} == set()
