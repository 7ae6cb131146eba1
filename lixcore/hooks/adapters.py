"""Adapters that a plugin brings itself."""

from __future__ import annotations

import attrs

from lixcore.ports.adapter import Adapter


@attrs.frozen
class PluginAdapter:
    """An adapter, or a policy, that a plugin registers.

    Attributes:
        group: What it is for, as the group of entry points says it, such as ``lixcore.hot_store``.
        name: What a configuration calls it.
        adapter: Its class.
    """

    group: str
    name: str
    adapter: type[Adapter]
