"""What was cached together does not expire together."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, ClassVar, Self

import attrs

from lixcore.ports.adapter import AdapterContext
from lixcore.ports.options import option


@attrs.frozen
class JitteredExpiryOptions:
    """The options of `JitteredExpiry`."""

    share: float = option(
        0.1,
        "By which share of the configured time an entry may live shorter; 0 for none, 1 for all.",
        at_least=0,
        at_most=1,
    )


class JitteredExpiry:
    """The expiry policy ``jitter``: each entry lives for the configured time less a random part of it, never longer.

    So entries that were made in one go are not all made anew in one go.

    Args:
        share: How large that part may be, 0 to 1; all sizes below it are equally likely.
        draw: Gives numbers from 0 up to below 1.
    """

    Options: ClassVar[type[Any]] = JitteredExpiryOptions

    def __init__(self, *, share: float = 0.1, draw: Callable[[], float] = random.random) -> None:
        self._share = share
        self._draw = draw  # the module's own is another one in every forked child

    @classmethod
    def open(cls, options: JitteredExpiryOptions, context: AdapterContext) -> Self:
        """Make the policy of its options."""
        del context
        return cls(share=options.share)

    def seconds(self, layer: str, configured: float) -> float:
        """See `lixcore.ports.policy.ExpiryPolicy.seconds`."""
        del layer
        return configured * (1.0 - self._share * self._draw())
