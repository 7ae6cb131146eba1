"""What the parts of `EvictionPolicyContract` have in common: the policy, and what a policy may declare of itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import pytest

from lixcore.domain.session import SessionKey
from lixcore.ports.policy import EvictionPolicy
from lixcore.testing.eviction_policy.judging import check_freed, check_idle_leave, check_named, check_no_more_than_needed
from lixcore.testing.eviction_policy.situations import Situation
from lixcore.testing.ground.contract import Contract
from lixcore.testing.ground.places import PlacedBy

OpenPolicy = Callable[[], EvictionPolicy]


class AsksPolicies(Contract):
    """The ground of the contract's parts.

    Which sessions are worth keeping is the policy's own affair: no rule says. What it may do beyond that, it declares; the
    rules that cannot hold then are skipped, and say so.

    Attributes:
        spares: It may keep sessions hot that were idle long enough, or that would free the surplus: those of a tenant that pays
            for it, for instance. They leave by ``session_ttl_seconds``.
        frees_ahead: It may name more than is needed: to free at once what would have to be freed soon.
        trusts_the_order: It may rely on getting the candidates longest idle first, as the port promises.
        remembers: What it answers may depend on what it was asked before, as when it ages what it knows from round to round.
        draws_lots: It may answer the same question otherwise each time.
    """

    prefix: ClassVar[str] = "eviction-policy"
    placed_by: ClassVar[PlacedBy] = "nothing"
    spares: ClassVar[bool] = False
    frees_ahead: ClassVar[bool] = False
    trusts_the_order: ClassVar[bool] = False
    remembers: ClassVar[bool] = False
    draws_lots: ClassVar[bool] = False

    @pytest.fixture
    def open_policy(self, open_adapter: OpenPolicy) -> OpenPolicy:
        """Makes policies of the same options."""
        return open_adapter

    @pytest.fixture
    def policy(self, open_policy: OpenPolicy) -> EvictionPolicy:
        """The policy."""
        return open_policy()

    def judge(self, situation: Situation, victims: Sequence[SessionKey]) -> None:
        """Fail unless this is an answer that the policy may give by all that it declares."""
        check_named(situation, victims)
        if not self.spares:
            check_idle_leave(situation, victims)
            check_freed(situation, victims)
        if not self.frees_ahead and all(candidate.size is not None for candidate in situation.candidates):
            check_no_more_than_needed(situation, victims)
