"""The eviction policies that ship with lixcore answer as their port says."""

from __future__ import annotations

from lixcore.testing import EvictionPolicyContract
from lixcore_policies import LeastRecentlyUsed


class TestLeastRecentlyUsed(EvictionPolicyContract):
    adapter = LeastRecentlyUsed
