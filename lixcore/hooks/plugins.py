"""The plugins that a configuration lets in, ready to be asked. Nothing here needs pluggy: most configurations have none."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from lixcore.hooks.adapters import PluginAdapter


@attrs.frozen
class PluginFacts:
    """What is known of a plugin without importing it.

    Attributes:
        name: What a configuration calls it.
        value: Where it is, as ``module`` or ``module:object``; empty for one that was given in a call.
        distribution: The installed distribution that registers it; empty when there is none, or it is not known.
        version: The version of that distribution; empty likewise.
    """

    name: str
    value: str = ""
    distribution: str = ""
    version: str = ""

    @property
    def provider(self) -> str:
        """The distribution and its version, to be shown; empty for a plugin that was given in a call."""
        if not self.value:
            return ""
        return f"{self.distribution} {self.version}".strip() or "an unknown distribution"


@attrs.frozen
class Implementation:
    """A plugin's function for a hook.

    Attributes:
        hook: The name of the hook.
        plugin: The name of the plugin.
        function: What is called.
        wanted: The arguments that it takes.
        first: Whether it wants to be asked before others.
        last: Whether it wants to be asked after others.
        wraps: Whether it is called around the others, and sees their answer.
    """

    hook: str
    plugin: str
    function: Callable[..., Any]
    wanted: tuple[str, ...]
    first: bool = False
    last: bool = False
    wraps: bool = False

    @property
    def place(self) -> str:
        """The function, as ``module.name``."""
        return f"{self.function.__module__}.{self.function.__qualname__}"

    def call(self, arguments: Mapping[str, Any]) -> Any:
        """Call it with those of the arguments that it takes."""
        return self.function(**{name: arguments[name] for name in self.wanted})


@attrs.frozen
class Plugin:
    """A plugin that was loaded and found to be in order.

    Attributes:
        facts: What is known of it.
        identity: Two plugins are equal that have equal ones.
        given: The object that was given in a call; None for an installed one.
        implementations: Its functions.
        adapters: The adapters that it brings.
    """

    facts: PluginFacts = attrs.field(eq=False)
    identity: Hashable
    given: object | None = attrs.field(eq=False)
    implementations: Sequence[Implementation] = attrs.field(eq=False, repr=False)
    adapters: Sequence[PluginAdapter] = attrs.field(eq=False, repr=False)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.facts.name

    @property
    def hooks(self) -> Sequence[str]:
        """The hooks that it answers, each once, sorted."""
        return sorted({each.hook for each in self.implementations})


@attrs.frozen
class Plugins:
    """Plugins in the order in which they are registered: the last one is asked first. Equal, when they are the same ones."""

    _plugins: tuple[Plugin, ...] = ()

    def __iter__(self) -> Iterator[Plugin]:
        return iter(self._plugins)

    def __len__(self) -> int:
        return len(self._plugins)

    @property
    def given(self) -> Sequence[object]:
        """The objects among them that were given in a call."""
        return [plugin.given for plugin in self._plugins if plugin.given is not None]

    def answer(self, hook: str) -> bool:
        """Whether any of them implements a hook."""
        return any(each.hook == hook for plugin in self._plugins for each in plugin.implementations)


NO_PLUGINS: Final = Plugins()
"""None: every hook costs nothing."""
