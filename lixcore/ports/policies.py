"""All decisions of a stack that a configuration, or a plugin, may make otherwise."""

from __future__ import annotations

import attrs

from lixcore.ports.policy import EvictionPolicy, ExpiryPolicy, RedactionPolicy, RetentionPolicy, TokenCounter, WindowPolicy
from lixcore.ports.ranking import RankingPolicy
from lixcore.ports.reuse_policy import AdmissionPolicy, MatchPolicy


@attrs.frozen(kw_only=True)
class Policies:
    """The policies that a stack works by.

    Attributes:
        eviction: Which sessions leave the hot store.
        window: Which messages make up a context.
        tokens: How long messages are.
        retention: Which histories leave the archive for good.
        admission: Which responses are cached.
        match: Which cached response answers a query.
        expiry: How long what is cached lives.
        ranking: In which order what was found is given.
        redaction: What is removed from texts before they are stored; None removes nothing, and costs nothing.
    """

    eviction: EvictionPolicy
    window: WindowPolicy
    tokens: TokenCounter
    retention: RetentionPolicy
    admission: AdmissionPolicy
    match: MatchPolicy
    expiry: ExpiryPolicy
    ranking: RankingPolicy
    redaction: RedactionPolicy | None = None
