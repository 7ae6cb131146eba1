"""The page of policies has every one that comes with lixcore, with all of its options, and its examples are true."""

from __future__ import annotations

import re
from collections.abc import Callable

from lixcore.config.namespace import adapter_settings
from lixcore.registry import Group, Registry
from lixcore_policies import PiiRedaction
from lixcore_policies.pii_redaction import NAMES

Page = Callable[[str], str]


def test_every_policy_has_a_row_with_its_options(page: Page) -> None:
    registry = Registry.scan()
    declared = {
        (facts.group.setting, facts.name): {
            setting.name for setting in adapter_settings(registry, facts.group, facts.name, origin="a test")
        }
        for group in Group
        for facts in registry.installed(group)
        if facts.value.startswith("lixcore_policies:")
    }
    rows = re.findall(r"^\| `(\w+)` \| `([\w-]+)` \| (.+) \| (.+) \|$", page("reference/policies.md"), re.MULTILINE)
    assert len(rows) == len(declared)
    assert {(setting, name): set(re.findall(r"`(\w+)`", options)) for setting, name, _, options in rows} == declared


def test_the_defaults_are_called_so(page: Page) -> None:
    from lixcore.config import core_settings

    settings = {setting.name: setting.default for setting in core_settings()}
    called = re.findall(r"^\| `(\w+)` \| `([\w-]+)` \| the default", page("reference/policies.md"), re.MULTILINE)
    wanted = {name: settings[name] for name in settings if name.endswith("_policy") or name == "token_counter"}
    assert {**dict(called), "redaction_policy": None} == wanted


def test_what_the_page_says_of_redaction_is_true(page: Page) -> None:
    rows = re.findall(r'^\| `(\w+)` \| (".+) \| (".+) \|$', page("reference/policies.md"), re.MULTILINE)
    assert tuple(sorted(name for name, _, _ in rows)) == NAMES
    redact = PiiRedaction().redact
    for name, found, left in rows:
        examples = [text for text in re.findall(r'"(.+?)"', found) if "…" not in text and not text.endswith(("-", "_"))]
        assert examples
        assert {redact(text) for text in examples} == {f"[{name.upper()}]"}
        assert all(redact(text) is text for text in re.findall(r'"(.+?)"', left))
