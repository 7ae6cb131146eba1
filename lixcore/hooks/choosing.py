"""Which plugins a configuration has: those that are installed and let in, and those that were given in a call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lixcore.errors import BrokenPluginError, ConfigError
from lixcore.hooks.installed import InstalledPlugins
from lixcore.hooks.plugins import NO_PLUGINS, Plugin, PluginFacts, Plugins
from lixcore.registry import Group, InstalledAdapter, Registry


def chosen_plugins(setting: str, objects: Sequence[object], *, origin: str, problems: list[str]) -> Plugins:
    """Load plugins. Of the installed ones, those that the setting leaves out are not even imported.

    Args:
        setting: ``all``, ``none``, or names with commas between.
        objects: Plugins that were given in a call; they are asked before those that are installed, the last one first.
        origin: Where the setting stands.
        problems: Gets a sentence for each name in the setting that no plugin has.

    Raises:
        BrokenPluginError: One cannot be used, or was given twice. What is wrong with others stands in its notes.
        MissingExtraError: One says at once that it needs a driver which is not installed.
    """
    installed = InstalledPlugins.scan()
    names = installed.chosen(setting, origin=origin, problems=problems)
    if not names and not objects:
        return NO_PLUGINS
    plugins: list[Plugin] = []
    errors: list[ConfigError] = []
    for name in reversed(names):  # the one registered last is asked first
        try:
            plugins.append(installed.load(name))
        except ConfigError as error:
            errors.append(error)
    for given in objects:
        try:
            plugins.append(_given(given, plugins))
        except ConfigError as error:
            errors.append(error)
    if errors:
        first, *others = errors
        for other in others:
            first.add_note(str(other))
        raise first
    return Plugins(tuple(plugins))


def with_adapters_of(registry: Registry, plugins: Iterable[Plugin]) -> Registry:
    """The registry with what plugins bring.

    Raises:
        BrokenPluginError: A plugin brings what another one, or a package, registers already.
    """
    brought: dict[InstalledAdapter, type] = {}
    owners: dict[tuple[Group, str], str] = {}
    for plugin in plugins:
        problems: list[str] = []
        for adapter in plugin.adapters:
            group = Group(adapter.group)
            owner = owners.get((group, adapter.name)) or registry.provider(group, adapter.name)
            if owner:
                problems.append(f"its {group.label} adapter {adapter.name!r} is registered already, by {owner}")
            owners[group, adapter.name] = f"plugin {plugin.name!r}"
            place = f"{adapter.adapter.__module__}:{adapter.adapter.__qualname__}"
            distribution = plugin.facts.distribution or f"plugin {plugin.name}"
            brought[InstalledAdapter(group, adapter.name, place, distribution, plugin.facts.version)] = adapter.adapter
        if problems:
            from lixcore.hooks.loading import broken  # which needs pluggy: there is a plugin, so it is imported already

            raise broken(plugin.facts, problems)
    return registry.with_brought(brought)


def _given(given: object, before: Sequence[Plugin]) -> Plugin:
    from lixcore.hooks.loading import load_given  # which needs pluggy

    name = getattr(given, "__name__", None) or type(given).__name__
    facts = PluginFacts(str(name))
    loaded = load_given(_numbered(facts.name, given, before), given)
    for other in before:
        same = other.given is given or {each.function for each in other.implementations} == {
            each.function for each in loaded.implementations
        }
        if same:
            raise BrokenPluginError(facts.name, "", f"it is a plugin already, as {other.name!r}; give it once")
    if any(other.name == loaded.name for other in before):
        reason = f"an installed plugin is called {loaded.name!r} as well; leave that one out of the setting plugins"
        raise BrokenPluginError(facts.name, "", reason)
    return loaded


def _numbered(name: str, given: object, before: Sequence[Plugin]) -> str:
    """Several objects of one class are told apart by a number; modules and classes have names of their own."""
    if hasattr(given, "__name__"):
        return name
    taken = {other.name for other in before}
    number = 2
    numbered = name
    while numbered in taken:
        numbered, number = f"{name} {number}", number + 1
    return numbered
