"""The two marks of pluggy, for lixcore's own hooks."""

from __future__ import annotations

from typing import Final

import pluggy

PROJECT: Final = "lixcore"

hookspec: Final = pluggy.HookspecMarker(PROJECT)
"""Marks a hook that plugins may implement; `lixcore.hooks.spec` holds them all."""

hookimpl: Final = pluggy.HookimplMarker(PROJECT)
"""Marks a plugin's implementation of a hook."""
