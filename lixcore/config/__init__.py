"""Configuration: what was written down, where, and what it comes to.

Values come from four layers, the later ones winning: defaults, a TOML file, the environment, arguments. One rule names the
options of adapters in all of them: ``redis_host=…``, ``[redis] host = …``, ``LIX_REDIS_HOST``.
"""

from __future__ import annotations

from lixcore.config.model import CacheConfig, ShownSetting, core_settings
from lixcore.config.origin import Layer, Origin
from lixcore.config.setting import Setting

__all__ = ["CacheConfig", "Layer", "Origin", "Setting", "ShownSetting", "core_settings"]
