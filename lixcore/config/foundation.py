"""What a configuration stands on: the plugins that it lets in, and the adapters to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Self

import attrs

from lixcore.config.core_settings import CoreSettings
from lixcore.config.origin import DEFAULT, Given
from lixcore.hooks.choosing import chosen_plugins, with_adapters_of
from lixcore.hooks.plugins import Plugins
from lixcore.registry import Registry

SETTING: Final = "plugins"
"""The setting that is settled before all others: plugins may bring adapters, and those have settings of their own."""


@attrs.frozen
class Foundation:
    """Plugins and adapters.

    Attributes:
        installed: The adapters without those that plugins bring.
        plugins: The plugins.
        registry: All adapters.
    """

    installed: Registry = attrs.field(eq=False)
    plugins: Plugins
    registry: Registry

    @classmethod
    def laid(cls, given: Sequence[Given], registry: Registry, objects: Sequence[object], problems: list[str]) -> Self:
        """Load the plugins that are let in.

        Args:
            given: What was given, lower layers first.
            registry: The adapters without those that plugins bring.
            objects: Plugins that were given in a call.
            problems: Gets a sentence for each name in the setting that no plugin has.

        Raises:
            BrokenPluginError: A plugin cannot be used.
        """
        value: object = attrs.fields(CoreSettings).plugins.default
        origin = DEFAULT
        for item in given:
            if item.name == SETTING:
                value, origin = item.value, item.origin
        # What is no text is told where all values are checked.
        setting = value if isinstance(value, str) else "none"
        plugins = chosen_plugins(setting, objects, origin=str(origin), problems=problems)
        return cls(registry, plugins, with_adapters_of(registry, plugins))
