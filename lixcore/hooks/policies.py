"""Plugins that decide, in the place of the configured policies."""

from __future__ import annotations

from lixcore.hooks.plugins import Plugins
from lixcore.hooks.tracing import Trace
from lixcore.ports.policies import Policies


def hooked(policies: Policies, plugins: Plugins, *, trace: Trace | None = None) -> Policies:
    """Policies that ask plugins first, and the given ones when no plugin answers.

    What no plugin implements stays the very same object, and costs nothing more.

    Args:
        policies: Those that the configuration names.
        plugins: The plugins.
        trace: Told of every call; the one that the environment asks for, if any, when not given.
    """
    if not len(plugins):
        return policies
    from lixcore.hooks.deciding import asking_plugins  # which needs pluggy

    return asking_plugins(policies, plugins, trace or Trace.of_environment())
