"""What plugins can do: functions called ``lixcore_…``, marked with `hookimpl`, in a module or an object that is a plugin.

This package alone knows pluggy; the services see the ports that it fills.
"""

from __future__ import annotations

from lixcore.hooks.marks import hookimpl

__all__ = ["hookimpl"]
