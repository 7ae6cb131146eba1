"""A hot store, an eviction policy and a plugin for lixcore."""

from lixcore_toy.policy import ChattyLast
from lixcore_toy.store import ToyHotStore

__all__ = ["ChattyLast", "ToyHotStore"]
