"""The settings that are known: those of the core, and those of every adapter that the configuration speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lixcore.config.load import adapter_prefix
from lixcore.config.setting import Setting, declared
from lixcore.errors import BrokenAdapterError, ConfigError
from lixcore.registry import Group, InstalledAdapter, Registry, nearest


class Namespace:
    """Grows while a configuration is read: an adapter is imported when it is selected or one of its options is given.

    Args:
        core: The settings of the core.
        registry: The installed adapters.
        problems: Gets a sentence for every adapter that cannot be used, once.

    Attributes:
        settings: What is known, by full name.
        adapters: The adapters that were added and can be used.
    """

    def __init__(self, core: Sequence[Setting], registry: Registry, problems: list[str]) -> None:
        self.settings: dict[str, Setting] = {}
        self.adapters: list[tuple[Group, str]] = []
        self._registry = registry
        self._problems = problems
        self._aliases: dict[str, dict[str, Setting]] = {}
        self._owners: dict[str, str] = {}
        self._seen: set[tuple[Group, str]] = set()
        self._broken: set[str] = set()
        self._declare(core, "lixcore itself")

    def find(self, name: str) -> Setting | None:
        """The setting of a full name or of an alias that stands for one setting only; None when nothing that was added has it."""
        meant = self.meant_by(name)
        return self.settings.get(name) or (meant[0] if len(meant) == 1 else None)

    def meant_by(self, alias: str) -> Sequence[Setting]:
        """The settings that an alias stands for. Adapters for the same server may well claim the same one."""
        return list(self._aliases.get(alias, {}).values())

    def add(self, group: Group, name: str, *, origin: str) -> None:
        """Add the options of an adapter, once; when it cannot be used, that is a problem."""
        if (group, name) in self._seen:
            return
        self._seen.add((group, name))
        try:
            settings = adapter_settings(self._registry, group, name, origin=origin)
        except ConfigError as error:
            self._problems.append(str(error))
            self._broken.add(adapter_prefix(name))
            return
        self.adapters.append((group, name))
        self._declare(settings, f"{self._registry.provider(group, name)} ({group.label})")

    def search(self, name: str, *, origin: str) -> Setting | None:
        """The setting of a name that `find` does not find: adds the adapters whose option it may be, and looks again.

        An alias need not begin with its adapter's name, so all adapters are asked before a name is given up.
        """
        for adapter in self._registry.installed():
            if name.startswith(f"{adapter_prefix(adapter.name)}_"):
                self.add(adapter.group, adapter.name, origin=origin)
        if (found := self.find(name)) is not None:
            return found
        for adapter, settings in self._others():
            if any(setting.facts.alias == name for setting in settings):
                self.add(adapter.group, adapter.name, origin=origin)
        return self.find(name)

    def excuses(self, name: str) -> bool:
        """Whether a name may be an option of an adapter that is reported as broken already."""
        return any(name.startswith(f"{prefix}_") for prefix in self._broken)

    def nearest(self, name: str) -> Setting | None:
        """The setting, of any installed adapter, that a misspelt name was probably meant to be."""
        candidates = dict(self.settings)
        for _, settings in self._others():
            candidates.update({setting.name: setting for setting in settings})
        found = nearest(name, candidates)
        return None if found is None else candidates[found]

    def _others(self) -> Iterator[tuple[InstalledAdapter, Sequence[Setting]]]:
        for adapter in self._registry.installed():
            if (adapter.group, adapter.name) not in self._seen:
                try:
                    settings = adapter_settings(self._registry, adapter.group, adapter.name, origin="a search")
                except ConfigError:  # nobody chose it; `lix plugins` tells what is wrong with it
                    continue
                yield adapter, settings

    def _declare(self, settings: Iterable[Setting], owner: str) -> None:
        for setting in settings:
            other = self.settings.setdefault(setting.name, setting)
            first = self._owners.setdefault(setting.name, owner)
            if other != setting:
                self._problems.append(f"{setting.name} is declared by {first} and, differently, by {owner}; use one of the two")
                continue
            if setting.facts.alias:
                self._aliases.setdefault(setting.facts.alias, {})[setting.name] = setting


def adapter_settings(registry: Registry, group: Group, name: str, *, origin: str) -> tuple[Setting, ...]:
    """The settings that the options of one adapter are.

    Raises:
        ConfigError: The adapter cannot be used; see `Registry.load`.
    """
    options = registry.load(group, name, origin=origin).Options
    try:
        # mypy holds a class's __hash__ against Hashable, where its metaclass's is meant.
        return declared(options, adapter=adapter_prefix(name))  # type: ignore[arg-type]
    except Exception as error:  # annotations and defaults are a stranger's code: the user learns whose
        reason = str(error) if isinstance(error, TypeError) else f"{type(error).__name__}: {error}"
        raise BrokenAdapterError(name, registry.provider(group, name), reason) from error


def options_of(registry: Registry, group: Group, name: str, *, given: dict[str, Any], known: dict[str, Setting]) -> Any:
    """An adapter's ``Options`` with the values that were given for them, and the defaults of the others.

    Args:
        given: Values by full name, those that differ from the default; of any adapters.
        known: The settings by full name under which those values were checked.

    Raises:
        ConfigError: The adapter cannot be used, or declares an option that was given otherwise than it was checked.
        ValueError, TypeError: The options class itself refuses a value.
    """
    arguments: dict[str, Any] = {}
    for setting in adapter_settings(registry, group, name, origin="the configuration"):
        if setting.name in given:
            if known[setting.name] != setting:
                reason = f"its option {setting.name} is not what another adapter of that name declares"
                raise BrokenAdapterError(name, registry.provider(group, name), reason)
            arguments[setting.option] = given[setting.name]
    return registry.load(group, name, origin="the configuration").Options(**arguments)
