"""Loading a plugin: importing it, and finding everything that is wrong with it before anything of it is used."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from importlib.metadata import EntryPoint
from typing import Any

from lixcore.errors import BrokenPluginError, MissingExtraError
from lixcore.hooks.adapters import PluginAdapter
from lixcore.hooks.plugins import Implementation, Plugin, PluginFacts
from lixcore.hooks.reading import implementations_of
from lixcore.hooks.tracing import Trace
from lixcore.registry import Group, lack_of, nearest


def load_installed(facts: PluginFacts, point: EntryPoint) -> Plugin:
    """Import a plugin that is installed and check it.

    Raises:
        BrokenPluginError: It cannot be used; the error lists everything that is wrong with it.
        MissingExtraError: Its module says at once that it needs a driver which is not installed.
    """
    try:
        found = point.load()
    except MissingExtraError:
        raise
    except Exception as error:  # whatever a stranger's module raises, the user learns whose it is
        raise broken(facts, [f"importing it failed: {type(error).__name__}: {error}"]) from error
    return _checked(facts, found, facts, given=None)


def load_given(name: str, given: object) -> Plugin:
    """Check a plugin that was given in a call.

    Raises:
        BrokenPluginError: It cannot be used; the error lists everything that is wrong with it.
    """
    return _checked(PluginFacts(name), given, ("given", id(given)), given=given)


def broken(facts: PluginFacts, problems: Sequence[str]) -> BrokenPluginError:
    """The error of a plugin, with all that is wrong with it and the way out."""
    way_out = "correct it, or leave it out"
    if facts.value:
        way_out = f"uninstall {facts.distribution or 'it'}, or leave it out of the setting plugins"
    return BrokenPluginError(facts.name, facts.provider, f"{'; '.join(problems)}. To go on without it, {way_out}")


def _checked(facts: PluginFacts, found: object, identity: Hashable, *, given: object | None) -> Plugin:
    made = _made(facts, found) if isinstance(found, type) else found
    problems: list[str] = []
    implementations = implementations_of(made, facts.name, problems)
    if problems:
        raise broken(facts, problems)
    adapters = _adapters(facts, implementations)
    return Plugin(facts, identity, given, implementations, adapters)


def _made(facts: PluginFacts, found: type[Any]) -> object:
    try:
        return found()
    except Exception as error:
        reason = f"making a {found.__name__} without arguments failed: {type(error).__name__}: {error}"
        raise broken(facts, [reason]) from error


def _adapters(facts: PluginFacts, implementations: Sequence[Implementation]) -> Sequence[PluginAdapter]:
    trace = Trace.of_environment()
    adapters: list[PluginAdapter] = []
    problems: list[str] = []
    for implementation in implementations:
        if implementation.hook != "lixcore_adapters":
            continue
        try:
            answer = implementation.call({})
            given = tuple(answer) if answer is not None else ()
        except Exception as error:
            raise broken(facts, [f"lixcore_adapters failed: {type(error).__name__}: {error}"]) from error
        if trace is not None:
            trace.tell(implementation, {}, "answered", given)
        for each in given:
            lacks = list(_lacks(each, adapters))
            problems += [f"lixcore_adapters: {lack}" for lack in lacks]
            if not lacks:
                adapters.append(each)
    if problems:
        raise broken(facts, problems)
    return adapters


def _lacks(given: object, before: Sequence[PluginAdapter]) -> Iterator[str]:
    if not isinstance(given, PluginAdapter):
        yield f"a value of type {type(given).__name__} is no lixcore.hooks.PluginAdapter"
        return
    if not isinstance(given.name, str) or not given.name:
        yield f"an adapter of {given.group} has no name"
    groups = [group.value for group in Group]
    if given.group not in groups:
        near = nearest(str(given.group), groups)
        hint = f"did you mean {near!r}?" if near else "there are: " + ", ".join(groups)
        yield f"adapter {given.name!r} is for {given.group!r}, which is no group; {hint}"
    if (lack := lack_of(given.adapter)) is not None:
        yield f"adapter {given.name!r}: {getattr(given.adapter, '__qualname__', type(given.adapter).__name__)} {lack}"
    if any((given.group, given.name) == (other.group, other.name) for other in before):
        yield f"adapter {given.name!r} of {given.group} is given twice"
