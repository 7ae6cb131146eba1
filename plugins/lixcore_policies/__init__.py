"""Policies that ship with lixcore, registered as anyone's are."""

from lixcore_policies.admit_any import AdmitAny
from lixcore_policies.admit_by_size import AdmitBySize
from lixcore_policies.age_retention import AgeRetention
from lixcore_policies.approximate_tokens import ApproximateTokens
from lixcore_policies.eviction.greedy_dual import GreedyDual
from lixcore_policies.eviction.largest_first import LargestFirst
from lixcore_policies.eviction.least_frequently_used import LeastFrequentlyUsed
from lixcore_policies.eviction.least_recently_used import LeastRecentlyUsed
from lixcore_policies.fixed_expiry import FixedExpiry
from lixcore_policies.guarded_match import GuardedMatch
from lixcore_policies.hybrid_ranking import HybridRanking
from lixcore_policies.jittered_expiry import JitteredExpiry
from lixcore_policies.pii_redaction import PiiRedaction
from lixcore_policies.plain_words import PlainWords
from lixcore_policies.threshold_match import ThresholdMatch
from lixcore_policies.token_budget import TokenBudget
from lixcore_policies.whole_turns import WholeTurns

__all__ = [
    "AdmitAny",
    "AdmitBySize",
    "AgeRetention",
    "ApproximateTokens",
    "FixedExpiry",
    "GreedyDual",
    "GuardedMatch",
    "HybridRanking",
    "JitteredExpiry",
    "LargestFirst",
    "LeastFrequentlyUsed",
    "LeastRecentlyUsed",
    "PiiRedaction",
    "PlainWords",
    "ThresholdMatch",
    "TokenBudget",
    "WholeTurns",
]
