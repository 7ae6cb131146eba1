"""What plugins can do: functions called ``lixcore_…``, marked with `hookimpl`, in a module or an object that is a plugin.

This package alone knows pluggy; the services see the ports that it fills. pluggy is imported with the first plugin, and not
before: whoever has none does not pay for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lixcore.hooks.adapters import PluginAdapter
    from lixcore.hooks.marks import hookimpl

__all__ = ["PluginAdapter", "hookimpl"]

_HOMES = {"PluginAdapter": "lixcore.hooks.adapters", "hookimpl": "lixcore.hooks.marks"}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'lixcore.hooks' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)
