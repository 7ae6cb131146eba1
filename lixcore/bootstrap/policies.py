"""Opening the policies that a configuration names."""

from __future__ import annotations

from lixcore.bootstrap.opening import Opener
from lixcore.config import CacheConfig
from lixcore.ports.policies import Policies
from lixcore.registry import Group


def chosen_policies(config: CacheConfig, opener: Opener) -> Policies:
    """The policies of a configuration, each by its name.

    What counts tokens is opened first, and others count by it from then on: see `Opener.count_tokens_by`.

    Raises:
        ConfigError: A policy is unknown, broken or lacks something that it needs.
    """
    tokens = opener.open(Group.TOKEN_COUNTER, config.token_counter)
    opener.count_tokens_by(tokens)
    redaction = config.redaction_policy
    return Policies(
        tokens=tokens,
        eviction=opener.open(Group.EVICTION_POLICY, config.eviction_policy),
        window=opener.open(Group.WINDOW_POLICY, config.window_policy),
        retention=opener.open(Group.RETENTION_POLICY, config.retention_policy),
        admission=opener.open(Group.ADMISSION_POLICY, config.admission_policy),
        match=opener.open(Group.MATCH_POLICY, config.match_policy),
        expiry=opener.open(Group.EXPIRY_POLICY, config.expiry_policy),
        ranking=opener.open(Group.RANKING_POLICY, config.ranking_policy),
        redaction=None if redaction is None else opener.open(Group.REDACTION_POLICY, redaction),
    )
