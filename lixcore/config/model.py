"""`CacheConfig`: every setting of a stack, checked, each knowing where its value comes from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Self

import attrs

from lixcore.config import load as sources
from lixcore.config.core_settings import CoreSettings
from lixcore.config.foundation import Foundation
from lixcore.config.namespace import options_of
from lixcore.config.origin import Given, Origin
from lixcore.config.resolve import AUTO, Resolved, resolve
from lixcore.config.setting import Setting, declared
from lixcore.errors import InvalidInputError
from lixcore.hooks.plugins import Plugins
from lixcore.registry import Group, Registry, nearest


@attrs.frozen
class ShownSetting:
    """One setting, to be shown to people.

    Attributes:
        name: Its full name.
        value: Its value; a secret is masked.
        origin: Where the value stands.
        help: What it is for, in a sentence.
        accepted: What it accepts, in words.
    """

    name: str
    value: str
    origin: Origin
    help: str
    accepted: str


@attrs.frozen(init=False, repr=False, kw_only=True)
class CacheConfig(CoreSettings):
    """The settings of a stack. Equal settings make equal, hashable configurations, wherever the values come from.

    Adapters bring settings of their own: the option ``host`` of the adapter ``redis`` is given as ``redis_host=…`` and read as
    ``config.redis_host``.

    Args:
        registry: The adapters to choose from; those that are installed, when not given.
        settings: Any setting by its name; the others keep their defaults.

    Plugins that are installed are loaded as the setting ``plugins`` says, before anything else: they may bring adapters. Two
    configurations with the same settings are equal when their plugins are the same as well.

    Raises:
        InvalidConfigError: With everything that is wrong: unknown names and adapters, wrong types, values out of bounds.
        BrokenPluginError: A plugin cannot be used.
    """

    _adapter_values: tuple[tuple[str, Any], ...]
    _foundation: Foundation
    _resolved: Resolved = attrs.field(eq=False)

    def __init__(self, *, registry: Registry | None = None, **settings: Any) -> None:
        problems: list[str] = []
        given = sources.from_arguments(settings)
        self._settle(given, Foundation.laid(given, registry or Registry.scan(), (), problems), problems)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        prefix: str = sources.DEFAULT_PREFIX,
        registry: Registry | None = None,
        texts: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> Self:
        """Read all four layers: defaults, then a TOML file, then the environment, then arguments; the last one wins.

        Args:
            path: The file; when not given, what ``LIX_CONFIG`` names, or else ``lixcore.toml`` in the working directory if
                there is one.
            environ: The environment; that of the process, when not given.
            prefix: What the names of environment variables begin with, before an underscore; see `from_env`.
            registry: The adapters to choose from; those that are installed, when not given.
            texts: Arguments that a command line gave, by name: a text may stand for a number, a truth or none.
            settings: Any setting by its name.

        Raises:
            InvalidConfigError: With everything that is wrong in any layer, the file itself included.
        """
        prefix = sources.checked_prefix(prefix)
        environ = os.environ if environ is None else environ
        problems: list[str] = []
        file = sources.file_to_read(path, environ, prefix)
        document = sources.document(file, problems) if file is not None else {}
        given = sources.from_environment(environ, prefix)
        given += sources.from_command_line(texts or {}) + sources.from_arguments(settings)
        if file is None:
            return cls._of(given, registry, problems)
        top = sources.from_top(file, document)
        foundation = Foundation.laid(top + given, registry or Registry.scan(), (), problems)
        adapters = {sources.adapter_prefix(adapter.name) for adapter in foundation.registry.installed()}
        whole = sources.from_document(file, document, adapters, problems)
        return cls._upon(foundation, whole + given, problems)

    @classmethod
    def from_env(
        cls,
        prefix: str = sources.DEFAULT_PREFIX,
        *,
        environ: Mapping[str, str] | None = None,
        registry: Registry | None = None,
    ) -> Self:
        """Read defaults and environment only.

        Args:
            prefix: What the names begin with, before an underscore, in any case: with ``LIX``, ``LIX_REDIS_HOST`` is read, and
                every other name under it must be a setting too. Under another prefix, and under none (the empty text), the
                names that are no setting of the core or of a selected adapter are left alone.
            environ: The environment; that of the process, when not given.
            registry: The adapters to choose from; those that are installed, when not given.

        Raises:
            InvalidConfigError: With everything that is wrong.
        """
        given = sources.from_environment(os.environ if environ is None else environ, sources.checked_prefix(prefix))
        return cls._of(given, registry or Registry.scan(), [])

    def chosen(self, group: Group) -> str | None:
        """The adapter that is chosen for a group, where ``auto`` is settled; None for none."""
        name: str | None = getattr(self, group.setting)
        if name != AUTO:
            return name
        return self.hot_store if self.hot_store in self.registry.names(group) else None

    def adapter_options(self, name: str, group: Group | None = None) -> Any:
        """The ``Options`` of an adapter, made of what was given for it and its defaults.

        Args:
            name: The adapter, whether it is selected or not.
            group: What it is for. Needed where adapters of one name serve several groups.

        Raises:
            UnknownAdapterError: There is no such adapter.
            BrokenAdapterError: It cannot be used.
            InvalidInputError: ``group`` is needed.
        """
        if group is None:
            groups = [each for each in Group if name in self.registry.names(each)]
            if len(groups) > 1:
                listed = ", ".join(each.label for each in groups)
                raise InvalidInputError("group", f"is needed: there are adapters {name!r} of {listed}")
            group = groups[0] if groups else Group.HOT_STORE
        known = dict(self._resolved.settings)
        return options_of(self.registry, group, name, given=self._resolved.changed(), known=known)

    def origin(self, name: str) -> Origin:
        """Where the value of a setting stands.

        Raises:
            InvalidInputError: There is no such setting.
        """
        try:
            return self._resolved.origins[name]
        except KeyError:
            raise InvalidInputError("name", self._no_setting(name)) from None

    def replaced(self, **settings: Any) -> Self:
        """A configuration with other values for some settings; everything else, origins too, stays.

        Raises:
            InvalidConfigError: With everything that is wrong.
        """
        given = self._resolved.given(without=settings) + sources.from_arguments(settings)
        return self._of(given, self._foundation.installed, [], self.loaded_plugins.given)

    def with_plugins(self, *plugins: object) -> Self:
        """A configuration with the same settings whose stacks ask these plugins as well, and before all others.

        They need not be installed, and the setting ``plugins`` does not speak of them. Stacks are shared among configurations
        that have the very same ones.

        Args:
            plugins: Modules or objects whose functions are marked with `lixcore.hooks.hookimpl`, or classes of such objects,
                which are made without arguments. The last one is asked first.

        Raises:
            BrokenPluginError: One cannot be used, or is a plugin of this configuration already.
        """
        given = self._resolved.given(without=())
        return self._of(given, self._foundation.installed, [], [*self.loaded_plugins.given, *plugins])

    def settings(self) -> Sequence[ShownSetting]:
        """Every setting of the core and of the adapters in use, with its value, origin and help; secrets are masked."""
        resolved = self._resolved
        adapters = {group.setting: self.registry.names(group) for group in Group}
        return [
            ShownSetting(
                name=name,
                value=setting.shown(resolved.values[name]),
                origin=resolved.origins[name],
                help=setting.facts.help,
                accepted="one of " + ", ".join(adapters[name]) if adapters.get(name) else setting.accepted,
            )
            for name, setting in resolved.settings.items()
        ]

    @property
    def registry(self) -> Registry:
        """The adapters that this configuration chooses from."""
        return self._foundation.registry

    @property
    def loaded_plugins(self) -> Plugins:
        """The plugins whose hooks are called."""
        return self._foundation.plugins

    def __getattr__(self, name: str) -> Any:
        # Called for what is no field: an adapter's option, or a mistake.
        if not name.startswith("_") and name in self._resolved.values:
            return self._resolved.values[name]
        raise AttributeError(name if name.startswith("_") else self._no_setting(name))

    def __repr__(self) -> str:
        settings = self._resolved.settings
        parts = (f"{name}={settings[name].shown(value)}" for name, value in self._resolved.changed().items())
        return f"CacheConfig({', '.join(parts)})"

    @classmethod
    def _of(cls, given: Sequence[Given], registry: Registry | None, problems: list[str], plugins: Sequence[object] = ()) -> Self:
        return cls._upon(Foundation.laid(given, registry or Registry.scan(), plugins, problems), given, problems)

    @classmethod
    def _upon(cls, foundation: Foundation, given: Sequence[Given], problems: list[str]) -> Self:
        config = cls.__new__(cls)
        config._settle(given, foundation, problems)  # noqa: SLF001  # its own
        return config

    def _settle(self, given: Sequence[Given], foundation: Foundation, problems: list[str]) -> None:
        core = core_settings()
        resolved = resolve(core, given, foundation.registry, problems)
        names = {setting.name for setting in core}
        self.__attrs_init__(
            **{name: resolved.values[name] for name in names},
            adapter_values=tuple(sorted((name, value) for name, value in resolved.changed().items() if name not in names)),
            foundation=foundation,
            resolved=resolved,
        )

    def _no_setting(self, name: str) -> str:
        near = nearest(name, self._resolved.values)
        return f"{name!r} is no setting of this configuration" + (f"; did you mean {near!r}?" if near else "")


def core_settings() -> tuple[Setting, ...]:
    """The settings of the core, in the order in which they are shown."""
    return declared(CacheConfig)
