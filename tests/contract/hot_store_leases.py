"""A name of `lixcore.testing` for the contracts that have not moved there yet."""

from __future__ import annotations

from lixcore.testing.powers.leases import LeaseRules as HotStoreLeases

__all__ = ["HotStoreLeases"]
