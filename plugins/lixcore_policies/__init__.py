"""Policies that ship with lixcore, registered as anyone's are."""

from lixcore_policies.admit_any import AdmitAny
from lixcore_policies.age_retention import AgeRetention
from lixcore_policies.approximate_tokens import ApproximateTokens
from lixcore_policies.fixed_expiry import FixedExpiry
from lixcore_policies.guarded_match import GuardedMatch
from lixcore_policies.least_recently_used import LeastRecentlyUsed
from lixcore_policies.threshold_match import ThresholdMatch
from lixcore_policies.whole_turns import WholeTurns

__all__ = [
    "AdmitAny",
    "AgeRetention",
    "ApproximateTokens",
    "FixedExpiry",
    "GuardedMatch",
    "LeastRecentlyUsed",
    "ThresholdMatch",
    "WholeTurns",
]
