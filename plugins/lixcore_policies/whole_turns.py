"""The default window policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import attrs

from lixcore.domain.message import Message
from lixcore.domain.window import approximate_tokens, budget_start, turn_start
from lixcore.ports.adapter import AdapterContext


@attrs.frozen
class WholeTurnsOptions:
    """It has no options."""


def _approximate(messages: Sequence[Message]) -> Sequence[int]:
    return [approximate_tokens(message) for message in messages]


class WholeTurns:
    """The window policy ``whole-turns``: as many of the newest messages as both limits allow.

    It never splits a call from its results; see `lixcore.domain.window.window_start`.

    Args:
        count_tokens: Gives how many tokens each of some messages takes; asked only where there is a budget.
    """

    Options: ClassVar[type[Any]] = WholeTurnsOptions

    def __init__(self, count_tokens: Callable[[Sequence[Message]], Sequence[int]] = _approximate) -> None:
        self._count_tokens = count_tokens

    @classmethod
    def open(cls, options: WholeTurnsOptions, context: AdapterContext) -> Self:
        """Make the policy; it counts as the context does."""
        del options
        return cls(context.count_tokens)

    def start(self, messages: Sequence[Message], *, max_messages: int, max_tokens: int | None) -> int:
        """See `lixcore.ports.policy.WindowPolicy.start`."""
        if max_tokens is None or not messages:
            return turn_start(messages, max_messages=max_messages)
        first = budget_start(self._count_tokens(messages), max_tokens)
        return turn_start(messages, max_messages=max_messages, first=first)
