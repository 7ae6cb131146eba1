"""The eviction policies that ship with lixcore answer as their port says."""

from __future__ import annotations

from lixcore.testing import EvictionPolicyContract
from lixcore_policies import GreedyDual, LargestFirst, LeastFrequentlyUsed, LeastRecentlyUsed


class TestLeastRecentlyUsed(EvictionPolicyContract):
    adapter = LeastRecentlyUsed


class TestLeastFrequentlyUsed(EvictionPolicyContract):
    adapter = LeastFrequentlyUsed


class TestLargestFirst(EvictionPolicyContract):
    adapter = LargestFirst


class TestGreedyDual(EvictionPolicyContract):
    adapter = GreedyDual
    remembers = True
