"""Plugins that pages show for `lixcore_evict` may be copied: none of them keeps hot who was idle for too long."""

from __future__ import annotations

import ast
from collections.abc import Callable

import lixcore
from lixcore import CacheConfig
from lixcore.hooks import hookimpl

Blocks = Callable[[str], list[tuple[str, str]]]


def classes(text: str) -> list[type]:
    """The classes of a block that answer the hook."""
    found = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    names: dict[str, type] = {}
    for node in found:
        exec(compile(ast.Module([node], []), "a page", "exec"), {"hookimpl": hookimpl}, names)  # noqa: S102  # our own pages
    return [each for each in names.values() if hasattr(each, "lixcore_evict")]


def test_the_idle_leave_where_there_is_room(blocks: Blocks) -> None:
    shown = [each for _, text in blocks("python") if "def lixcore_evict(" in text for each in classes(text)]
    assert len(shown) >= 3
    config = CacheConfig(hot_store="memory", cold_archive="memory", hot_max_sessions=9, janitor=False, plugins="none")
    for plugin in shown:
        with lixcore.open(config, plugins=[plugin()]) as stack:
            for name in ("one", "two"):
                stack.session(name).add_message_to_context("user", "Hello!")
            assert stack.evict_idle(idle_seconds=0) == 2, plugin.__name__
