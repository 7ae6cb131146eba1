"""pluggy's manager over some plugins, with what is asked when none of them answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import update_wrapper
from typing import Any, Final

import pluggy

from lixcore.hooks import spec
from lixcore.hooks.asking import asked
from lixcore.hooks.catalogue import HOOKS, Hook
from lixcore.hooks.marks import PROJECT, hookimpl
from lixcore.hooks.plugins import Plugin, Plugins
from lixcore.hooks.tracing import Trace

CONFIGURED: Final = "(the configured policy)"
"""What the manager calls that which is asked last."""


def manager_of(
    plugins: Plugins, hooks: Collection[str], configured: Mapping[str, Callable[..., Any]], *, trace: Trace | None = None
) -> pluggy.PluginManager:
    """A manager that knows every hook, and of the plugins' implementations those of some.

    Args:
        plugins: The plugins.
        hooks: The hooks that will be called.
        configured: For some of them, what answers when no plugin does; it takes all arguments of the hook, in order.
        trace: Told of every call of a plugin.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(spec)
    for plugin in plugins:
        manager.register(_speaker(plugin, hooks, trace), plugin.name)
    # The one registered last is the last one of those that want to be.
    last = {hook: hookimpl(trylast=True)(_plain(answer, HOOKS[hook])) for hook, answer in configured.items()}
    manager.register(_Speaker(last), CONFIGURED)
    return manager


def chain(manager: pluggy.PluginManager, hook: str) -> Sequence[Callable[..., Any]]:
    """The implementations of a hook in the order in which they are asked, for one that is not a question to the first."""
    caller: pluggy.HookCaller = getattr(manager.hook, hook)
    return [implementation.function for implementation in reversed(caller.get_hookimpls())]


class _Speaker:
    """What pluggy gets in the place of a plugin; equal to itself only, as pluggy compares what it registers."""

    def __init__(self, functions: Mapping[str, object]) -> None:
        vars(self).update(functions)


def _speaker(plugin: Plugin, hooks: Collection[str], trace: Trace | None) -> _Speaker:
    """A plugin's implementations of some hooks, each asked with care."""
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
    return _Speaker(functions)


def _plain(answer: Callable[..., Any], hook: Hook) -> Callable[..., Any]:
    """What answers, as a function that pluggy can mark, and whose arguments it can tell."""

    def ask(*values: Any) -> Any:
        return answer(*values)

    return update_wrapper(ask, hook.specification, updated=())
