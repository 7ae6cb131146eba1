"""The default expiry policy."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import attrs

from lixcore.ports.adapter import AdapterContext


@attrs.frozen
class FixedExpiryOptions:
    """It has no options."""


class FixedExpiry:
    """The expiry policy ``fixed``: everything lives for as long as is configured."""

    Options: ClassVar[type[Any]] = FixedExpiryOptions

    @classmethod
    def open(cls, options: FixedExpiryOptions, context: AdapterContext) -> Self:
        """Make the policy; it needs nothing."""
        del options, context
        return cls()

    def seconds(self, layer: str, configured: float) -> float:
        """See `lixcore.ports.policy.ExpiryPolicy.seconds`."""
        del layer
        return configured
