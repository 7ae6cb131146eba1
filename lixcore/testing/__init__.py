"""The contract suite: whoever writes an adapter subclasses the contract of its port, and is told where the adapter is wrong.

::

    from lixcore.testing import HotStoreContract
    from my_package import MyHotStore

    class TestMyHotStore(HotStoreContract):
        adapter = MyHotStore

It needs pytest and Hypothesis: ``pip install 'lixcore[testing]'``. See ``README.md`` beside this file.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING, Any

from lixcore.errors import MissingExtraError

if TYPE_CHECKING:
    from lixcore.ports.adapter import Capability as Capability
    from lixcore.testing.archive_index.contract import ArchiveIndexContract as ArchiveIndexContract
    from lixcore.testing.codec.contract import CodecContract as CodecContract
    from lixcore.testing.cold_archive.contract import ColdArchiveContract as ColdArchiveContract
    from lixcore.testing.embedding_store.contract import EmbeddingStoreContract as EmbeddingStoreContract
    from lixcore.testing.eviction_policy.contract import EvictionPolicyContract as EvictionPolicyContract
    from lixcore.testing.ground.clock import SettableClock as SettableClock
    from lixcore.testing.ground.contract import Contract as Contract
    from lixcore.testing.ground.places import Place as Place
    from lixcore.testing.ground.rules import overridden as overridden
    from lixcore.testing.ground.rules import rule as rule
    from lixcore.testing.ground.rules import waived as waived
    from lixcore.testing.hot_store.contract import HotStoreContract as HotStoreContract
    from lixcore.testing.similarity_index.contract import SimilarityIndexContract as SimilarityIndexContract

ROOMS = (
    "ground",
    "archive_index",
    "codec",
    "cold_archive",
    "embedding_store",
    "eviction_policy",
    "hot_store",
    "powers",
    "similarity_index",
)
"""The packages whose assertions are rewritten by pytest, so that a failure shows the values."""

_HOMES = {
    "Capability": "lixcore.ports.adapter",
    "Contract": "lixcore.testing.ground.contract",
    "Place": "lixcore.testing.ground.places",
    "SettableClock": "lixcore.testing.ground.clock",
    "overridden": "lixcore.testing.ground.rules",
    "rule": "lixcore.testing.ground.rules",
    "waived": "lixcore.testing.ground.rules",
    "ArchiveIndexContract": "lixcore.testing.archive_index.contract",
    "CodecContract": "lixcore.testing.codec.contract",
    "ColdArchiveContract": "lixcore.testing.cold_archive.contract",
    "EmbeddingStoreContract": "lixcore.testing.embedding_store.contract",
    "EvictionPolicyContract": "lixcore.testing.eviction_policy.contract",
    "HotStoreContract": "lixcore.testing.hot_store.contract",
    "SimilarityIndexContract": "lixcore.testing.similarity_index.contract",
}
__all__ = list(_HOMES)  # each is imported by `__getattr__`

for _module in ("pytest", "hypothesis"):
    if importlib.util.find_spec(_module) is None:
        raise MissingExtraError("lixcore.testing", module=_module, extra="testing")


def _rewrite_assertions() -> None:
    """Have pytest rewrite the assertions of what is not imported yet. Without a run of pytest there is nothing to do."""
    if "pytest" in sys.modules:
        import pytest

        rooms = [f"{__name__}.{room}" for room in ROOMS]
        pytest.register_assert_rewrite(*(room for room in rooms if room not in sys.modules))


_rewrite_assertions()


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: a codec's author needs no model of a hot store."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    _rewrite_assertions()  # once more: this package may have been imported before the run of pytest began
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
