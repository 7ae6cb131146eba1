"""Policies that ship with lixcore, registered as anyone's are."""

from lixcore_policies.admit_any import AdmitAny
from lixcore_policies.guarded_match import GuardedMatch
from lixcore_policies.least_recently_used import LeastRecentlyUsed
from lixcore_policies.threshold_match import ThresholdMatch

__all__ = ["AdmitAny", "GuardedMatch", "LeastRecentlyUsed", "ThresholdMatch"]
