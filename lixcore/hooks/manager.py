"""pluggy's manager over some plugins, with what is asked when none of them answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import update_wrapper
from types import SimpleNamespace
from typing import Any, Final

import pluggy

from lixcore.hooks import spec
from lixcore.hooks.asking import asked
from lixcore.hooks.catalogue import HOOKS
from lixcore.hooks.marks import PROJECT, hookimpl
from lixcore.hooks.plugins import Plugin, Plugins
from lixcore.hooks.tracing import Trace

CONFIGURED: Final = "(the configured policy)"
"""What the manager calls that which is asked last."""


def manager_of(
    plugins: Plugins, configured: Mapping[str, Callable[..., Any]], *, trace: Trace | None = None
) -> pluggy.PluginManager:
    """A manager that knows every hook, and of the plugins' implementations those of the hooks in ``configured``.

    Args:
        plugins: The plugins.
        configured: For each hook, what answers when no plugin does; it takes all arguments of the hook, in order.
        trace: Told of every call of a plugin.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(spec)
    for plugin in plugins:
        manager.register(_speaker(plugin, configured, trace), plugin.name)
    last = {
        hook: hookimpl(trylast=True)(update_wrapper(_plain(answer), HOOKS[hook].specification, updated=()))
        for hook, answer in configured.items()
    }
    # The one registered last is the last one of those that want to be.
    manager.register(SimpleNamespace(**last), CONFIGURED)
    return manager


def chain(manager: pluggy.PluginManager, hook: str) -> Sequence[Callable[..., Any]]:
    """The implementations of a hook in the order in which they are asked, for one that is not a question to the first."""
    caller: pluggy.HookCaller = getattr(manager.hook, hook)
    return [implementation.function for implementation in reversed(caller.get_hookimpls())]


def _speaker(plugin: Plugin, hooks: Mapping[str, object], trace: Trace | None) -> SimpleNamespace:
    """What is registered in the place of a plugin: its implementations, each asked with care."""
    functions: dict[str, object] = {}
    for implementation in plugin.implementations:
        if implementation.hook in hooks:
            mark = hookimpl(
                tryfirst=implementation.first,
                trylast=implementation.last,
                wrapper=implementation.wraps,
                specname=implementation.hook,
            )
            functions[f"function_{len(functions)}"] = mark(asked(implementation, trace))
    return SimpleNamespace(**functions)


def _plain(answer: Callable[..., Any]) -> Callable[..., Any]:
    def ask(*values: Any) -> Any:
        return answer(*values)

    return ask
