"""The only place where adapters meet services: a configuration in, a wired session layer out."""

from __future__ import annotations

from lixcore.bootstrap.opening import Opener
from lixcore.bootstrap.wire import wire
from lixcore.bootstrap.wiring import Wiring

__all__ = ["Opener", "Wiring", "wire"]
