"""Looking through a plugin: its implementations, and everything that is wrong with them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any, Final

import pluggy

from lixcore.hooks.catalogue import HOOKS, PREFIX, Hook, Kind
from lixcore.hooks.marks import PROJECT
from lixcore.hooks.plugins import Implementation
from lixcore.registry import nearest

_MARKS: Final = pluggy.PluginManager(PROJECT)
_BY_NAME: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def implementations_of(found: object, plugin: str, problems: list[str]) -> Sequence[Implementation]:
    """The hooks that an object implements.

    Args:
        found: A module or another object.
        plugin: The plugin's name.
        problems: Gets a sentence, without a full stop, for everything that is wrong.
    """
    implementations = [
        made
        for name, options in _marked(found, problems)
        if (hook := _hook(name, options, problems)) is not None
        if (made := _implementation(getattr(found, name), hook, plugin, options, problems)) is not None
    ]
    if not implementations and not problems:
        problems.append(f"it implements no hook: no function in it is called {PREFIX}… and marked with lixcore.hooks.hookimpl")
    return implementations


def _marked(found: object, problems: list[str]) -> Iterator[tuple[str, pluggy.HookimplOpts]]:
    """The names of marked functions, with what their marks say. Nothing is evaluated on the way: a property may do anything."""
    for name in dir(found):
        static = inspect.getattr_static(found, name, None)
        is_function = inspect.isroutine(static) or isinstance(static, staticmethod | classmethod)
        options = _MARKS.parse_hookimpl_opts(found, name) if is_function else None
        if options is not None:
            yield name, options
        elif not name.startswith(PREFIX) or isinstance(static, ModuleType):
            continue  # a module is nobody's hook: packages are called so
        elif name not in HOOKS:
            problems.append(_unknown(name))
        elif is_function:
            problems.append(f"{name} is not marked with lixcore.hooks.hookimpl, so it would never be called")
        else:
            problems.append(f"{name} is not a function")


def _hook(name: str, options: pluggy.HookimplOpts, problems: list[str]) -> Hook | None:
    hook = options["specname"] or name
    if hook not in HOOKS and not options["optionalhook"]:
        problems.append(_unknown(hook) if hook == name else f"{name}: {_unknown(hook)}")
    return HOOKS.get(hook)


def _unknown(name: str) -> str:
    near = nearest(name.removeprefix(PREFIX), [hook.removeprefix(PREFIX) for hook in HOOKS])  # which all have it
    return f"there is no hook {name}" + (f" (did you mean {PREFIX}{near}?)" if near else "")


def _implementation(
    function: Callable[..., Any], hook: Hook, plugin: str, options: pluggy.HookimplOpts, problems: list[str]
) -> Implementation | None:
    lacks = list(_lacks(function, hook, options))
    problems += [f"{hook.name} {lack}" for lack in lacks]
    if lacks:
        return None
    return Implementation(
        hook.name,
        plugin,
        function,
        wanted=tuple(inspect.signature(function).parameters),
        first=options["tryfirst"],
        last=options["trylast"],
        wraps=options["wrapper"],
    )


def _lacks(function: Callable[..., Any], hook: Hook, options: pluggy.HookimplOpts) -> Iterator[str]:
    """What is wrong with an implementation, as the rest of a sentence that begins with its hook."""
    if options["hookwrapper"]:
        yield "is marked with hookwrapper=True, which is the old way: mark it with wrapper=True"
    elif options["wrapper"] and hook.kind is not Kind.DECISION:
        yield "cannot be wrapped: only decisions can"
    elif options["wrapper"] and not inspect.isgeneratorfunction(function):
        yield "is marked with wrapper=True but does not yield"
    elif not options["wrapper"] and inspect.isgeneratorfunction(function):
        yield "yields, as only a wrapper does: mark it with wrapper=True, or return the answer"
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        yield "is a coroutine, which nobody would await"
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError) as error:
        yield f"has arguments that cannot be told: {error}"
        return
    listed = ", ".join(hook.arguments) or "none"
    for parameter in parameters:
        if parameter.name in hook.arguments and parameter.kind in _BY_NAME:
            continue
        if parameter.name in hook.arguments:
            yield f"takes {parameter.name} by position or as a collection; it is given by name"
            continue
        near = nearest(parameter.name, hook.arguments)
        hint = f" (did you mean {near}?)" if near else ""
        yield f"takes {str(parameter).partition(':')[0].partition('=')[0]}, which is no argument of it{hint}; there are: {listed}"
