"""The default token counter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import attrs

from lixcore.domain.message import Message
from lixcore.domain.window import approximate_tokens
from lixcore.ports.adapter import AdapterContext


@attrs.frozen
class ApproximateTokensOptions:
    """It has no options."""


class ApproximateTokens:
    """The token counter ``approximate``: a token for every four UTF-8 bytes, and four around each message.

    It knows no model; see `lixcore.domain.window.approximate_tokens`.
    """

    Options: ClassVar[type[Any]] = ApproximateTokensOptions

    @classmethod
    def open(cls, options: ApproximateTokensOptions, context: AdapterContext) -> Self:
        """Make the counter; it needs nothing."""
        del options, context
        return cls()

    def count(self, messages: Sequence[Message]) -> Sequence[int]:
        """See `lixcore.ports.policy.TokenCounter.count`."""
        return [approximate_tokens(message) for message in messages]
