"""The page of hooks and their specification say the same, both ways."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import attrs

from lixcore.hooks.catalogue import HOOKS, Hook, Kind

Page = Callable[[str], str]

SECTIONS = {
    Kind.REGISTRATION: "Registration",
    Kind.DECISION: "Decisions",
    Kind.REDACTION: "Redaction",
    Kind.EVENT: "Events",
}


def written(text: str) -> dict[str, tuple[str, tuple[str, ...], str]]:
    """For each hook of the page: the section that it is in, its arguments, and what is said of it."""
    found = {}
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title = section.partition("\n")[0]
        for name, arguments, body in re.findall(r"^### `(\w+)\((.*?)\)`\n(.*?)(?=^### |\Z)", section, re.MULTILINE | re.DOTALL):
            found[name] = (title, tuple(filter(None, arguments.split(", "))), body)
    return found


def faults(text: str, hooks: Mapping[str, Hook]) -> list[str]:
    """What the page leaves out, or says otherwise than the specification."""
    pages = written(text)
    found = [f"{name} is missing" for name in hooks.keys() - pages.keys()]
    found += [f"{name} is no hook" for name in pages.keys() - hooks.keys()]
    for name in hooks.keys() & pages.keys():
        hook, (section, arguments, body) = hooks[name], pages[name]
        if (section, arguments) != (SECTIONS[hook.kind], hook.arguments):
            found.append(f"{name}({', '.join(arguments)}) stands in {section}")
        if hook.event is not None:
            fields = [field.name for field in attrs.fields(hook.event)]
            if re.findall(r"`(\w+)`", body) != fields:
                found.append(f"{name} tells {fields}")
            continue
        described = tuple(re.findall(r"^\* `(\w+)`: ", body, re.MULTILINE))
        if described != hook.arguments:
            found.append(f"{name} describes {described}")
        if not re.search(r"\*\*(First answer|Answer):\*\* ", body) or "Called " not in body:
            found.append(f"{name} does not say when it is called, or what its answer means")
        if not re.search(rf"def {name}\(", text):
            found.append(f"{name} has no example")
    return found


def test_the_page_says_what_the_specification_says(page: Page) -> None:
    assert faults(page("reference/hooks.md"), HOOKS) == []


def test_what_is_left_out_or_wrong_is_noticed(page: Page) -> None:
    text = page("reference/hooks.md")
    for before, after in (
        ("### `lixcore_admit(answer)`", "### `lixcore_admit(response)`"),
        ("### `lixcore_retire(", "### `lixcore_expire("),
        ("### `lixcore_hit(event)`", "### lixcore_hit(event)"),
        ("`layer`, `count`, `similarity`", "`layer`, `count`"),
        ("* `surplus`: ", "* `excess`: "),
        ("def lixcore_redact(", "def redact("),
        ("**First answer:** whether it is cached.", "Cached or not."),
    ):
        assert before in text
        assert faults(text.replace(before, after), HOOKS), before


def test_what_each_function_of_the_specification_says_tells_when_it_is_called() -> None:
    for hook in HOOKS.values():
        said = hook.specification.__doc__ or ""
        assert hook.kind is Kind.EVENT or "Called " in said, hook.name
        assert said.endswith((".", ".\n    ")), hook.name
