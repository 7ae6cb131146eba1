"""Plugins that watch, as the observers that the core tells of events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import attrs

from lixcore.hooks.plugins import Implementation, Plugin, Plugins
from lixcore.hooks.tracing import Trace
from lixcore.ports.events import Event, Observer


def observers_of(plugins: Plugins, *, trace: Trace | None = None) -> Sequence[Observer]:
    """An observer for each plugin that implements the hook of an event.

    Args:
        plugins: The plugins.
        trace: Told of every call; the one that the environment asks for, if any, when not given.
    """
    if not len(plugins):
        return []
    trace = trace or Trace.of_environment()
    observers = [_observer(plugin, trace) for plugin in plugins]
    return [observer for observer in observers if observer.kinds]


def _observer(plugin: Plugin, trace: Trace | None) -> _PluginObserver:
    from lixcore.hooks.catalogue import HOOKS  # which needs pluggy

    functions: dict[type[Event], list[Implementation]] = {}
    for implementation in plugin.implementations:
        kind = HOOKS[implementation.hook].event
        if kind is not None:
            functions.setdefault(kind, []).append(implementation)
    return _PluginObserver(plugin.name, functions, trace)


@attrs.frozen
class _PluginObserver:
    """One plugin, watching.

    Attributes:
        name: The plugin's name.
    """

    name: str
    _functions: Mapping[type[Event], Sequence[Implementation]]
    _trace: Trace | None

    @property
    def kinds(self) -> Collection[type[Event]]:
        """The events whose hooks it implements."""
        return self._functions.keys()

    def notice(self, event: Event) -> None:
        """Tell the plugin."""
        arguments = {"event": event}
        for implementation in self._functions.get(type(event), ()):
            try:
                answer = implementation.call(arguments)
            except Exception as error:
                if self._trace is not None:
                    self._trace.tell(implementation, arguments, "raised", error)
                raise
            if self._trace is not None:
                self._trace.tell(implementation, arguments, "answered", answer)
