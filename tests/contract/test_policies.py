"""The eviction policies that ship with lixcore answer as their port says."""

from __future__ import annotations

import pytest

from lixcore.testing import EvictionPolicyContract
from lixcore_policies import GreedyDual, LargestFirst, LeastFrequentlyUsed, LeastRecentlyUsed


class TestLeastRecentlyUsed(EvictionPolicyContract):
    adapter = LeastRecentlyUsed


@pytest.mark.share(3)
class TestLeastFrequentlyUsed(EvictionPolicyContract):
    adapter = LeastFrequentlyUsed


@pytest.mark.share(3)
class TestLargestFirst(EvictionPolicyContract):
    adapter = LargestFirst


@pytest.mark.share(2)
class TestGreedyDual(EvictionPolicyContract):
    adapter = GreedyDual
    remembers = True
