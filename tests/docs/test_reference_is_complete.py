"""Nothing that users or implementers meet is left out of the reference."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Protocol

import pytest

import lixcore
import lixcore.errors
from lixcore.config import core_settings
from lixcore.config.namespace import adapter_settings
from lixcore.registry import Group, Registry

ROOT = Path(__file__).resolve().parents[2]
WITHOUT_EFFECT = "Accepted, no effect in this version"

Page = Callable[[str], str]


def missing_rows(text: str, names: set[str]) -> set[str]:
    """Those of ``names`` that no table row begins with, in backquotes."""
    return names - set(re.findall(r"^\| `([A-Za-z_0-9]+)` \|", text, re.MULTILINE))


def errors() -> Iterator[type[Exception]]:
    for value in vars(lixcore.errors).values():
        if inspect.isclass(value) and issubclass(value, lixcore.errors.LixError):
            yield value


def protocols() -> Iterator[type]:
    for path in sorted((ROOT / "lixcore" / "ports").glob("*.py")):
        module = import_module(f"lixcore.ports.{path.stem}".removesuffix(".__init__"))
        for value in vars(module).values():
            if inspect.isclass(value) and value.__module__ == module.__name__ and Protocol in value.__bases__:
                yield value


def methods(protocol: type) -> set[str]:
    return {name for name, value in vars(protocol).items() if not name.startswith("_") and callable(value)} | {
        name for name, value in vars(protocol).items() if isinstance(value, classmethod)
    }


def options() -> set[str]:
    registry = Registry.scan()
    of_adapters = {
        setting.name
        for group in Group
        for name in registry.names(group)
        for setting in adapter_settings(registry, group, name, origin="the reference")
    }
    return of_adapters | {setting.name for setting in core_settings()}


def test_a_missing_row_is_noticed() -> None:
    assert missing_rows("| `open` | opens |\nin a sentence: `close`\n", {"open", "close"}) == {"close"}


def test_every_public_name_has_a_row(page: Page) -> None:
    assert missing_rows(page("reference/python-api.md"), set(lixcore.__all__)) == set()


def test_every_public_name_is_explained_by_its_docstring(page: Page) -> None:
    """Functions and classes are rendered from the code; the directive must be on a page of the reference."""
    text = page("reference/python-api.md") + page("reference/domain.md")
    rendered = set(re.findall(r"^::: (\S+)$", text, re.MULTILINE))
    for name in lixcore.__all__:
        value = getattr(lixcore, name)
        whole = f"{value.__module__}.{value.__qualname__}"
        homes = {whole, value.__module__, f"{value.__module__.rpartition('.')[0]}.{name}"}
        assert homes & rendered, f"{whole} is on no page"
        assert inspect.getdoc(value)


def test_every_call_of_a_coordinator_has_a_row(page: Page) -> None:
    listed = set(re.findall(r"^\| `([a-z_]+)\(", page("reference/python-api.md"), re.MULTILINE))
    calls = {name for name, value in inspect.getmembers(lixcore.CacheCoordinator, callable) if not name.startswith("_")}
    assert {"add_message_to_context", "get_or_call"} <= calls
    assert calls - listed == {"get_cache_stats"}, "the other name of get_stats, told of below the table"


def inherits_calls(name: str) -> bool:
    """Whether an exported class has public methods of another class of lixcore."""
    value = getattr(lixcore, name)
    bases = inspect.getmro(value)[1:] if inspect.isclass(value) else ()
    ours = [base for base in bases if base.__module__.startswith("lixcore.")]
    return any(inspect.isfunction(value) and not name.startswith("_") for base in ours for name, value in vars(base).items())


def test_calls_that_a_class_inherits_are_rendered_with_it(page: Page) -> None:
    """The renderer leaves them out unless it is told not to."""
    inheriting = [name for name in lixcore.__all__ if inherits_calls(name)]
    assert "CacheCoordinator" in inheriting
    for name in inheriting:
        told = rf"^::: [a-z_.]+\.{name}\n    options:\n      inherited_members: true$"
        assert re.search(told, page("reference/python-api.md"), re.MULTILINE), name


def test_every_option_has_a_row(page: Page) -> None:
    assert missing_rows(page("reference/configuration.md"), options()) == set()


def test_every_error_has_a_row(page: Page) -> None:
    names = {error.__name__ for error in errors()}
    assert len(names) > 10
    assert missing_rows(page("reference/errors.md"), names) == set()


def test_every_port_and_power_has_a_row_with_all_its_methods(page: Page) -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", page("reference/ports.md"), re.MULTILINE))
    found = {protocol.__name__: protocol for protocol in protocols()}
    assert {"HotStore", "ColdArchive", "Codec", "Clock", "Adapter"} <= set(found)
    assert set(found) - set(rows) == set()
    for name, protocol in found.items():
        assert {method for method in methods(protocol) if f"`{method}`" not in rows[name]} == set(), name


@pytest.mark.parametrize("protocol", list(protocols()), ids=lambda protocol: str(protocol.__name__))
def test_every_port_method_has_a_docstring(protocol: type) -> None:
    assert inspect.getdoc(protocol)
    undocumented = {name for name in methods(protocol) if not inspect.getdoc(getattr(protocol, name))}
    assert undocumented == set()


def test_a_setting_says_that_it_has_no_effect_if_and_only_if_nothing_reads_it() -> None:
    """They are read as ``config.name``, ``_config.name`` or ``config.chosen(Group.NAME)``, outside the configuration itself.

    What plugins there are is settled by the configuration.
    """
    sources = [path for path in (ROOT / "lixcore").rglob("*.py") if path.parent.name != "config"]
    text = "\n".join(path.read_text() for path in sources)
    read = set(re.findall(r"config\.([a-z_]+)", text))
    read |= {Group[name].setting for name in re.findall(r"config\.chosen\(Group\.([A-Z_]+)\)", text)}
    assert {"hot_window_size", "archive_dir", "hot_store", "similarity_index"} <= read
    without = {setting.name for setting in core_settings() if setting.facts.help.startswith(WITHOUT_EFFECT)}
    assert without == {setting.name for setting in core_settings()} - read - {"plugins"}
